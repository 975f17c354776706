"""A login between one of ours and a peer's end, and messages after it."""

from __future__ import annotations

import warnings
from typing import Any

from digest_http.errors import SecurityWarning
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from tests.sasl.programs import Peer

HOST = "mail.example.com"
LENGTHS = (0, 1, 2, 3, 7, 8, 9, 22, 255, 950, 4096, 16385, 65536)


def settings_of(**changes: str) -> dict[str, str]:
    """A peer's view of a login."""
    return {"service": "imap", "host": HOST, "username": "chris", "password": "secret", "maxbuf": "131072"} | changes


def ours(role: str, layer: str, **settings: Any) -> Any:
    """Our end, for just this layer."""
    keywords: dict[str, Any] = {"service": "imap", "host": HOST, "maxbuf": 131072}
    keywords |= {"qop": layer} if layer.startswith("auth") else {"qop": "auth-conf", "ciphers": layer}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        if role == "client":
            return DigestMD5Client(**{"username": "chris", "password": "secret"} | keywords | settings)
        return DigestMD5Server(**{"users": {"chris": "secret"}} | keywords | settings)


def log_in_to(peer: Peer, client: DigestMD5Client) -> None:
    """Our client, the peer's server."""
    token, done = peer.step(client.step())
    answer = client.step(token)
    while not (done and client.complete):
        token, done = peer.step(answer)
        answer = client.step(token)


def let_in(peer: Peer, server: DigestMD5Server) -> None:
    """The peer's client, our server."""
    token, _ = peer.step(server.step())
    _, done = peer.step(server.step(token))
    assert done
    assert server.complete


def exchange(peer: Peer, end: Any, lengths: tuple[int, ...] = LENGTHS) -> None:
    """Messages of these lengths each way."""
    for length in lengths:
        message = bytes((7 * index + length) % 256 for index in range(length))
        assert peer.unwrap(end.wrap(message)) == message
        if length == 0 and peer.kind != "gsasl":
            continue  # the JDK makes no record of it, Cyrus an error
        assert b"".join(map(end.unwrap, peer.wrap(message))) == message
