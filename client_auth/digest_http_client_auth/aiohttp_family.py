"""The messages of aiohttp behind the library door; see `library.Library` for what each method does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import aiohttp
from multidict import CIMultiDict

from digest_http.algorithms import Algorithm, Hash
from digest_http.errors import MalformedField, WrongPrincipal
from digest_http.httpauth.origins import Origin

from .aiohttp_bodies import HeldPayload, MessageReplay, hash_message, read_answer
from .aiohttp_messages import Answer, Message
from .library import BAD_REQUEST
from .probes import is_of_probe

__all__ = ["AiohttpLibrary"]

#: How the fields that are set are usually spelt.
_SPELT: Final = {
    b"authorization": "Authorization",
    b"proxy-authorization": "Proxy-Authorization",
    b"cookie": "Cookie",
}

#: Fields that aiohttp adds by itself to a request that has none.
_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


class AiohttpLibrary:
    """Requests and responses of aiohttp. It keeps nothing, so one object serves all."""

    _replay: Final = MessageReplay()

    # --- requests ---

    def request_to(self, url: str, /) -> Message:  # noqa: D102  # here and below: see Library
        return Message.to(url)

    def origin(self, message: Message, /) -> Origin:  # noqa: D102
        return message.origin

    def origin_key(self, message: Message, /) -> tuple[str, str | None, int | None]:  # noqa: D102
        url = message.url
        # A websocket's handshake goes to the same server (RFC 6455 §4.1).
        return (url.scheme.replace("ws", "http"), url.raw_host, url.port)

    def proxy_of(self, message: Message, /) -> Origin | None:  # noqa: D102
        return message.proxy

    def method(self, message: Message, /) -> bytes:  # noqa: D102
        return message.method.encode()

    def target(self, message: Message, /) -> bytes:  # noqa: D102
        return message.target.encode()

    def plain_request(  # noqa: D102
        self, message: Message, /
    ) -> tuple[tuple[str, str | None, int | None], bytes, bytes] | None:
        request = message.request
        if request is not None and request.body and not self.holds_body(message):
            return None
        url = message.url
        key = (url.scheme.replace("ws", "http"), url.raw_host, url.port)
        return key, message.method.encode(), message.target.encode()

    def request_values(self, message: Message, name: bytes, /) -> list[bytes]:  # noqa: D102
        return [value.encode() for value in message.fields.getall(name.decode(), ())]

    def set_field(self, message: Message, name: bytes, value: bytes, /) -> None:  # noqa: D102
        try:
            message.fields[_SPELT[name]] = value.decode()
        except UnicodeDecodeError:
            raise MalformedField(
                f"the {_SPELT[name]} field holds octets that are not UTF-8, of the name or of the server's challenge, "
                "and aiohttp sends fields as UTF-8 only",
                reason="octets",
            ) from None

    def remove_field(self, message: Message, name: bytes, /) -> None:  # noqa: D102
        del message.fields[name.decode()]

    def holds_body(self, message: Message, /) -> bool:  # noqa: D102
        request = message.request
        return request is None or not request.body or isinstance(request.body, (aiohttp.BytesPayload, HeldPayload))

    def replay(self, _: Message, /) -> MessageReplay:  # noqa: D102
        return self._replay

    def probe(self, message: Message, /) -> Message:  # noqa: D102  # see MakesProbes
        request = message.request
        assert request is not None  # noqa: S101  # it has a body that is not in memory
        made = aiohttp.ClientRequest(
            "HEAD",
            request.url,
            headers=CIMultiDict((name, value) for name, value in request.headers.items() if is_of_probe(name)),
            # What the request goes without, its probe goes without.
            skip_auto_headers=_AUTOMATIC,
            version=request.version,
            loop=request.loop,
            response_class=request.response_class,
            proxy=request.proxy,
            proxy_auth=request.proxy_auth,
            proxy_headers=request.proxy_headers,
            session=request.session,
            ssl=request.ssl,
            server_hostname=request.server_hostname,
        )
        return Message.of(made)

    # --- responses ---

    def status(self, answer: Answer, /) -> int:  # noqa: D102
        return answer.status

    def request_of(self, _: Answer, sent: Message, /) -> Message:  # noqa: D102
        # aiohttp sends each hop of a redirect as a call of its own.
        return sent

    def plain_answer(self, answer: Answer, _sent: Message, name: bytes, /) -> list[bytes] | None:  # noqa: D102
        if answer.status >= BAD_REQUEST:
            return None
        # Most have none, and that is asked at less cost.
        return self.response_values(answer, name) if name.decode() in answer.fields else []

    def has_field(self, answer: Answer, name: bytes, /) -> bool:  # noqa: D102
        return name.decode() in answer.fields

    def response_values(self, answer: Answer, name: bytes, /) -> list[bytes]:  # noqa: D102
        # This is how aiohttp has read the octets.
        return [value.encode("utf-8", "surrogateescape") for value in answer.fields.getall(name.decode(), ())]

    def record(self, answer: Answer, _algorithm: Algorithm, /) -> Callable[[], bytes]:  # noqa: D102
        return lambda: answer.body

    def withhold(self, answer: Answer, /) -> None:  # noqa: D102
        response = answer.response
        if response is None or response.content is aiohttp.EMPTY_PAYLOAD:
            return
        if response.content.total_bytes and response.content.at_eof():
            raise WrongPrincipal(
                "another middleware has read the body of a refusal, which no server can prove to be its own: put "
                "DigestAuth last among the middlewares"
            )
        answer.unread, response.content = response.content, aiohttp.EMPTY_PAYLOAD

    def cookies_for(self, answer: Answer, message: Message, /) -> bytes:  # noqa: D102
        response, request = answer.response, message.request
        if response is None or request is None or isinstance(request.session.cookie_jar, aiohttp.DummyCookieJar):
            return b""
        # aiohttp puts the cookies of the last answer into the session's jar, and forgets those of the answers before.
        request.session.cookie_jar.update_cookies(response.cookies, response.url)
        # The jar of a session takes none from addresses; what this server has just set is for this server.
        jar = aiohttp.CookieJar(unsafe=True)
        jar.update_cookies(response.cookies, response.url)
        found = jar.filter_cookies(request.url)
        return "; ".join(f"{name}={cookie.coded_value}" for name, cookie in found.items()).encode()

    def peer_address(self, _: Answer, /) -> None:  # noqa: D102
        # Not needed: aiohttp tells the proxy.
        return None

    def history(self, _: Answer, /) -> Sequence[Answer]:  # noqa: D102
        return ()

    def set_history(self, _answer: Answer, _hops: Sequence[Answer], /) -> None:  # noqa: D102
        # aiohttp sets the history afterwards, of redirects alone; its own Digest middleware leaves it at that too.
        return

    # --- reading bodies ---

    async def ahash_request(self, message: Message, entity: Hash, /) -> None:  # noqa: D102
        await hash_message(message, entity)
        # aiohttp shows bodies decoded, and the proof of auth-int covers them as they are sent.
        message.fields["Accept-Encoding"] = "identity"

    async def aread_response(self, answer: Answer, /) -> None:  # noqa: D102
        await read_answer(answer)
