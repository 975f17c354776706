"""Requests to an app in this process, ASGI or WSGI, whatever framework it is of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from tests.attacks.signing import Signer, parameters

__all__ = ["DENIAL", "Answer", "ask", "ask_wsgi", "challenges", "proof"]

#: What a server says that can answer a handshake.
DENIAL: dict[str, dict[str, str]] = {"websocket.http.response": {}}


class Answer(NamedTuple):
    """What was sent. `status` is 101 for a handshake that was taken, 403 for one that was closed."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def values(self, name: str) -> list[bytes]:
        """Each value of a field."""
        return [value for each, value in self.headers if each.lower() == name.encode()]


def challenges(answer: Answer) -> list[str]:
    """The scheme of each challenge, in order."""
    return [value.split(b" ")[0].decode() for value in answer.values("www-authenticate")]


def proof(answer: Answer) -> str | None:
    """The rspauth of an answer, if it has one field with it."""
    values = answer.values("authentication-info")
    return parameters(b"Digest " + values[0]).get("rspauth") if len(values) == 1 else None


def signer(answer: Answer, username: str = "alice", password: str = "s3cret") -> Signer:
    """A client that answers the first challenge of a 401."""
    return Signer(parameters(answer.values("www-authenticate")[0]), username, password)


async def ask(
    app: Any,
    method: str,
    target: str,
    *fields: bytes,
    body: bytes = b"",
    headers: Iterable[tuple[bytes, bytes]] = (),
    **scope: Any,
) -> Answer:
    """One request to an ASGI app with these Authorization fields; the method WEBSOCKET makes a handshake."""
    path, _, query = target.partition("?")
    sent: list[Any] = []
    socket = method == "WEBSOCKET"
    waiting: list[Any] = [
        {"type": "websocket.connect"} if socket else {"type": "http.request", "body": body, "more_body": False}
    ]
    over = asyncio.Event()

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await over.wait()
        return {"type": "websocket.disconnect", "code": 1000} if socket else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] in ("websocket.accept", "websocket.close") or (
            message["type"].endswith("response.body") and not message.get("more_body")
        ):
            over.set()

    whole: dict[str, Any] = {
        "type": "websocket" if socket else "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "scheme": "ws" if socket else "http",
        "path": unquote(path), "raw_path": path.encode(), "query_string": query.encode(),
        "root_path": "", "client": ("192.0.2.7", 50000), "server": ("app.example", 80), "extensions": {},
        "headers": [
            (b"host", b"app.example"), *((b"content-length", b"%d" % len(body)) for _ in [1] if body),
            *headers, *((b"authorization", value) for value in fields),
        ],
        **({"subprotocols": []} if socket else {"method": method}), **scope,
    }  # fmt: skip
    await app(whole, receive, send)
    first = sent[0]
    status = {"websocket.accept": 101, "websocket.close": 403}.get(first["type"]) or first["status"]
    return Answer(status, list(first.get("headers", ())), b"".join(each.get("body", b"") for each in sent))


def ask_wsgi(
    app: Any,
    method: str,
    target: str,
    *fields: bytes,
    body: bytes = b"",
    headers: Iterable[tuple[bytes, bytes]] = (),
    **environ: Any,
) -> Answer:
    """The same for a WSGI app, by a server that tells the target as it came."""
    path, _, query = target.partition("?")
    started: list[Any] = []

    def start_response(status: str, fields: list[tuple[str, str]], exc_info: Any = None) -> Any:
        assert exc_info is None or started
        started[:] = [int(status[:3]), fields]
        return None

    whole = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query, "RAW_URI": target, "SERVER_NAME": "app.example", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "app.example", "REMOTE_ADDR": "192.0.2.7",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body), "wsgi.errors": BytesIO(),
        "wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{
            name if (name := each.decode().upper().replace("-", "_")) == "CONTENT_TYPE" else f"HTTP_{name}":
            value.decode("latin-1") for each, value in headers
        },
        # Servers join fields of one name.
        **({"HTTP_AUTHORIZATION": ",".join(each.decode("latin-1") for each in fields)} if fields else {}),
        **environ,
    }  # fmt: skip
    pieces = app(whole, start_response)
    try:
        content = b"".join(pieces)
    finally:
        getattr(pieces, "close", lambda: None)()
    status, sent = started
    return Answer(status, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent], content)
