"""Requests made by hand: signed with hashlib alone, sent as plain octets, many in one moment."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import re
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the header fields with lower-case names (those of one name as a list), and the body."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def stale(self) -> bool:
        return "stale=true" in self.fields.get("www-authenticate", "")

    @property
    def nonce(self) -> str:
        """The nonce of the first challenge, which is the one for SHA-256: each algorithm has its own."""
        match = re.search(r'nonce="([^"]+)"', self.fields["www-authenticate"])
        assert match is not None
        return match[1]


def get(url: str, authorization: str | None = None, seconds: float = 30) -> Answer:
    """One request on a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=seconds)
    try:
        connection.request("GET", parts.path, headers={} if authorization is None else {"Authorization": authorization})
        answer = connection.getresponse()
        names = {name.lower() for name, _ in answer.getheaders()}
        fields = {name: ", ".join(answer.headers.get_all(name, [])) for name in names}
        return Answer(answer.status, fields, answer.read())
    finally:
        connection.close()


def sign(nonce: str, nc: int, user: str = "alice", password: str = "s3cret", realm: str = "fleet") -> str:
    """An Authorization value for GET / by RFC 7616 §3.4.1, SHA-256, qop=auth."""
    ha1 = _sha256(f"{user}:{realm}:{password}")
    response = _sha256(f"{ha1}:{nonce}:{nc:08x}:c0ffee:auth:{_sha256('GET:/')}")
    return (
        f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="/", algorithm=SHA-256, qop=auth, '
        f'nc={nc:08x}, cnonce="c0ffee", response="{response}"'
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def settled_nonce(url: str) -> str:
    """A nonce whose first count was accepted: a new worker may need one round trip to learn its store's epoch."""
    nonce = get(url).nonce
    for _ in range(20):
        answer = get(url, sign(nonce, 1))
        if answer.status == 200:
            return nonce
        assert answer.stale, answer
        nonce = answer.nonce
    raise AssertionError("no nonce was ever accepted")


def all_at_once(urls: list[str], authorization: str, number: int) -> list[int]:
    """The statuses of `number` equal requests: all connections are open before the first is sent."""
    return asyncio.run(_all_at_once(urls, authorization, number))


async def _all_at_once(urls: list[str], authorization: str, number: int) -> list[int]:
    opened = []
    for index in range(number):
        parts = urlsplit(urls[index % len(urls)])
        opened.append((await asyncio.open_connection(parts.hostname, parts.port), parts.netloc))
    start = asyncio.Event()

    async def one(streams, host: str) -> int:
        reader, writer = streams
        await start.wait()
        writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\n\r\n".encode())
        line = await asyncio.wait_for(reader.readline(), 60)
        writer.close()
        return int(line.split()[1])

    waiting = [asyncio.ensure_future(one(streams, host)) for streams, host in opened]
    await asyncio.sleep(0)
    start.set()
    return list(await asyncio.gather(*waiting))
