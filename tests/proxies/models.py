"""What the four proxies hand on, octet by octet: written from what they were seen to do, and held against them live.

Written apart from the middleware's own models, which know segments only.
"""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

from tests.proxies.configurations import Way

__all__ = ["handed_on", "is_modelled"]

_MALFORMED = re.compile(rb"%(?![0-9a-fA-F]{2})")
#: What each escapes of what it has decoded: all but letters, digits and these.
_NGINX_KEEPS = "/~!$&'()*+,;=:@-._[]"
_APACHE_KEEPS = "/~$-_.+!*'(),;:@&="
_CADDY_KEEPS = "/$&+,:;=@-._~"
_URL = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=:@/\[\]%-]*")


def is_modelled(way: Way) -> bool:
    """Whether there is a model of this way."""
    return (way.proxy, way.name) not in {
        ("nginx", "rewrite"),
        ("apache", "nocanon"),
        ("apache", "prefix, nocanon"),
        ("haproxy", "normalize-uri"),
        ("caddy", "uri strip_prefix"),
        ("caddy", "rewrite"),
    }


def handed_on(way: Way, target: bytes) -> bytes | None:
    """The target that the app gets, an empty query left out; None if it gets none."""
    path, _, query = target.partition(b"?")
    made = {"nginx": nginx, "apache": apache, "haproxy": haproxy, "caddy": caddy}[way.proxy](path, way)
    return made if made is None or not query else made + b"?" + query


def haproxy(path: bytes, way: Way) -> bytes | None:
    """The prefix goes; ISO 8859-1 and the like are refused."""
    if re.search(rb"[\x00-\x20\x7f-\xff#]", path):
        return None
    return below(path, way)


def nginx(path: bytes, way: Way) -> bytes | None:
    """Decoded, resolved, and escaped again if it was escaped anywhere."""
    whole = resolved(unquote_to_bytes(path), merge="merge_slashes off" not in way.name)
    if _MALFORMED.search(path) or b"\x00" in unquote_to_bytes(path) or whole is None:
        return None
    if way.name == "as it came":
        return path
    rest = below(whole, way)
    if rest is None or b"%" not in path:
        return rest
    return quote_from_bytes(rest, safe=_NGINX_KEEPS).encode()


def apache(path: bytes, way: Way) -> bytes | None:
    """Dot segments go while slashes are escaped. These are refused then, kept, or slashes: then dots go once more."""
    if _MALFORMED.search(path) or b"\x00" in unquote_to_bytes(path):
        return None
    # An escaped slash stands as a zero and its letter, which no path holds otherwise.
    whole = resolved(unquote_to_bytes(re.sub(rb"%2([fF])", rb"%00\1", path)))
    if whole is not None and way.name.endswith("On"):
        whole = resolved(re.sub(rb"\x00[fF]", b"/", whole))
    if whole is None or (way.name == "prefix" and b"\x00" in whole):
        return None
    rest = below(whole, way)
    if rest is None:
        return None
    spelt = quote_from_bytes(rest, safe=_APACHE_KEEPS).encode().replace(b"%00", b"%2")
    if way.name not in ("ProxyPass /", "prefix, NoDecode"):
        return spelt
    # Where slashes stay escaped, it cannot tell an escaped slash from an escaped percent sign before "2F".
    return None if _MALFORMED.search(rest.replace(b"\x00", b"%2")) else re.sub(rb"%25(2[fF])", rb"%\1", spelt)


def caddy(path: bytes, way: Way) -> bytes | None:
    """Escaped if it is no URL; below a prefix also resolved as written, and `!'()*[]` escaped if nothing else was."""
    if _MALFORMED.search(path):
        return None
    if not _URL.fullmatch(path):
        path = quote_from_bytes(unquote_to_bytes(path), safe=_CADDY_KEEPS).encode()
    if not way.prefix:
        return path
    whole = resolved(path)
    if whole is None:
        return None
    if path.rpartition(b"/")[2] in (b".", b"..") and whole != b"/":
        whole = whole[:-1]
    if whole == way.prefix.encode() != path:
        return b"/"
    # Escaped letters of the prefix are letters of it.
    start = re.match(rb"/(?:s|%73)(?:v|%76)(?:c|%63)(?=/)", whole)
    if start is None:
        return None
    rest = whole[start.end() :]
    return rest if b"%" in path else quote_from_bytes(rest, safe=_CADDY_KEEPS).encode()


def below(path: bytes, way: Way) -> bytes | None:
    """What stands below the prefix."""
    prefix = way.prefix.encode()
    return path[len(prefix) :] if path.startswith(prefix + b"/") else None


def resolved(path: bytes, *, merge: bool = True) -> bytes | None:
    """Without dot segments, and without empty ones if they are merged; None above the root."""
    left = re.sub(rb"/{2,}", b"/", path) if merge else path
    done = b""
    for segment in re.findall(rb"/[^/]*", left):
        if segment == b"/..":
            if not done:
                return None
            done = done.rpartition(b"/")[0]
        elif segment != b"/.":
            done += segment
    return done + b"/" if re.search(rb"/\.{1,2}\Z", left) or not done else done
