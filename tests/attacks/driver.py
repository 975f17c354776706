"""An ASGI server in one process: requests go through the real interface, scope, receive and send, without sockets.

`Server` puts DigestAuthMiddleware, with a clock of its own, before an app that writes down what reaches it.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.signing import Signer, parameters

T = TypeVar("T")
Headers = list[tuple[bytes, bytes]]

USERS = {"alice": "s3cret", "bob": "b0b"}
REALM = "wonder"
#: What a Server offers without a word: all that an attacker could choose from, which is more than the default.
QOP = ("auth", "auth-int")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never has to wait, as those of this driver do with sources that answer at once."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise AssertionError("something waited: await Server.send in an event loop instead")


@dataclass
class Response:
    """What was sent, and whether the app behind the middleware was called."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    app_called: bool = False

    @property
    def status(self) -> int:
        """The status, 0 if nothing was answered."""
        return next((int(message["status"]) for message in self.messages if "status" in message), 0)

    @property
    def headers(self) -> Headers:
        """All header fields."""
        return [header for message in self.messages for header in message.get("headers", ()) if "status" in message]

    @property
    def trailers(self) -> Headers:
        """All trailer fields."""
        found = [message for message in self.messages if message["type"] == "http.response.trailers"]
        return [header for message in found for header in message["headers"]]

    @property
    def body(self) -> bytes:
        """The body, whole."""
        return b"".join(message.get("body", b"") for message in self.messages)

    def values(self, name: bytes) -> list[bytes]:
        """Every value of one header field."""
        return [value for field_name, value in self.headers if field_name == name]

    @property
    def challenges(self) -> list[dict[str, str]]:
        """The challenges of WWW-Authenticate or Proxy-Authenticate."""
        lines = self.values(b"www-authenticate") + self.values(b"proxy-authenticate")
        assert all(line.startswith(b"Digest ") for line in lines)
        return [parameters(line) for line in lines]

    @property
    def stale(self) -> bool:
        """Whether all challenges say stale=true; mixed answers are an error."""
        said = {challenge.get("stale") == "true" for challenge in self.challenges}
        assert len(said) == 1
        return said.pop()

    @property
    def info(self) -> dict[str, str]:
        """The parameters of the only Authentication-Info field; empty if there is none."""
        lines = self.values(b"authentication-info") + self.values(b"proxy-authentication-info")
        assert len(lines) <= 1
        return parameters(lines[0]) if lines else {}


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class Echo:
    """The app behind: remembers scopes and bodies, answers `answer` in pieces."""

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.status = 200
        self.headers: Headers = [(b"content-type", b"text/plain")]
        self.answer: Sequence[bytes] = [b"hello"]
        self.extra: Headers = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, or one websocket that is accepted and closed."""
        self.scopes.append(dict(scope))
        if scope["type"] == "websocket":
            assert (await receive())["type"] == "websocket.connect"
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close"})
            return
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers, *self.extra]})
        for piece in self.answer:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})


class Server:
    """The middleware with a policy, and the app behind it. It offers auth-int too; `qop=None` is the real default.

    `entry` is what requests go to; a test may put an app there that holds a middleware further inside.
    """

    def __init__(self, *, app: Any = None, users: Any = None, realm: str = REALM, **policy: Any) -> None:
        self.clock = policy.pop("clock", None) or Clock()
        self.app = app or Echo()
        if policy.setdefault("qop", QOP) is None:
            del policy["qop"]
        self.middleware = DigestAuthMiddleware(
            self.app, users=USERS if users is None else users, realm=realm, clock=self.clock, **policy
        )

        self.entry: Any = self.middleware

    def scope(
        self,
        method: str = "GET",
        target: str | bytes = "/x",
        headers: Iterable[tuple[bytes, bytes]] = (),
        host: bytes | None = b"server.example",
        **extra: Any,
    ) -> dict[str, Any]:
        """A scope as uvicorn makes it; `method` WEBSOCKET gives a handshake."""
        raw = target.encode("latin-1") if isinstance(target, str) else target
        raw_path, _, query = raw.partition(b"?")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": raw_path.decode("latin-1"),
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": [*([(b"host", host)] if host is not None else []), *headers],
            "client": ("192.0.2.7", 50123),
            "server": ("192.0.2.1", 80),
            "extensions": {},
        }
        if method == "WEBSOCKET":
            del scope["method"]
            scope |= {"type": "websocket", "scheme": "ws", "subprotocols": []}
        return scope | extra

    async def send(
        self,
        method: str = "GET",
        target: str | bytes = "/x",
        authorization: bytes | Iterable[bytes] | None = None,
        *,
        body: bytes | Sequence[bytes] = b"",
        headers: Iterable[tuple[bytes, bytes]] = (),
        disconnect: bool = False,
        field_name: bytes = b"authorization",
        **extra: Any,
    ) -> Response:
        """Make one request. `body` may come in pieces; `disconnect` cuts the connection after them."""
        values = [authorization] if isinstance(authorization, bytes) else list(authorization or ())
        scope = self.scope(method, target, [*((field_name, value) for value in values), *headers], **extra)
        pieces = [body] if isinstance(body, bytes) else list(body)
        incoming = [
            {"type": "http.request", "body": piece, "more_body": disconnect or number < len(pieces) - 1}
            for number, piece in enumerate(pieces)
        ]
        if scope["type"] == "websocket":
            incoming = [{"type": "websocket.connect"}]
        response = Response()

        async def receive() -> Any:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            # ASGI: an answer to a handshake may only follow websocket.connect.
            assert not (scope["type"] == "websocket" and incoming)
            response.messages.append(message)

        before = len(getattr(self.app, "scopes", ()))
        await self.entry(scope, receive, send)
        response.app_called = len(getattr(self.app, "scopes", ())) > before
        return response

    def request(self, *arguments: Any, **keywords: Any) -> Response:
        """Like `send`, for sources that answer at once: no event loop, no waiting."""
        return run(self.send(*arguments, **keywords))

    def challenge(self, algorithm: str = "SHA-256", **keywords: Any) -> dict[str, str]:
        """The challenge for an algorithm out of a fresh 401."""
        response = self.request(**keywords)
        assert response.status in (401, 407)
        assert not response.stale
        return next(challenge for challenge in response.challenges if challenge["algorithm"] == algorithm)

    def signer(self, username: str = "alice", password: str = "s3cret", algorithm: str = "SHA-256") -> Signer:
        """Get a challenge first: the "C" of the attack list."""
        return Signer(self.challenge(algorithm), username, password)

    def get(self, signer: Signer, nc: int | str | None = 1, **changes: Any) -> Response:
        """GET /x with one count of a signer."""
        return self.request("GET", "/x", signer.sign("GET", "/x", nc, **changes))
