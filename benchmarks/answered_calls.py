"""Whole calls of client libraries, answered in this process: no socket is opened, and every answer is made at once.

A server wants Digest from whoever has credentials to give: it challenges a first request without the field, and lets in
what comes with one. It looks at no digest, so what is measured is the client alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from io import BytesIO
from typing import Any, Final

from .sign import NONCE, OPAQUE, URL
from .timing import Batch

__all__ = ["aiohttp_calls", "httpx_calls", "requests_calls"]

#: What each answer says besides, in the fields that servers usually send.
_FIELDS: Final = {"Content-Type": "text/plain", "Content-Length": "2", "Date": "now", "Server": "x"}

_OK: Final = 200
_UNAUTHORIZED: Final = 401


def _challenge(algorithm: str) -> dict[str, str]:
    value = f'Digest realm="r", qop="auth", algorithm={algorithm}, nonce="{NONCE}", opaque="{OPAQUE}"'
    return {**_FIELDS, "WWW-Authenticate": value}


def _demand(found: list[bool], times: int) -> None:
    """Raise unless as many requests as that came with the field: a call that went without was not what is measured."""
    if sum(found) < times:
        raise AssertionError("the calls were not signed")


def httpx_calls(library: str, auth: Any, algorithm: str, calls: int) -> Batch:  # noqa: ANN401  # the class of either
    """That many `client.get` of httpx or httpx2. `auth` is the object that signs, None for calls without Digest."""
    module = import_module(library)
    challenge, signed = _challenge(algorithm), list[bool]()

    def answer(request: Any) -> Any:  # noqa: ANN401  # as above
        # Looked at in a call without Digest too: what the server does is no part of what Digest adds.
        signed.append("authorization" in request.headers or auth is None)
        return module.Response(_OK if signed[-1] else _UNAUTHORIZED, headers=_FIELDS if signed[-1] else challenge)

    client = module.Client(auth=auth, transport=module.MockTransport(answer), trust_env=False)
    client.get(URL)

    def batch() -> None:
        for _ in range(calls):
            client.get(URL)
        _demand(signed, calls)

    return batch


def requests_calls(auth: Any, algorithm: str, calls: int) -> Batch:  # noqa: ANN401  # a class of either side
    """That many `session.get` of requests; `auth` as for `httpx_calls`."""
    requests, adapters = import_module("requests"), import_module("requests.adapters")
    urllib3 = import_module("urllib3")
    challenge, signed = _challenge(algorithm), list[bool]()

    class Answering(adapters.HTTPAdapter):  # type: ignore[misc,name-defined]  # a class of a library that is optional here
        """Answers where others send."""

        def send(self, request: Any, **_: object) -> Any:  # noqa: ANN401  # as above
            signed.append(auth is None or "Authorization" in request.headers)
            status, fields = (_OK, _FIELDS) if signed[-1] else (_UNAUTHORIZED, challenge)
            raw = urllib3.HTTPResponse(BytesIO(b"ok"), fields, status, preload_content=False)
            return self.build_response(request, raw)

    session = requests.Session()
    session.auth, session.trust_env = auth, False
    session.mount("https://", Answering())
    session.get(URL)

    def batch() -> None:
        for _ in range(calls):
            session.get(URL)
        _demand(signed, calls)

    return batch


def aiohttp_calls(runner: asyncio.Runner, auth: Any, algorithm: str, calls: int) -> Batch:  # noqa: ANN401  # as above
    """That many calls of a middleware of aiohttp's client, or of what stands behind it where `auth` is None."""
    aiohttp, multidict = import_module("aiohttp"), import_module("multidict")
    url, loop = import_module("yarl").URL(URL), runner.get_loop()
    signed = list[bool]()

    def request() -> Any:  # noqa: ANN401  # as above
        return aiohttp.ClientRequest("GET", url, loop=loop, response_class=aiohttp.ClientResponse)

    def response(status: int, fields: dict[str, str]) -> Any:  # noqa: ANN401  # as above
        made = aiohttp.ClientResponse(
            "GET", url, writer=None, continue100=None, timer=None, request_info=None, traces=[], loop=loop,
            session=None, stream_writer=_Written(),
        )  # fmt: skip
        made.status, made.content = status, aiohttp.EMPTY_PAYLOAD
        made._headers = multidict.CIMultiDictProxy(multidict.CIMultiDict(fields))  # noqa: SLF001  # set where it is read from a socket
        return made

    refusal, answers = response(_UNAUTHORIZED, _challenge(algorithm)), [response(_OK, _FIELDS) for _ in range(calls)]
    given = iter([response(_OK, _FIELDS), *answers])

    async def handler(sent: Any) -> Any:  # noqa: ANN401  # as above
        signed.append(auth is None or "Authorization" in sent.headers)
        return next(given) if signed[-1] else refusal

    async def without(sent: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401  # as above
        return await handler(sent)

    called = without if auth is None else auth

    async def call(requests: list[Any]) -> None:
        for each in requests:
            await called(each, handler)

    runner.run(call([request()]))
    # Made outside of the timed part.
    made = [request() for _ in range(calls)]

    def batch() -> None:
        runner.run(call(made))
        _demand(signed, calls)

    return batch


class _Written:
    """What aiohttp asks how much it has written of a request that was sent."""

    output_size = 0
