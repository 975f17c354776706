"""What proxies make of a path before they hand it on: one model for each that rewrites.

Each is compared with the real proxy over a list of odd paths (tests/proxies). A model gives decoded segments and no
spelling: which characters a proxy escapes differs between its versions and directives, while what an app routes by is
the decoded path. A slash that is escaped in what arrives stays inside of its segment.

A model answers "what arrives if this was asked for", never "are these two alike". So a signed path that no rewriting
leads to the target that arrived is another one, though both may resolve to the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import quote, unquote_to_bytes

__all__ = ["REWRITINGS", "Rewriting", "resolves_alike", "segments"]

# An escape without two hexadecimal digits: nginx, Apache and Caddy refuse it. So they do, or end the path there, with a
# "#" that is not escaped.
_refused = re.compile(rb"%(?![0-9A-Fa-f]{2})|#")

# Caddy decodes nothing, but escapes what no URL may hold, and some that one may hold (!'()*[]). So of these, and of
# these alone, the escaped form and the other are one. "%25" is not among them: there is no other form of it.
_caddy_escapes = re.compile(rb"%(?:[0189a-f][0-9a-f]|2[0-23789a]|3[ce]|5[b-e]|60|7[b-df])", re.IGNORECASE)

# If a path holds any other octet, Caddy (Go's net/url) decodes all of it, escaped slashes too, and escapes it anew.
_caddy_keeps = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=:@/\[\]%-]*")

_DOTS: Final = (b".", b"..")


class Rewriting(NamedTuple):
    """What one proxy does."""

    #: (path as signed, decoded segments of the prefix that is removed) -> segments of what arrives. None if the proxy
    #: refuses such a path, or does not hand it on to this app.
    makes: Callable[[bytes, Sequence[bytes]], list[bytes] | None]
    #: (path that arrived, the same prefix) -> its segments, to be compared with those.
    reads: Callable[[bytes, Sequence[bytes]], list[bytes] | None]


def segments(path: bytes) -> list[bytes] | None:
    """The segments of a path, each percent-decoded once. None if it does not begin with a slash or cannot be read."""
    if not path.startswith(b"/") or _refused.search(path):
        return None
    return [unquote_to_bytes(segment) for segment in path[1:].split(b"/")]


def resolves_alike(original: bytes, prefix: Sequence[bytes], arrived: bytes) -> bool:
    """Whether some rewriting may lead from one path to the other: both are the same with everything resolved.

    That is milder than any one proxy: it takes "//", dot segments and escaped slashes for nothing on either side.
    """
    found, written = _nginx(arrived, ()), segments(original)
    if found is None or written is None:
        return False
    decoded = unquote_to_bytes(original)[1:].split(b"/")
    # ".." removes an empty segment where those are kept (RFC 3986 §5.2.4), and the one before where they are not. Where
    # slashes are decoded last, it removes all of a segment that holds an escaped one.
    for asked in (_resolved(decoded), _resolved(decoded, empty_ones_count=True), _resolved_twice(written)):
        if asked is None or asked[: len(prefix)] != list(prefix):
            continue
        below = asked[len(prefix) :] or [b""]
        # Caddy drops the slash at the end of what was a dot segment.
        if below == found or (decoded[-1] in _DOTS and below[:-1] == found):
            return True
    return False


def _nginx(path: bytes, prefix: Sequence[bytes]) -> list[bytes] | None:
    """`proxy_pass` with a URI part, or `rewrite`: everything is decoded, escaped slashes too, and then resolved.

    Apache with `AllowEncodedSlashes On` resolves before it decodes slashes, and again after that. A path of which the
    two do not make the same is refused, since this setting is for both: in "/a%2Fb/../c" the dots take one name or two.
    """
    found = segments(path)
    if found is None or any(b"\x00" in segment for segment in found):
        return None
    made = _resolved(b"/".join(found).split(b"/"))
    return _less(made, prefix) if made == _resolved_twice(found) else None


def _apache(path: bytes, prefix: Sequence[bytes]) -> list[bytes] | None:
    """`ProxyPass` without `nocanon`: as nginx, but an escaped slash stays (AllowEncodedSlashes) or is refused."""
    found = segments(path)
    if found is None or any(b"\x00" in segment for segment in found):
        return None
    return _less(_resolved(found), prefix)


def _caddy(path: bytes, prefix: Sequence[bytes]) -> list[bytes] | None:
    """`handle_path`, `uri strip_prefix`: resolved as written, so that escaped dots stay; then the prefix goes.

    Where no prefix is removed, nothing is resolved.
    """
    if segments(path) is None:
        return None
    if _caddy_keeps.fullmatch(path) is None:
        path = quote(unquote_to_bytes(path), safe="/$&+,:;=@").encode()
    if not prefix:
        return _caddy_reads(path, prefix)
    written = path[1:].split(b"/")
    resolved = _resolved(written)
    if resolved is None:
        return None
    if written[-1] in _DOTS and len(resolved) > len(prefix) + 1:
        del resolved[-1]  # the slash of a dot segment at the end goes with it, but for the last that is left
    if _less([unquote_to_bytes(segment) for segment in resolved], prefix) is None:
        return None
    return _caddy_reads(b"/" + b"/".join(resolved[len(prefix) :]), prefix)


def _caddy_reads(path: bytes, prefix: Sequence[bytes]) -> list[bytes] | None:
    if segments(path) is None:
        return None
    if prefix:
        # Where it removes one, it may or may not write these anew.
        path = _caddy_escapes.sub(lambda escape: bytes.fromhex(escape[0][1:].decode()), path)
    return path[1:].split(b"/")


def _reads(path: bytes, _prefix: Sequence[bytes]) -> list[bytes] | None:
    return segments(path)


def _less(found: list[bytes] | None, prefix: Sequence[bytes]) -> list[bytes] | None:
    """What is left below the prefix. The prefix alone, without a slash, is no path of the app."""
    if found is None or len(found) <= len(prefix) or found[: len(prefix)] != list(prefix):
        return None
    return found[len(prefix) :]


def _resolved(found: Sequence[bytes], *, empty_ones_count: bool = False) -> list[bytes] | None:
    """Without dot segments (RFC 3986 §5.2.4) and without empty ones, as the proxies do. None above the root.

    A last segment that is dropped leaves its slash.
    """
    left: list[bytes] = []
    for segment in found:
        if segment == b"..":
            if not left:
                return None
            del left[-1]
        elif segment != b"." and (segment or empty_ones_count):
            left.append(segment)
    left = [segment for segment in left if segment]
    return [*left, b""] if found[-1] in (b"", *_DOTS) else left


def _resolved_twice(found: Sequence[bytes]) -> list[bytes] | None:
    """The same, and once more when what were escaped slashes are slashes."""
    first = _resolved(found)
    return None if first is None else _resolved(b"/".join(first).split(b"/"))


#: By the name that `rewritten_by` takes.
REWRITINGS: Final[Mapping[str, Rewriting]] = MappingProxyType(
    {
        "nginx": Rewriting(_nginx, _reads),
        "apache": Rewriting(_apache, _reads),
        "caddy": Rewriting(_caddy, _caddy_reads),
    }
)
