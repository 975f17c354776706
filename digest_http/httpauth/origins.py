"""Origins, and the paths of one that a challenge speaks for (RFC 9110 §4.3.1, RFC 7616 §3.3 domain)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

__all__ = ["MAX_PREFIXES", "Origin", "covers", "is_upgrade", "named_paths", "paths_of"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

#: Path prefixes of one realm that are kept.
MAX_PREFIXES: Final = 64

# RFC 3986 §3: scheme "://" authority, then path, query or fragment; §4.2: without a scheme, in that of the request.
_absolute: Final = re.compile(rb"(?:([A-Za-z][A-Za-z0-9+.\-]*):)?//([^/?#]*)([^?#]*)")
_authority: Final = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+)(?::([0-9]{0,5}))?")


class Origin(NamedTuple):
    """Scheme, host and effective port (RFC 9110 §4.3.1), normalised by `of`, so that they compare with ==."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, scheme: str, host: str, port: int | None) -> Origin:
        """The origin of a URL's parts: any letter case, IDN or its ASCII form, default port given or not.

        Raises UnicodeError for a host that IDNA cannot encode.
        """
        scheme = scheme.lower()
        # RFC 6455 §4.1: a websocket handshake is a request to the http or https server of that host and port.
        scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
        return cls(scheme, host.lower().strip("[]"), port or _DEFAULT_PORTS.get(scheme, 0))


def is_upgrade(before: Origin, after: Origin) -> bool:
    """Whether a redirect from the one to the other only turns http into https, on the same host and the usual ports."""
    return (before.scheme, after.scheme, before.host) == ("http", "https", after.host) and (
        before.port, after.port
    ) == (_DEFAULT_PORTS["http"], _DEFAULT_PORTS["https"])  # fmt: skip


def paths_of(domain: Iterable[bytes], origin: Origin) -> tuple[bytes, ...]:
    """The path prefixes that a challenge covers at `origin`: what its `domain` names, or else every path."""
    return named_paths(domain, origin) or (b"/",)


def named_paths(domain: Iterable[bytes], origin: Origin) -> tuple[bytes, ...]:
    """The path prefixes that `domain` names at `origin`; it may name none.

    RFC 7616 §3.3. URIs of other origins are left out: what was learnt here is not used there. Devices send much that
    names nothing here: relative paths, a port alone, "::", or the address that they have behind a NAT.
    """
    found: list[bytes] = []
    for uri in domain:
        absolute = _absolute.match(uri)
        if absolute is not None:
            if _origin_of(absolute[1] or origin.scheme.encode(), absolute[2]) == origin:
                found.append(absolute[3] or b"/")
        elif uri.startswith(b"/"):
            found.append(re.split(rb"[?#]", uri, maxsplit=1)[0])
    return tuple(found[:MAX_PREFIXES])


def _origin_of(scheme: bytes, authority: bytes) -> Origin | None:
    parts = _authority.fullmatch(authority)
    if parts is None:
        return None
    try:
        return Origin.of(scheme.decode("ascii"), parts[1].decode(), int(parts[2]) if parts[2] else None)
    except UnicodeError:  # not UTF-8, or nothing IDNA can encode
        return None


def covers(prefix: bytes, path: bytes) -> bool:
    """Whether a path prefix covers a path, by segment: "/a" covers "/a", "/a/b" and "/a?x", never "/ab"."""
    if not path.startswith(prefix):
        return False
    return prefix.endswith(b"/") or path[len(prefix) : len(prefix) + 1] in (b"", b"/", b"?")
