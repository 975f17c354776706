"""The beginning of an XMPP stream, by hand: a server that offers DIGEST-MD5 and ends the login in several ways."""

from __future__ import annotations

import asyncio
import contextlib
import re
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator

from digest_http.errors import DigestError
from digest_http.sasl import DigestMD5Server
from tests.live.peers import HOST

#: How a server can end a login. Only the first two prove that it knows the password.
IN_SUCCESS, IN_CHALLENGE, UNPROVED, AT_ONCE, CHALLENGE_AS_SUCCESS = (
    "the proof in the word of success",
    "the proof in a challenge of its own",
    "no proof",
    "success before any challenge",
    "the challenge in the word of success",
)

_NS = b'xmlns="urn:ietf:params:xml:ns:xmpp-sasl"'
_HEADER = (
    b'<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" '
    b'from="example.com" id="1" version="1.0">'
)
_FEATURES = b"<stream:features><mechanisms %b><mechanism>DIGEST-MD5</mechanism></mechanisms></stream:features>" % _NS


@contextlib.asynccontextmanager
async def xmpp_server(login: DigestMD5Server, ending: str) -> AsyncIterator[int]:
    """The port of a server for one login."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await _serve(login, ending, reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        # The client has gone, and the server's end goes with it.
        await ended.wait()


async def _serve(
    login: DigestMD5Server, ending: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    def send(name: bytes, token: bytes = b"") -> None:
        writer.write(b"<%b %b>%b</%b>" % (name, _NS, b64encode(token), name))

    async def received(name: bytes) -> bytes:
        text = b""
        while not (found := re.search(rb"<%b\b[^>]*?(?:/>|>([^<]*)</%b>)" % (name, name), text)):
            text += await reader.readuntil(b">")
        # "=" alone stands for no octets (RFC 6120 §6.4.2).
        return b64decode(found[1]) if found[1] not in {None, b"="} else b""

    await _opened(reader)
    writer.write(_HEADER + _FEATURES)
    await received(b"auth")
    challenge = login.step()
    if ending in {AT_ONCE, CHALLENGE_AS_SUCCESS}:
        send(b"success", challenge if ending == CHALLENGE_AS_SUCCESS else b"")
        await _left(reader)
        return
    send(b"challenge", challenge)
    try:
        proof = login.step(await received(b"response"))
    except DigestError:
        writer.write(b"<failure %b><not-authorized/></failure>" % _NS)
        await _left(reader)
        return
    if ending == IN_CHALLENGE:
        send(b"challenge", proof)
        await received(b"response")
    send(b"success", proof if ending == IN_SUCCESS else b"")
    await _left(reader)


async def _left(reader: asyncio.StreamReader) -> None:
    """Read up to the end of the client's stream."""
    text = b""
    while b"</stream:stream>" not in text and (more := await reader.read(4096)):
        text += more


async def _opened(reader: asyncio.StreamReader) -> None:
    """Read the header of the client's stream."""
    text = b""
    while b"<stream:stream" not in text or not text.endswith(b">"):
        text += await reader.readuntil(b">")
