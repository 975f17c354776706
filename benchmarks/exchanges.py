"""Requests that calls take, by a strict server's own count: ours beside the stock Digest of each library.

The figures are counts, the same on every machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.util import find_spec
from threading import Thread
from typing import Any, Final

from tests.client_auth.strict_server import StrictServer

__all__ = ["rows"]

_USER: Final = ("alice", "s3cret")

#: Makes a GET of each URL, one after the other, with one object.
Client = Callable[[Sequence[str]], None]


def rows() -> list[tuple[str, str, str]]:
    """See the package."""
    table: list[tuple[str, str, str]] = []
    for what, (settings, calls, least) in _EXCHANGES.items():
        for name, client in _clients().items():
            target = f"at most {least}" if name.startswith("ours") else ""
            table.append((f"{what}: {name}", str(_requests(client, settings, calls)), target))
    return table


#: What is called, by keywords of the server, with so many calls and the least number of requests that they can take.
#: stale: the nonce ends before each second call. Wrong: after one refusal a call need not try again.
_EXCHANGES: Final[dict[str, tuple[dict[str, Any], int, int]]] = {
    "5 calls to 5 paths": ({}, 5, 6),
    "4 calls, each nonce for one use, nextnonce": ({"one_time": True}, 4, 5),
    "4 calls, the nonce ends after two": ({"ends_after": 2}, 4, 6),
    "4 calls to a server without qop": ({"algorithms": (None,), "qop": None}, 4, 5),
    "3 calls with a wrong password": ({"users": {"alice": "another"}}, 3, 4),
}


def _requests(client: Client, settings: dict[str, Any], calls: int) -> int:
    settings = dict(settings)
    ends_after = settings.pop("ends_after", None)
    # SHA-256 and auth alone are what every library here can do.
    server: Any = StrictServer(**{"qop": "auth", **settings})

    def answer(target: str, fields: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
        status, answered, body = server.answer("GET", target, fields, b"")
        if status == HTTPStatus.OK and len(server.accepted) == ends_after:
            server.nonces.clear()
        return status, answered, body

    with _served(answer) as root:
        client([f"{root}/{number}" for number in range(calls)])
    return len(server.requests)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that ends may reset its connection."""


@contextmanager
def _served(answer: Callable[[str, dict[str, str]], tuple[int, list[tuple[str, str]], bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer leaves in one piece: aiohttp's own Digest does not wait for the rest of a 401.
        wbufsize = -1

        def do_GET(self) -> None:
            fields = {name.lower(): value for name, value in self.headers.items()}
            status, answered, body = answer(self.path, fields)
            self.send_response(status)
            for name, value in [*answered, ("Content-Length", str(len(body)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A benchmark prints its table only."""

    with _Listener(("127.0.0.1", 0), Handler) as listener:
        thread = Thread(target=listener.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_address[1]}"
        finally:
            listener.shutdown()
            thread.join()


def _clients() -> dict[str, Client]:
    """Stock and ours, of each library that is installed; ours where there is a plug."""
    found: dict[str, Client] = {}
    for library, (stock, run) in _LIBRARIES.items():
        if find_spec(library):
            module, _, name = stock.rpartition(".")
            found[f"{library}, stock"] = _with(run, module, name)
            if find_spec(f"digest_http_client_auth.{library}"):
                found[f"ours for {library}"] = _with(run, f"digest_http_client_auth.{library}", "DigestAuth")
    return found


def _with(run: Callable[[Any, Sequence[str]], None], module: str, name: str) -> Client:
    return lambda urls: run(getattr(import_module(module), name)(*_USER), urls)


def _httpx(auth: object, urls: Sequence[str]) -> None:
    httpx = import_module("httpx")
    with httpx.Client(auth=auth, trust_env=False) as client:
        for url in urls:
            client.get(url)


def _requests_library(auth: object, urls: Sequence[str]) -> None:
    requests = import_module("requests")
    with requests.Session() as session:
        session.auth, session.trust_env = auth, False
        for url in urls:
            session.get(url, timeout=10)


def _aiohttp(auth: object, urls: Sequence[str]) -> None:
    aiohttp = import_module("aiohttp")

    async def get_all() -> None:
        async with aiohttp.ClientSession(middlewares=[auth]) as session:
            for url in urls:
                async with session.get(url) as response:
                    await response.read()

    asyncio.run(get_all())


_LIBRARIES: Final[dict[str, tuple[str, Callable[[Any, Sequence[str]], None]]]] = {
    "httpx": ("httpx.DigestAuth", _httpx),
    "requests": ("requests.auth.HTTPDigestAuth", _requests_library),
    "aiohttp": ("aiohttp.DigestAuthMiddleware", _aiohttp),
}
