"""urllib3 behind the library door. Redirects are followed above it, so each request is a call of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from email.message import Message as Headers
from http.cookiejar import CookieJar
from io import BytesIO
from typing import Any, Final
from urllib.request import Request
from urllib.response import addinfourl

from urllib3 import BaseHTTPResponse, HTTPHeaderDict, HTTPResponse
from urllib3.util import parse_url
from urllib3.util.retry import RequestHistory

from digest_http.algorithms import Algorithm, Hash
from digest_http.httpauth.origins import Origin

from .library import BAD_REQUEST
from .probes import is_of_probe
from .refused_bodies import discard
from .sent_bodies import BodyReplay, hash_body, is_octets
from .urllib3_messages import Answer, Message

__all__ = ["Urllib3Library"]

#: Fields that describe a body; they go where it goes.
_OF_BODY: Final = ("Content-Encoding", "Content-Length", "Transfer-Encoding")

#: How the fields that are set are usually spelt.
_SPELT: Final = {
    b"authorization": "Authorization",
    b"proxy-authorization": "Proxy-Authorization",
    b"cookie": "Cookie",
}


class Urllib3Library:
    """Requests and responses; see `library.Library` for what each method does."""

    # --- requests ---

    def request_to(self, url: str, /) -> Message:  # noqa: D102  # here and below: see Library
        parsed = parse_url(url)
        origin = Origin.of(parsed.scheme or "", parsed.host or "", parsed.port)
        return Message("GET", origin, parsed.request_uri.encode("ascii"), HTTPHeaderDict())

    def origin(self, request: Message, /) -> Origin:  # noqa: D102
        return request.origin

    def origin_key(self, request: Message, /) -> Origin:  # noqa: D102
        return request.origin

    def method(self, request: Message, /) -> bytes:  # noqa: D102
        return request.method.encode()

    def target(self, request: Message, /) -> bytes:  # noqa: D102
        return request.target

    def proxy_of(self, request: Message, /) -> Origin | None:
        """The proxy that reads the header section of a request; None if a server reads it."""
        return request.proxy

    def plain_request(self, request: Message, /) -> tuple[Origin, bytes, bytes] | None:  # noqa: D102
        return (request.origin, request.method.encode(), request.target) if is_octets(request.body) else None

    def request_values(self, request: Message, name: bytes, /) -> list[bytes]:  # noqa: D102
        return [value.encode("latin-1") for value in request.headers.getlist(name.decode())]

    def set_field(self, request: Message, name: bytes, value: bytes, /) -> None:  # noqa: D102
        request.headers[_SPELT[name]] = value.decode("latin-1")

    def remove_field(self, request: Message, name: bytes, /) -> None:  # noqa: D102
        del request.headers[name.decode()]

    def holds_body(self, request: Message, /) -> bool:  # noqa: D102
        return is_octets(request.body)

    def replay(self, request: Message, /) -> BodyReplay:  # noqa: D102
        return BodyReplay(request.body)

    def probe(self, request: Message, /) -> Message:  # noqa: D102  # see MakesProbes
        headers = request.headers.copy()
        for name in request.headers:
            if not is_of_probe(name):
                headers.discard(name)
        return Message("HEAD", request.origin, request.target, headers, proxy=request.proxy)

    # --- responses ---

    def status(self, answer: Answer, /) -> int:  # noqa: D102
        return answer.response.status

    def request_of(self, _: Answer, sent: Message, /) -> Message:  # noqa: D102
        return sent

    def plain_answer(self, answer: Answer, _sent: Message, name: bytes, /) -> list[bytes] | None:  # noqa: D102
        return None if answer.response.status >= BAD_REQUEST else self.response_values(answer, name)

    def has_field(self, answer: Answer, name: bytes, /) -> bool:  # noqa: D102
        return name.decode() in answer.response.headers

    def response_values(self, answer: Answer, name: bytes, /) -> list[bytes]:  # noqa: D102
        return [value.encode("latin-1") for value in answer.response.headers.getlist(name.decode())]

    def record(self, answer: Answer, _algorithm: Algorithm, /) -> Callable[[], bytes]:  # noqa: D102
        return lambda: answer.octets

    def withhold(self, answer: Answer, /) -> None:  # noqa: D102
        discard(answer.response)
        headers = answer.response.headers.copy()
        for name in _OF_BODY:
            headers.discard(name)
        answer.response = with_body(answer.response, b"", headers)

    def cookies_for(self, answer: Answer, request: Message, /) -> bytes:  # noqa: D102
        # urllib3 knows no cookies, so those of the standard library decide which apply.
        origin, headers = request.origin, Headers()
        for name, value in answer.response.headers.iteritems():
            headers[name] = value
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        url = f"{origin.scheme}://{host}:{origin.port}{request.target.decode('ascii')}"
        jar, probe = CookieJar(), Request(url)  # noqa: S310  # it is not opened
        answered: Any = addinfourl(BytesIO(), headers, url)  # it has info(), which is what is asked of it
        jar.extract_cookies(answered, probe)
        jar.add_cookie_header(probe)
        return (probe.get_header("Cookie") or "").encode("latin-1", "ignore")

    def peer_address(self, answer: Answer, /) -> tuple[str, int] | None:  # noqa: D102
        return answer.peer.host, answer.peer.port

    def history(self, answer: Answer, /) -> Sequence[Answer]:  # noqa: D102
        del answer  # nothing was followed
        return ()

    def set_history(self, answer: Answer, hops: Sequence[Answer], /) -> None:
        """Let `response.retries.history` show them, which is where urllib3 tells of redirects."""
        response = answer.response
        if response.retries is not None and hops:
            url = hops[0].response.geturl()
            past = tuple(RequestHistory(None, url, None, hop.response.status, url) for hop in hops)
            response.retries = response.retries.new(history=response.retries.history + past)

    # --- reading bodies ---

    def hash_request(self, request: Message, entity: Hash, /) -> None:  # noqa: D102
        was_held = is_octets(request.body)
        request.body, octets = hash_body(request.body, entity)
        if was_held:
            return
        request.chunked = False
        request.headers.discard("Transfer-Encoding")
        request.headers["Content-Length"] = str(octets)

    def read_response(self, answer: Answer, /) -> None:  # noqa: D102
        answer.octets = answer.response.read(decode_content=False)
        answer.response = with_body(answer.response, answer.octets, answer.response.headers)

    def drain(self, answer: Answer, /) -> None:
        """Read the body of a refusal, as far as it is worth it, so that its connection can be used again."""
        discard(answer.response)


def with_body(response: BaseHTTPResponse, octets: bytes, headers: HTTPHeaderDict) -> HTTPResponse:
    """The same response with a body that was read from its connection."""
    return HTTPResponse(
        BytesIO(octets),
        headers,
        response.status,
        response.version,
        response.version_string,
        response.reason,
        preload_content=False,
        decode_content=response.decode_content,
        retries=response.retries,
        enforce_content_length=False,
        request_url=response.geturl(),
    )
