"""What peers can put into the memory of SASL and of the SSPI names: each function gives one that puts in an entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from digest_http import sspi
from digest_http.sasl import ClientSessions, DigestMD5Client, DigestMD5Server, ServerSessions
from digest_http.sasl.framing import Deframer
from tests.attacks.driver import Clock
from tests.sspi.wiring import HTTPPair, server_handle


def sasl_login(number: int, *, server: ServerSessions | None = None, client: ClientSessions | None = None) -> None:
    """One full login, at a host of its own."""
    host = f"host{number}"
    one = DigestMD5Client("alice", "s3cret", service="ldap", host=host, sessions=client)
    other = DigestMD5Server({"alice": "s3cret"}, service="ldap", host=host, realms="r", sessions=server)
    one.step(other.step(one.step(other.step())))
    assert one.complete


def server_sessions(**settings: Any) -> Callable[[int], object]:
    """A server's nonces that may be used again."""
    sessions = ServerSessions(**settings)
    return lambda number: sasl_login(number, server=sessions)


def client_sessions() -> Callable[[int], object]:
    """A client's challenges that may be answered again."""
    sessions = ClientSessions(capacity=10)
    return lambda number: sasl_login(number, client=sessions)


def ticking() -> Callable[[], float]:
    """A clock that goes on by a second each time it is looked at."""
    clock = Clock()

    def seconds() -> float:
        clock.now += 1
        return clock.now

    return seconds


def deframed() -> Callable[[int], object]:
    """Records that arrive in pieces."""
    deframer = Deframer(limit=1000)

    def feed(_number: int) -> object:
        return deframer.feed(b"\0\0\3\xe8" + b"x" * 1000)

    return feed


def sspi_realms() -> Callable[[int], object]:
    """One handle of accounts for as many realms as the caller names."""
    pair = HTTPPair()
    return lambda number: pair.challenge(realm=f"realm{number}")


def sspi_live() -> Callable[[int], object]:
    """One handle of accounts, and a login after the other, each when the nonce before is over."""
    clock = Clock()
    handle = server_handle(clock=clock)

    def login(_number: int) -> None:
        HTTPPair(server_handle=handle).login()
        clock.now += 1000

    return login


def sspi_exported() -> Callable[[int], object]:
    """Contexts that are exported and never imported."""
    context = HTTPPair().login().client
    return lambda _number: sspi.export_security_context(context)
