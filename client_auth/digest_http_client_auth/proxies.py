"""Who sent a 407: a proxy, or a server that would like the proxy's credentials."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from digest_http.httpauth.origins import Origin

__all__ = ["peer_of"]


def peer_of(address: tuple[str, int] | None, origin: Origin, report: Callable[[str], None]) -> Origin | None:
    """The proxy that sent a response, named by its address; None if the response may not be a proxy's.

    Only for http: with https the proxy speaks before the TLS connection is made, so what is seen is the server's.
    Where the library does not tell the peer's address, the origin stands for it.
    """
    if origin.scheme != "http":
        report("a 407 inside an https connection comes from the server, not from a proxy")
        return None
    if address is None:
        return origin
    host, port = address
    if port == origin.port and _may_be(host, origin.host):
        report("the connection goes to the server itself, which may not ask for a proxy's credentials")
        return None
    return Origin("http", host, port)


def _may_be(address: str, host: str) -> bool:
    """Whether a host of a URL may have this address. A name may have any: asking DNS would be input and output."""
    try:
        return ip_address(host) == ip_address(address)
    except ValueError:
        return True
