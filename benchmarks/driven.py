"""Apps run without a server: the bare ones, and the loops that send them requests signed beforehand.

An app here never has to wait, so a coroutine is run to its end by one `send(None)`: no event loop stands between two
contenders and the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any, Final

from digest_http.algorithms import Algorithm
from digest_http.challenge import Challenge

from .signed import OTHER_PATH, PATH, Scope, asgi_scope, pick, sign

__all__ = [
    "UNAUTHORIZED",
    "App",
    "asgi_challenge",
    "bare_asgi_app",
    "bare_wsgi_app",
    "counted_scopes",
    "fresh_scopes",
    "moving_scopes",
    "new_scopes",
    "run_asgi",
    "run_wsgi",
]

App = Callable[..., Any]

OK: Final = 200
UNAUTHORIZED: Final = 401


async def bare_asgi_app(scope: MutableMapping[str, Any], receive: App, send: App) -> None:  # noqa: ARG001  # the ASGI signature
    """The least an ASGI app can do."""
    await send(
        {
            "type": "http.response.start",
            "status": OK,
            "headers": [(b"content-type", b"text/plain"), (b"content-length", b"2")],
        }
    )
    await send({"type": "http.response.body", "body": b"ok"})


def bare_wsgi_app(environ: dict[str, Any], start_response: App) -> list[bytes]:  # noqa: ARG001  # the WSGI signature
    """The least a WSGI app can do."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


def run_asgi(app: App, scopes: Iterable[Scope], expected: int = OK) -> None:
    """Serve the scopes one after the other. Raises RuntimeError if one is not answered with `expected`."""
    wrong = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal wrong
        if message["type"] == "http.response.start" and message["status"] != expected:
            wrong += 1

    for scope in scopes:
        run = app(scope, receive, send)
        try:
            run.send(None)
        except StopIteration:
            continue
        raise RuntimeError("the app waits for something; this driver has no event loop")
    _refuse(wrong, expected)


def run_wsgi(app: App, environs: Iterable[dict[str, Any]], expected: int = OK) -> None:
    """As run_asgi, for WSGI."""
    wrong = 0
    word = str(expected)

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:  # noqa: ARG001  # the WSGI signature
        nonlocal wrong
        if not status.startswith(word):
            wrong += 1

    for environ in environs:
        for _ in app(environ, start_response):
            pass
    _refuse(wrong, expected)


def _refuse(wrong: int, expected: int) -> None:
    if wrong:
        raise RuntimeError(f"{wrong} answers were not {expected}: what was measured is not what was meant")


def asgi_challenge(app: App, algorithm: Algorithm) -> Challenge:
    """The challenge with that algorithm of the 401 that `app` gives."""
    fields: list[tuple[bytes, bytes]] = []

    async def send(message: dict[str, Any]) -> None:
        fields.extend(message.get("headers", ()))

    with suppress(StopIteration):
        app(asgi_scope(), None, send).send(None)
    return pick([value for name, value in fields if name == b"www-authenticate"], algorithm)


def counted_scopes(app: App, algorithm: Algorithm, number: int) -> list[Scope]:
    """Requests of one client: one nonce, nc rising from 1."""
    challenge = asgi_challenge(app, algorithm)
    return [asgi_scope(sign(challenge, algorithm, count)) for count in range(1, number + 1)]


def moving_scopes(app: App, algorithm: Algorithm, number: int) -> list[Scope]:
    """The same, for two targets in turns."""
    challenge = asgi_challenge(app, algorithm)
    paths = [(PATH, OTHER_PATH)[count % 2] for count in range(number)]
    return [asgi_scope(sign(challenge, algorithm, count, path), path) for count, path in enumerate(paths, 1)]


def new_scopes(app: App, algorithm: Algorithm, number: int) -> list[Scope]:
    """The same, each for a target that was not asked for before."""
    challenge = asgi_challenge(app, algorithm)
    paths = [f"{PATH[:-4]}{count:04}" for count in range(number)]
    return [asgi_scope(sign(challenge, algorithm, count, path), path) for count, path in enumerate(paths, 1)]


def fresh_scopes(app: App, algorithm: Algorithm, number: int) -> list[Scope]:
    """Requests of as many clients: each the first on a nonce of its own."""
    return [asgi_scope(sign(asgi_challenge(app, algorithm), algorithm, 1)) for _ in range(number)]
