"""Requests to an aiohttp app in this process, over a pair of sockets that no network sees."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence

from aiohttp import web

from tests.frameworks.asking import Answer

__all__ = ["ask_all", "ask_app"]

#: A request: method, target, Authorization fields, body, other fields.
Asked = tuple[str, str, Sequence[bytes], bytes, Iterable[tuple[bytes, bytes]]]


def ask_app(
    app: web.Application,
    method: str,
    target: str,
    *fields: bytes,
    body: bytes = b"",
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> Answer:
    """One request. A WEBSOCKET is a handshake."""
    (answer,) = asyncio.run(ask_all(app, [(method, target, fields, body, headers)]))
    return answer


async def ask_all(app: web.Application, asked: Iterable[Asked]) -> list[Answer]:
    """Some requests at once, a connection each."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        return await asyncio.gather(*(_ask(runner, *each) for each in asked))
    finally:
        await runner.cleanup()


async def _ask(
    runner: web.AppRunner,
    method: str,
    target: str,
    fields: Sequence[bytes],
    body: bytes,
    headers: Iterable[tuple[bytes, bytes]],
) -> Answer:
    near, far = socket.socketpair()
    server = runner.server
    assert server is not None
    await asyncio.get_running_loop().connect_accepted_socket(server, far)
    reader, writer = await asyncio.open_connection(sock=near)
    handshake = method == "WEBSOCKET"
    lines = [f"{'GET' if handshake else method} {target} HTTP/1.1".encode("latin-1"), b"Host: app.example"]
    if handshake:
        lines += [b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"]
        lines.append(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    else:
        lines.append(b"Connection: close")
    if body and not any(name == b"transfer-encoding" for name, _ in headers):
        lines.append(b"Content-Length: %d" % len(body))
    lines += [name + b": " + value for name, value in headers]
    lines += [b"Authorization: " + value for value in fields]
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    try:
        return await _read(reader)
    finally:
        writer.close()
        await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].split(b"\r\n")
    status = int(first.split()[1])
    sent = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    if status == 101:
        return Answer(status, sent, b"")
    length = dict(sent).get(b"content-length")
    body = await reader.read() if length is None else await reader.readexactly(int(length))
    if (b"transfer-encoding", b"chunked") in sent:
        pieces, rest = b"", body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            pieces, rest = pieces + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        body = pieces
    return Answer(status, sent, body)
