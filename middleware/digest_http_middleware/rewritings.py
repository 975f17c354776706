"""What proxies make of a path before they hand it on: one model for each that rewrites.

Each is compared with the real proxy over a list of odd paths (tests/proxies). A model gives segments, percent-decoded
once, and not a spelling: which characters a proxy escapes differs between its versions and directives, while what an
app routes by is the decoded path. Slashes that are escaped in what arrives stay inside of a segment.

A model answers "what arrives if this was asked for", never "are these two alike". So a signed path that no rewriting
leads to the target that arrived is another one, though both may resolve to the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote_to_bytes

__all__ = ["REWRITINGS", "Rewriting", "resolves_alike", "segments"]

#: (path as signed, decoded segments of the prefix that is removed) -> decoded segments of what arrives. None if the
#: proxy refuses such a path, or does not hand it on to this app.
Rewriting = Callable[[bytes, Sequence[bytes]], "list[bytes] | None"]

# An escape without two hexadecimal digits: nginx, Apache and Caddy refuse it. So they do, or end the path there, with a
# "#" that is not escaped.
_refused = re.compile(rb"%(?![0-9A-Fa-f]{2})|#")

_DOTS: Final = (b".", b"..")


def segments(path: bytes) -> list[bytes] | None:
    """The segments of a path, each percent-decoded once. None if it does not begin with a slash or cannot be read."""
    if not path.startswith(b"/") or _refused.search(path):
        return None
    return [unquote_to_bytes(segment) for segment in path[1:].split(b"/")]


def resolves_alike(original: bytes, prefix: Sequence[bytes], arrived: bytes) -> bool:
    """Whether some rewriting may lead from one path to the other: both are the same with everything resolved.

    That is milder than any one proxy: it takes "//", dot segments and escaped slashes for nothing on either side.
    """
    asked, found = _nginx(original, ()), _nginx(arrived, ())
    if asked is None or found is None or asked[: len(prefix)] != list(prefix):
        return False
    asked = asked[len(prefix) :] or [b""]
    # Caddy drops the slash at the end of what was a dot segment.
    last = unquote_to_bytes(original.rpartition(b"/")[2])
    return asked == found or (last in _DOTS and asked[:-1] == found)


def _nginx(path: bytes, prefix: Sequence[bytes]) -> list[bytes] | None:
    """`proxy_pass` with a URI part, or `rewrite`: everything is decoded, escaped slashes too, and then resolved."""
    if segments(path) is None:
        return None
    decoded = unquote_to_bytes(path)
    found = None if b"\x00" in decoded else _resolved(decoded[1:].split(b"/"))
    return _less(found, prefix)


def _apache(path: bytes, prefix: Sequence[bytes]) -> list[bytes] | None:
    """`ProxyPass` without `nocanon`: as nginx, but an escaped slash stays (AllowEncodedSlashes) or is refused."""
    found = segments(path)
    if found is None or any(b"\x00" in segment for segment in found):
        return None
    return _less(_resolved(found), prefix)


def _caddy(path: bytes, prefix: Sequence[bytes]) -> list[bytes] | None:
    """`handle_path`, `uri strip_prefix`: resolved as written, so that escaped dots stay; the prefix goes first."""
    if _less(segments(path), prefix) is None:
        return None
    written = path[1:].split(b"/")[len(prefix) :]
    resolved = _resolved(written)
    if resolved is None:
        return None
    if written[-1] in _DOTS and len(resolved) > 1:
        del resolved[-1]  # its slash is dropped
    return [unquote_to_bytes(segment) for segment in resolved]


def _less(found: list[bytes] | None, prefix: Sequence[bytes]) -> list[bytes] | None:
    """What is left below the prefix. The prefix alone, without a slash, is no path of the app."""
    if found is None or len(found) <= len(prefix) or found[: len(prefix)] != list(prefix):
        return None
    return found[len(prefix) :]


def _resolved(found: Sequence[bytes]) -> list[bytes] | None:
    """Without dot segments and empty ones (RFC 3986 §5.2.4; the latter is the proxies' own). None above the root.

    A last segment that is dropped leaves its slash.
    """
    left: list[bytes] = []
    for segment in found:
        if segment == b"..":
            if not left:
                return None
            del left[-1]
        elif segment not in (b"", b"."):
            left.append(segment)
    return [*left, b""] if found[-1] in (b"", *_DOTS) else left


#: By the name that `rewritten_by` takes.
REWRITINGS: Final[Mapping[str, Rewriting]] = MappingProxyType({"nginx": _nginx, "apache": _apache, "caddy": _caddy})
