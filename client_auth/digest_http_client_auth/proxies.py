"""Who sent a 407: a proxy, or a server that would like the proxy's credentials."""

from __future__ import annotations

from ipaddress import ip_address

from digest_http.httpauth.client_policy import ClientPolicy
from digest_http.httpauth.origins import Origin

from .library import UNTOLD

__all__ = ["peer_of"]


def peer_of(
    told: Origin | None, address: tuple[str, int] | None, origin: Origin, policy: ClientPolicy
) -> Origin | None:
    """The proxy that sent a response; None if the response may not be a proxy's.

    `told` is what the library tells of it. Where that is UNTOLD the address is looked at, for http alone: with https
    the proxy speaks before the TLS connection is made, so what is seen is the server's. Where the library does not tell
    the peer's address either, the origin stands for it.
    """
    if told is None:
        policy.report("a 407 to a request that goes to the server itself comes from the server, not from a proxy")
        return None
    if told is not UNTOLD:
        return told
    if origin.scheme != "http":
        policy.report("a 407 inside an https connection comes from the server, not from a proxy")
        return None
    if address is None:
        return origin
    host, port = address
    if port != origin.port:
        return Origin("http", host, port)
    if _is_name(origin.host) or _is_name(host):
        policy.warn(
            f"a 407 came from port {port}, which is the port of the URL too: it may come from the server itself. If it "
            "came from a proxy, tell which proxy it is (docs/client.md, Through a proxy)"
        )
        return None
    if ip_address(host) == ip_address(origin.host):
        policy.report("the connection goes to the server itself, which may not ask for a proxy's credentials")
        return None
    return Origin("http", host, port)


def _is_name(host: str) -> bool:
    """Whether a host is no address. A name may have any: asking DNS would be input and output."""
    try:
        ip_address(host)
    except ValueError:
        return True
    return False
