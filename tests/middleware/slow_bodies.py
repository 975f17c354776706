"""Requests whose body takes its time, without a wire and without waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.attacks.driver import Response, Server, run

BODY = b"slow and long"


def upload(
    server: Server, authorization: bytes, meanwhile: Callable[[], object], body: bytes = BODY, method: str = "POST"
) -> Response:
    """A request whose body comes in two halves, with `meanwhile` between them."""
    response = Response()
    half = len(body) // 2
    halves = [body[half:], body[:half]]

    async def receive() -> Any:
        if len(halves) == 1:
            meanwhile()
        return {"type": "http.request", "body": halves.pop(), "more_body": bool(halves)}

    async def send(message: Any) -> None:
        response.messages.append(message)

    before = len(server.app.scopes)
    scope = server.scope(method, "/up", [(b"authorization", authorization)])
    run(server.entry(scope, receive, send))
    response.app_called = len(server.app.scopes) > before
    return response


def pass_time(server: Server, seconds: float) -> Callable[[], None]:
    """What happens meanwhile: the clock goes on."""

    def later() -> None:
        server.clock.now += seconds

    return later
