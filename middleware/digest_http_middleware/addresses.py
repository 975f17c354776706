"""The address of a client, also behind proxies: they add who asked them to a field of the request.

Anybody can send such a field. So it is read from its end, as far as the addresses are those of declared proxies, and
the first that is none is the client.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from digest_http import settings
from digest_http.errors import ConfigurationError

from .asgi import Scope

__all__ = ["DEFAULT_CLIENT_HEADER", "Addresses"]

#: The field that nearly all proxies add an address to.
DEFAULT_CLIENT_HEADER: Final = "X-Forwarded-For"

#: How a server behind a socket file sees its proxy: without an address.
SOCKET_FILE: Final = "unix"

# RFC 9110 §5.6.2: what a field name may hold.
_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What proxies write: 192.0.2.7, 192.0.2.7:4711, 2001:db8::1, [2001:db8::1], [2001:db8::1]:4711.
_entry = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]+)?|([0-9]+(?:\.[0-9]+){3})(?::[0-9]+)?|([0-9A-Fa-f:.]+)")


class Addresses:
    """The settings `trusted_proxies` and `client_header`. Raises ConfigurationError for what cannot work.

    `trusted_proxies`: addresses and networks, and "unix" for one that is connected by a socket file.
    """

    __slots__ = ("_field", "_networks", "_socket_file", "trusts")

    def __init__(self, trusted_proxies: Iterable[str] = (), client_header: str = DEFAULT_CLIENT_HEADER) -> None:
        listed = settings.texts("trusted_proxies", trusted_proxies, example="10.0.0.0/8")
        header = settings.text("client_header", client_header, example=DEFAULT_CLIENT_HEADER)
        if _token.fullmatch(header) is None:
            raise settings.refusal(
                "client_header", header, f"the name of a field, for instance {DEFAULT_CLIENT_HEADER}"
            )
        self._field: Final = header.lower().encode()
        self._socket_file: Final = SOCKET_FILE in listed
        self._networks: Final = tuple(_network(each) for each in listed if each != SOCKET_FILE)
        #: Whether any proxy is trusted.
        self.trusts: Final = bool(listed)

    def of(self, scope: Scope) -> str | None:
        """The address of who sent the request of `scope`, None if it is not known."""
        client = scope.get("client")
        peer = str(client[0]) if client else None
        if not self.trusts or not self._is_proxy(peer):
            return peer
        for entry in reversed(self._entries(scope)):
            address = _address(entry)
            if address is None:
                break  # a proxy of ours writes addresses: what stands before this is nobody's word
            peer = address
            if not self._is_proxy(peer):
                break
        return peer

    def _entries(self, scope: Scope) -> list[str]:
        values = [value for name, value in scope["headers"] if name == self._field]
        return [entry.strip(" \t") for entry in b",".join(values).decode("latin-1").split(",")] if values else []

    def _is_proxy(self, peer: str | None) -> bool:
        if peer is None:
            return self._socket_file
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if address.version == 6 and address.ipv4_mapped is not None:  # noqa: PLR2004 - a version of IP
            address = address.ipv4_mapped  # a socket for both versions shows IPv4 like that
        return any(address in network for network in self._networks)


def _address(entry: str) -> str | None:
    found = _entry.fullmatch(entry)
    if found is None:
        return None
    try:
        return str(ip_address(found[1] or found[2] or found[3]))
    except ValueError:
        return None


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ConfigurationError(
            f"trusted_proxies has {text!r}; write an address or a network of your proxies, for instance '10.0.0.7' or "
            "'10.0.0.0/8', or 'unix' for a proxy that is connected by a socket file"
        ) from None
