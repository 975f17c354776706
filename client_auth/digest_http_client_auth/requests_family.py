"""The messages of requests and niquests behind the library door: one class, written once for both.

The libraries follow redirects above an auth class, so each request of a redirect is a call of its own here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, ClassVar, Final, Generic
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from digest_http.algorithms import Algorithm
from digest_http.httpauth.origins import Origin

from .library import UNTOLD
from .probes import is_of_probe
from .raw_stand_ins import AsyncHeldRaw, AsyncWithheldRaw, HeldRaw, WithheldRaw
from .refused_bodies import discard, discard_async
from .requests_fields import FieldSections
from .requests_shapes import Answer, Request, RequestT
from .requests_urls import origin_key, proxy_origin, url_origin
from .sent_bodies import BodyReplay, as_octets, is_octets, read_pieces
from .wire_targets import plain_target, wire_target

__all__ = ["AsyncRequestsLibrary", "RequestsLibrary"]

#: Fields that describe a body; they go where it goes.
_OF_BODY: Final = ("Content-Encoding", "Content-Length", "Transfer-Encoding")

#: How the fields that are set are usually spelt.
_SPELT: Final = {
    b"authorization": "Authorization",
    b"proxy-authorization": "Proxy-Authorization",
    b"cookie": "Cookie",
}


class RequestsLibrary(Generic[RequestT]):
    """Requests and responses of `module`, which is requests or niquests; see `library.Library` for each method."""

    _withheld: ClassVar[Any] = WithheldRaw
    _held: ClassVar[type[HeldRaw]] = HeldRaw

    def __init__(self, module: Any) -> None:  # two libraries, one face
        self._module: Final = module
        #: The class whose `path_url` says nothing that its URL does not say.
        self._prepared: Final[type[Any]] = module.PreparedRequest
        self._sections: Final = FieldSections(module.structures.CaseInsensitiveDict)
        self._proxies: Final[WeakKeyDictionary[RequestT, Origin | None]] = WeakKeyDictionary()

    # --- requests ---

    def request_to(self, url: str, /) -> RequestT:  # noqa: D102  # here and below: see Library
        request: RequestT = self._module.Request("GET", url).prepare()
        return request

    def origin(self, request: RequestT, /) -> Origin:  # noqa: D102
        return url_origin(request.url)

    def origin_key(self, request: RequestT, /) -> str:  # noqa: D102
        return origin_key(request.url)

    def method(self, request: RequestT, /) -> bytes:  # noqa: D102
        method: str = request.method
        return method.encode()

    def target(self, request: RequestT, /) -> bytes:  # noqa: D102
        target = plain_target(request.url) if type(request) is self._prepared else None
        return wire_target(request.path_url) if target is None else target

    def request_values(self, request: RequestT, name: bytes, /) -> list[bytes]:  # noqa: D102
        value = request.headers.get(name.decode())
        return [] if value is None else [_field_octets(value)]

    def set_field(self, request: RequestT, name: bytes, value: bytes, /) -> None:  # noqa: D102
        request.headers[_SPELT[name]] = value.decode("ascii") if value.isascii() else value

    def shown(self, request: RequestT) -> RequestT:
        """A copy of a request, with fields of its own."""
        if type(request) is self._prepared:
            # As `copy.copy` does it, without asking first how to.
            made: Any = object.__new__(self._prepared)
            made.__dict__ = request.__dict__.copy()
        else:
            made = copy.copy(request)
        made.headers = self._sections.copy(request.headers)
        shown: RequestT = made
        return shown

    def field(self, request: RequestT, name: str) -> str | bytes | None:
        """The value of a field, None if there is none; `name` in lower case."""
        value: str | bytes | None = self._sections.get(request.headers, name)
        return value

    def take_out(self, request: RequestT, name: str) -> None:
        """Take out a field, if it is there; `name` in lower case."""
        self._sections.remove(request.headers, name)

    def remove_field(self, request: RequestT, name: bytes, /) -> None:  # noqa: D102
        del request.headers[name.decode()]

    def proxy_of(self, request: RequestT, /) -> Origin | None:
        """The proxy that reads a request, as far as it is known; None if a server does. See `library.TellsProxy`."""
        return self._proxies.get(request, UNTOLD)

    def proxy_among(self, request: RequestT, proxies: Any) -> Origin | None:
        """The proxy that reads the header section of a request; `proxies` is the setting of that name."""
        url: str = request.url
        proxy: str | None = self._module.utils.select_proxy(url, proxies)
        if not proxy or urlsplit(url).scheme != "http":  # through a tunnel the server reads it
            return None
        return proxy_origin(proxy)

    def note_proxy(self, request: RequestT, proxy: Origin | None) -> None:
        """Note which way a request goes, or None if a server reads it. An auth class is told when it comes back."""
        self._proxies[request] = proxy

    def holds_body(self, request: RequestT, /) -> bool:  # noqa: D102
        body = request.body
        return body is None or is_octets(body)

    def body(self, request: RequestT, /) -> bytes:  # noqa: D102
        return as_octets(request.body)

    def replay(self, request: RequestT, /) -> BodyReplay:  # noqa: D102
        return BodyReplay(request.body)

    def probe(self, request: RequestT, /) -> RequestT:  # noqa: D102  # see MakesProbes
        probe = copy.copy(request)
        probe.method, probe.body = "HEAD", None
        probe.headers = request.headers.copy()
        for name in request.headers:
            if not is_of_probe(name):
                del probe.headers[name]
        if request in self._proxies:
            self._proxies[probe] = self._proxies[request]
        return probe

    # --- responses ---

    def status(self, answer: Answer, /) -> int:  # noqa: D102
        status: int = answer.response.status_code
        return status

    def request_of(self, _: Answer, sent: RequestT, /) -> RequestT:  # noqa: D102
        return sent

    def has_field(self, answer: Answer, name: bytes, /) -> bool:  # noqa: D102
        return name.decode() in answer.response.headers

    def response_values(self, answer: Answer, name: bytes, /) -> list[bytes]:  # noqa: D102
        response, text = answer.response, name.decode()
        if self._sections.get(response.headers, text) is None:
            return []
        headers: Any = getattr(response.raw, "headers", None)
        lines: Any = getattr(headers, "getlist", None)
        if lines is not None:
            values: list[str] = lines(text)
        else:  # an adapter of somebody else
            value: str | None = response.headers.get(text)
            values = [] if value is None else [value]
        return [_field_octets(value) for value in values]

    def record(self, answer: Answer, _algorithm: Algorithm, /) -> Callable[[], bytes]:  # noqa: D102
        def octets() -> bytes:
            read: bytes = answer.response.raw.octets
            return read

        return octets

    def withhold(self, answer: Answer, /) -> None:  # noqa: D102
        response = answer.response
        for name in _OF_BODY:
            response.headers.pop(name, None)
        response.raw = self._withheld(response.raw)

    def cookies_for(self, answer: Answer, request: RequestT, /) -> bytes:  # noqa: D102
        # An empty request for the same URL: the jar decides by domain, path and scheme which cookies apply to it.
        probe = self._module.Request(request.method, request.url).prepare()
        value: str | None = self._module.cookies.get_cookie_header(answer.response.cookies, probe)
        return (value or "").encode("latin-1", "ignore")

    def peer_address(self, answer: Answer, /) -> tuple[str, int] | None:  # noqa: D102
        return answer.peer

    def history(self, answer: Answer, /) -> Sequence[Answer]:  # noqa: D102
        del answer  # nothing was followed before the hook is called
        return ()

    def set_history(self, answer: Answer, hops: Sequence[Answer], /) -> None:  # noqa: D102
        answer.response.history = [hop.response for hop in hops]

    # --- reading bodies ---

    def read_request(self, request: RequestT, /) -> None:  # noqa: D102
        if not is_octets(request.body):
            _hold(request, read_pieces(request.body))

    def read_response(self, answer: Answer, /) -> None:  # noqa: D102
        raw = answer.response.raw
        self.hold(answer, raw.read(decode_content=False))

    def drain(self, answer: Answer, /) -> None:
        """Read the body of a refusal, as far as it is worth it, so that its connection can be used again."""
        raw = answer.response.raw
        if not isinstance(raw, self._withheld):
            self.hold(answer, discard(raw))
        else:
            raw.read()

    def hold(self, answer: Answer, octets: bytes) -> None:
        """Give a response a body that was read from its connection."""
        response, urllib3 = answer.response, self._module.packages.urllib3

        def decoder(octets: bytes) -> Any:
            return urllib3.HTTPResponse(
                BytesIO(octets), dict(response.headers), preload_content=False, enforce_content_length=False
            )

        response.raw = self._held(response.raw, octets, decoder)


class AsyncRequestsLibrary(RequestsLibrary[RequestT]):
    """The asynchronous form of niquests."""

    _withheld = AsyncWithheldRaw
    _held = AsyncHeldRaw

    async def aread_request(self, request: RequestT, /) -> None:  # noqa: D102
        body: Any = request.body
        if hasattr(body, "__aiter__") and not hasattr(body, "read"):
            _hold(request, b"".join([as_octets(piece) async for piece in body]))
        else:
            self.read_request(request)

    async def aread_response(self, answer: Answer, /) -> None:  # noqa: D102
        self.hold(answer, await answer.response.raw.read(decode_content=False))

    async def adrain(self, answer: Answer, /) -> None:
        """See `drain`."""
        raw = answer.response.raw
        if not isinstance(raw, self._withheld):
            self.hold(answer, await discard_async(raw))
        else:
            await raw.read()


def _hold(request: Request, octets: bytes) -> None:
    """Give a request a body in memory."""
    request.body = octets
    request.headers.pop("Transfer-Encoding", None)
    request.headers["Content-Length"] = str(len(octets))


def _field_octets(value: str | bytes) -> bytes:
    """The octets of a field: urllib3 shows them as ISO 8859-1, its fork as UTF-8 where they are that."""
    if isinstance(value, bytes):
        return value
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape")
