"""Requests of a stranger to an app in this process: which of its handlers run."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.doors.frameworks import RAN

__all__ = ["Answer", "ask"]


class Answer:
    """The status, 0 without an answer; and what ran."""

    def __init__(self, status: int, ran: list[tuple[str, str]]) -> None:
        self.status = status
        self.ran = ran


async def ask(app: Any, scope: dict[str, Any]) -> Answer:
    """One request without a body, or one handshake, by a client that waits for the answer."""
    ran: list[tuple[str, str]] = []
    RAN.set(ran)
    status = 0
    answered = asyncio.Event()
    waiting = [{"type": "websocket.connect"} if scope["type"] == "websocket" else {"type": "http.request", "body": b""}]

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await answered.wait()
        return (
            {"type": "websocket.disconnect", "code": 1000}
            if scope["type"] == "websocket"
            else {"type": "http.disconnect"}
        )

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] in ("websocket.accept", "websocket.close"):
            status = status or (101 if message["type"] == "websocket.accept" else 403)
            answered.set()
        status = message.get("status", status)
        if message["type"].endswith("response.body") and not message.get("more_body"):
            answered.set()

    try:
        await app(scope, receive, send)
    except Exception as error:  # noqa: BLE001  # what a framework makes of an odd target is its own affair
        return Answer(status or 500, [*ran, *([] if status else [("error", repr(error))])])
    return Answer(status, ran)
