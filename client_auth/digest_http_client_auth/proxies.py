"""Who sent a 407: a proxy, or a server that would like the proxy's credentials."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from digest_http.httpauth.origins import Origin

from .messages import Response

__all__ = ["peer_of"]


def peer_of(response: Response[Any], origin: Origin, report: Callable[[str], None]) -> Origin | None:
    """The proxy that sent the response, named by its address; None if the response may not be a proxy's.

    Only for http: with https the proxy speaks before the TLS connection is made, so what is seen is the server's.
    Where the transport does not tell the peer's address, the origin stands for it.
    """
    if origin.scheme != "http":
        report("a 407 inside an https connection comes from the server, not from a proxy")
        return None
    stream: Any = response.extensions.get("network_stream")
    address: Any = stream.get_extra_info("server_addr") if stream is not None else None
    try:
        host, port = str(address[0]), int(address[1])
    except (TypeError, ValueError, IndexError):  # not told, or a Unix socket
        return origin
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
