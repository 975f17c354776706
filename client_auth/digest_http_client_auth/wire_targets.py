"""The request target that urllib3 makes of a URL's path and query, octet for octet: the one that is to be signed."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MAX_URLS", "plain_target", "wire_target", "with_path"]

# RFC 3986 §3.3 and §3.4: pchar / "/", and "?" in the query. Nothing is done to what consists of these.
_PLAIN: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]++|%[0-9A-F]{2})*+"
_plain: Final = re.compile(_PLAIN)
# The same behind scheme and authority, from the slash on that the path begins with.
_plain_url: Final = re.compile(rf"https?://[^/?#]*+(/{_PLAIN})")
_escape: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_kept: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?")

#: URLs whose targets are remembered: programs ask for the same ones again and again, as `urllib.parse` knows too.
MAX_URLS: Final = 256


def wire_target(target: str) -> bytes:
    """What goes over the wire for a path and query.

    urllib3 spells escapes in upper case and escapes what may not stand in a URI. A "%" is one such octet in each part,
    path or query, where any "%" begins no escape.
    """
    target = target.partition("#")[0]
    if _plain.fullmatch(target):
        return target.encode("ascii")
    path, mark, query = target.partition("?")
    return _encoded(path) + mark.encode() + _encoded(query)


def plain_target(url: str) -> bytes | None:
    """What goes over the wire for a whole URL to whose path and query nothing is done; None for any other."""
    usual = _plain_url.fullmatch(url)
    # A query that is empty is left out, with its question mark.
    return None if usual is None or url.endswith("?") else usual[1].encode("ascii")


def _encoded(part: str) -> bytes:
    spelt, escapes = _escape.subn(lambda match: match[0].upper(), part)
    octets = spelt.encode("utf-8", "surrogatepass")
    kept = _kept | {ord("%")} if escapes == octets.count(b"%") else _kept
    return b"".join(bytes((octet,)) if octet in kept else b"%%%02X" % octet for octet in octets)


def with_path(url: str) -> str:
    """A whole URL as it is to stand in the request line for a proxy: where there is no path, "/".

    That is what is signed, and Apache compares it with what is written (RFC 9112 §3.2.2 leaves both to the client).
    """
    scheme, separator, rest = url.partition("://")
    end = next((at for at, octet in enumerate(rest) if octet in "/?#"), len(rest))
    return url if rest[end : end + 1] == "/" else f"{scheme}{separator}{rest[:end]}/{rest[end:]}"
