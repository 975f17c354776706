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

from digest_http.algorithms import Algorithm, Hash
from digest_http.httpauth.origins import Origin

from .held_pieces import HeldPieces
from .library import UNTOLD
from .probes import is_of_probe
from .raw_stand_ins import AsyncHeldRaw, AsyncWithheldRaw, HeldRaw, WithheldRaw
from .refused_bodies import discard, discard_async
from .requests_glances import Answer, RequestsGlances, field_octets
from .requests_shapes import Request, RequestT
from .requests_urls import proxy_origin, url_origin
from .sent_bodies import BodyReplay, as_octets, hash_body, is_octets

__all__ = ["AsyncRequestsLibrary", "RequestsLibrary"]

#: Fields that describe a body; they go where it goes.
_OF_BODY: Final = ("Content-Encoding", "Content-Length", "Transfer-Encoding")


class RequestsLibrary(Generic[RequestT]):
    """Requests and responses of `module`, which is requests or niquests; see `library.Library` for each method."""

    _withheld: ClassVar[Any] = WithheldRaw
    _held: ClassVar[type[HeldRaw]] = HeldRaw

    def __init__(self, module: Any) -> None:  # two libraries, one face
        self._module: Final = module
        # What each call asks: the very functions, so that there is no call between.
        glances = RequestsGlances(module)
        self.glances: Final = glances
        self.origin_key: Final = glances.origin_key
        self.method: Final = glances.method
        self.target: Final = glances.target
        self.holds_body: Final = glances.holds_body
        self.plain_request: Final = glances.plain_request
        self.set_field: Final = glances.set_field
        self.field: Final = glances.field
        self.give_back: Final = glances.give_back
        self.shown: Final = glances.shown
        self.status: Final = glances.status
        self.request_of: Final = glances.request_of
        self.response_values: Final = glances.response_values
        self.plain_answer: Final = glances.plain_answer
        self._proxies: Final[WeakKeyDictionary[RequestT, Origin | None]] = WeakKeyDictionary()

    # --- requests ---

    def request_to(self, url: str, /) -> RequestT:  # noqa: D102  # here and below: see Library
        request: RequestT = self._module.Request("GET", url).prepare()
        return request

    def origin(self, request: RequestT, /) -> Origin:  # noqa: D102
        return url_origin(request.url)

    def request_values(self, request: RequestT, name: bytes, /) -> list[bytes]:  # noqa: D102
        value = request.headers.get(name.decode())
        return [] if value is None else [field_octets(value)]

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

    def has_field(self, answer: Answer, name: bytes, /) -> bool:  # noqa: D102
        return name.decode() in answer.response.headers

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

    def hash_request(self, request: RequestT, entity: Hash, /) -> None:  # noqa: D102
        body, octets = hash_body(request.body, entity)
        if not is_octets(request.body):
            _hold(request, body, octets)

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

    async def ahash_request(self, request: RequestT, entity: Hash, /) -> None:  # noqa: D102
        body: Any = request.body
        if not hasattr(body, "__aiter__") or hasattr(body, "read"):
            self.hash_request(request, entity)
            return
        held = HeldPieces()
        async for piece in body:
            octets = as_octets(piece)
            entity.update(octets)
            held.add(octets)
        _hold(request, held, held.octets)

    async def aread_response(self, answer: Answer, /) -> None:  # noqa: D102
        self.hold(answer, await answer.response.raw.read(decode_content=False))

    async def adrain(self, answer: Answer, /) -> None:
        """See `drain`."""
        raw = answer.response.raw
        if not isinstance(raw, self._withheld):
            self.hold(answer, await discard_async(raw))
        else:
            await raw.read()


def _hold(request: Request, body: Any, octets: int) -> None:
    """Give a request a body whose length is known."""
    request.body = body
    request.headers.pop("Transfer-Encoding", None)
    request.headers["Content-Length"] = str(octets)
