"""A site behind a server of its own: what visits.py asks goes over sockets, a connection for each request."""

from __future__ import annotations

import asyncio
import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.frameworks.asking import Answer
from tests.frameworks.wsgi_sites import POLICY
from tests.live.peers import HOST

__all__ = ["OnWire"]

#: RFC 6455 §4.1, with the key of its example.
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

#: Seconds. gunicorn takes connections before a worker has loaded the app.
PATIENCE = 240
#: As many as are asked at once, of four servers.
AT_ONCE = ThreadPoolExecutor(80)


class OnWire:
    """One site of a server that has many: the field `X-Site` names it."""

    def __init__(
        self, name: str, port: int, *, sockets: bool = False, by_route: bool = False, socket_proof: bool = True
    ) -> None:
        self.name, self.port = name, port
        self.sockets, self.by_route, self.socket_proof = sockets, by_route, socket_proof

    def make(self, policy: dict[str, Any]) -> str:
        """The value of X-Site. The server has the policy of all sites by itself, and its own clock."""
        more = {key: value for key, value in policy.items() if key not in {*POLICY, "clock"}}
        return f"{self.name}|{json.dumps(more)}"

    async def ask(self, app: Any, method: str, target: str, *fields: bytes, body: bytes = b"") -> Answer:
        """One request."""
        return await asyncio.get_running_loop().run_in_executor(
            AT_ONCE, self._ask, app, method, target, list(fields), body
        )

    async def ask_all(self, app: Any, asked: list[tuple[str, bytes | None]]) -> list[Answer]:
        """Some requests at once: targets, and credentials if there are some."""
        every = (self.ask(app, "GET", target, *([] if field is None else [field])) for target, field in asked)
        return await asyncio.gather(*every)

    def _ask(self, app: str, method: str, target: str, fields: list[bytes], body: bytes) -> Answer:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            handshake = HANDSHAKE if method == "WEBSOCKET" else {}
            connection.putrequest("GET" if handshake else method, target, skip_accept_encoding=True)
            for name, value in handshake.items():
                connection.putheader(name, value)
            connection.putheader("X-Site", app)
            for field in fields:
                connection.putheader("Authorization", field)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            head = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.getheaders()]
            return Answer(response.status, head, response.read())
        finally:
            connection.close()
