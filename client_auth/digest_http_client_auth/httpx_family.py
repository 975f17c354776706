"""The messages of httpx and httpx2 behind the library door: one class, written once for both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Generic, cast

from digest_http.algorithms import Algorithm, Hash
from digest_http.httpauth.origins import Origin

from .held_pieces import HeldPieces
from .httpx_glances import HttpxGlances, field_lines
from .httpx_shapes import RequestT, ResponseT
from .library import UNTOLD
from .probes import is_of_probe
from .request_bodies import BodyReplay, SentBody
from .response_octets import BoundedBody, RecordedBody, WithheldBody

__all__ = ["PROXY", "HttpxLibrary"]

#: The extension of a request in which our transports tell its proxy, an Origin.
PROXY: Final = "digest_http.proxy"

#: Fields that describe a body; they go where it goes.
_OF_BODY: Final = ("Content-Encoding", "Content-Length", "Transfer-Encoding")


class _HeldPieces(HeldPieces):
    """For both ways of the library."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


class HttpxLibrary(Generic[RequestT, ResponseT]):
    """Requests and responses of `module`, which is httpx or httpx2; see `library.Library` for what each method does."""

    def __init__(self, module: Any) -> None:  # two libraries, one face
        self._module: Final = module
        #: What the errors of a call are besides ours.
        self.error: Final[type[Exception]] = module.RequestError
        self._octets: Final[type] = module.ByteStream
        # What each call asks: the very functions, so that there is no call between.
        glances = HttpxGlances(module)
        self.origin_key: Final = glances.origin_key
        self.method: Final = glances.method
        self.target: Final = glances.target
        self.holds_body: Final = glances.holds_body
        self.plain_request: Final = glances.plain_request
        self.set_field: Final = glances.set_field
        self.status: Final = glances.status
        self.request_of: Final = glances.request_of
        self.response_values: Final = glances.response_values
        self.plain_answer: Final = glances.plain_answer
        blocking, asynchronous = module.SyncByteStream, module.AsyncByteStream
        # The libraries accept bodies of their own classes only, and tell by them what a client may send.
        self._recorded: Final[type[RecordedBody]] = type("Recorded", (RecordedBody, blocking, asynchronous), {})
        self._bounded: Final[type[BoundedBody]] = type("Bounded", (BoundedBody, blocking, asynchronous), {})
        self._withheld: Final[type[WithheldBody]] = type("Withheld", (WithheldBody, blocking, asynchronous), {})
        self._held: Final[type[HeldPieces]] = type("Held", (_HeldPieces, blocking, asynchronous), {})
        self._sent: Final[dict[tuple[bool, bool], type[SentBody]]] = {
            (False, False): SentBody,
            (True, False): type("Sent", (SentBody, blocking), {}),
            (False, True): type("Sent", (SentBody, asynchronous), {}),
            (True, True): type("Sent", (SentBody, blocking, asynchronous), {}),
        }

    # --- requests ---

    def request_to(self, url: str, /) -> RequestT:  # noqa: D102  # here and below: see Library
        request: RequestT = self._module.Request("GET", url)
        return request

    def origin(self, request: RequestT, /) -> Origin:  # noqa: D102
        url = request.url
        return Origin.of(url.scheme, url.raw_host.decode("ascii"), url.port)

    def proxy_of(self, request: RequestT, /) -> Origin | None:  # noqa: D102
        # An auth class of httpx is not told; our transports for proxies are, since it stands in their settings.
        told: Origin = request.extensions.get(PROXY, UNTOLD)
        return told

    def request_values(self, request: RequestT, name: bytes, /) -> list[bytes]:  # noqa: D102
        return field_lines(request, name)

    def remove_field(self, request: RequestT, name: bytes, /) -> None:  # noqa: D102
        del request.headers[name.decode()]

    def replay(self, request: RequestT, /) -> BodyReplay:  # noqa: D102
        stream = request.stream
        if isinstance(stream, SentBody):
            if PROXY in request.extensions:
                # A transport beneath an auth class that holds this stream too, and must know when it was begun.
                return BodyReplay(stream, self._octets, self._module.__name__)
            stream = stream.stream  # the request was sent before, in another call
        kind = isinstance(stream, self._module.SyncByteStream), isinstance(stream, self._module.AsyncByteStream)
        request.stream = sent = self._sent[kind](stream)
        return BodyReplay(sent, self._octets, self._module.__name__)

    def probe(self, request: RequestT, /) -> RequestT:  # noqa: D102
        kept = [(name, value) for name, value in request.headers.raw if is_of_probe(name.decode("latin-1"))]
        # Made of the URL itself and of fields as octets, so that both go out as they would have.
        probe: RequestT = self._module.Request("HEAD", request.url, headers=kept, extensions=dict(request.extensions))
        return probe

    # --- responses ---

    def has_field(self, response: ResponseT, name: bytes, /) -> bool:  # noqa: D102
        return name.decode() in response.headers

    def record(self, response: ResponseT, algorithm: Algorithm, /) -> Callable[[], bytes | Hash]:  # noqa: D102
        if "content-encoding" not in response.headers or self._was_read(response):
            return lambda: response.content
        recorded = self._recorded(response.stream, algorithm.hash_body())
        response.stream = recorded
        return lambda: recorded.entity

    def withhold(self, response: ResponseT, /) -> None:  # noqa: D102
        for name in _OF_BODY:
            if name in response.headers:
                del response.headers[name]
        if self._was_read(response):  # by a hook, or made so by a mock
            self._make_anew(response)
        else:
            response.stream = self._withheld(response.stream)

    def bound(self, response: ResponseT) -> None:
        """Let the library read no more of a refusal's body than is worth its connection, before it goes on.

        One that is packed reads as empty: what is cut off may not unpack, and a little of it may unpack to a lot.
        """
        if self._was_read(response):
            return
        if "content-encoding" in response.headers:
            self.withhold(response)
        else:
            response.stream = self._bounded(response.stream)

    def cookies_for(self, response: ResponseT, request: RequestT, /) -> bytes:  # noqa: D102
        # An empty request for the same URL: the jar decides by domain, path and scheme which cookies apply to it, and
        # adds nothing to a request that has a Cookie field already.
        probe = self._module.Request(request.method, request.url)
        response.cookies.set_cookie_header(probe)
        return b"; ".join(field_lines(probe, b"cookie"))

    def peer_address(self, response: ResponseT, /) -> tuple[str, int] | None:  # noqa: D102
        stream: Any = response.extensions.get("network_stream")
        address: Any = stream.get_extra_info("server_addr") if stream is not None else None
        try:
            return str(address[0]), int(address[1])
        except (TypeError, ValueError, IndexError):  # not told, or a Unix socket
            return None

    def history(self, response: ResponseT, /) -> Sequence[ResponseT]:  # noqa: D102
        return response.history

    def set_history(self, response: ResponseT, hops: Sequence[ResponseT], /) -> None:  # noqa: D102
        response.history = list(hops)

    # --- reading bodies ---

    def hash_request(self, request: RequestT, entity: Hash, /) -> None:  # noqa: D102
        stream = request.stream
        if type(stream) is self._octets:
            entity.update(request.read())
            return
        if isinstance(stream, SentBody) and stream.hash_file(entity):
            return
        held = None if _is_read_again(stream) else self._held()
        for piece in stream:
            entity.update(piece)
            if held is not None:
                held.add(piece)
        if held is not None:
            request.stream = held

    def read_response(self, response: ResponseT, /) -> None:  # noqa: D102
        response.read()

    async def ahash_request(self, request: RequestT, entity: Hash, /) -> None:  # noqa: D102
        stream = request.stream
        if type(stream) is self._octets:
            entity.update(request.read())
            return
        held = None if _is_read_again(stream) else self._held()
        async for piece in stream:
            entity.update(piece)
            if held is not None:
                held.add(piece)
        if held is not None:
            request.stream = held

    async def aread_response(self, response: ResponseT, /) -> None:  # noqa: D102
        await response.aread()

    # --- bodies of responses ---

    def _was_read(self, response: ResponseT) -> bool:
        try:
            return response.content is not None
        except self._module.ResponseNotRead:
            return False

    def _make_anew(self, response: Any) -> None:  # the library's own class, whose whole state is replaced
        """Make a response what it would be with an empty body. It must stay the same object: its caller has it."""
        made_of = ("status_code", "headers", "extensions", "history", "default_encoding")
        given = {name: getattr(response, name) for name in made_of}
        later = {"next_request": response.next_request}
        for name in ("request", "elapsed"):  # not every response was made with the one, or is closed
            with suppress(RuntimeError):
                later[name] = getattr(response, name)
        state = cast("dict[str, Any]", vars(response))
        state.clear()
        self._module.Response.__init__(response, stream=self._octets(b""), **given)
        for name, value in later.items():
            setattr(response, name, value)
        response.read()


def _is_read_again(stream: object) -> bool:
    """Whether a body begins anew each time it is read."""
    return isinstance(stream, HeldPieces) or (isinstance(stream, SentBody) and stream.replays())
