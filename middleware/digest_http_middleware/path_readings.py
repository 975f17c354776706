"""The paths that one request may mean to the routers and file servers behind us.

A path rule that looks at another path than the router opens doors. Routers differ: most drop `root_path`, some keep it;
some cut it as text, some by whole segments; some match without regard to case; file servers resolve dots and
backslashes. Where a spelling has more than one meaning, a rule must hold for each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize
from urllib.parse import unquote

__all__ = ["as_written", "fold", "less_root", "resolved", "spellings"]

#: How often a percent-decoding may change a path. Nobody encodes three times with good intent.
MAX_DECODINGS = 4
#: Characters of a path that is looked at closely (RFC 9110 §4.1 asks for 8000 octets of a URI); of one beyond ASCII,
#: where long runs of marks cost the square of their length.
MAX_PATH, MAX_UNICODE = 8192, 1024

# What means itself to everybody, but for its case: most paths.
_plain = re.compile(r"(?:/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*+)*+/?")
# What nobody can know the meaning of: controls, NUL among them; octets that were no UTF-8, as servers hand them on
# (U+FFFD or surrogates); IIS's %uXXXX.
_meaningless = re.compile("[\x00-\x1f\x7f-\x9f\ufffd\ud800-\udfff]|%[uU][0-9a-fA-F]{4}")
# What routers and file servers resolve to another path: empty segments, dot segments, backslashes.
_resolvable = re.compile(r"//|\\|/\.{1,2}(?:/|\Z)")

# Where a consumer that takes the path for a URL ends it; and the parameters of a segment (RFC 3986 §3.3).
_end_of_path = re.compile(r"[?#].*", re.DOTALL)
_parameters = re.compile(r";[^/]*")
# Escapes that a URL needs: octets beyond ASCII, and ASCII that no URL holds as it is, "%" among it (RFC 3986 §2.1).
_needed = re.compile(rb"%(?:[89a-f][0-9a-f]|2[025]|3[ce]|5[bde]|60|7[bcd])", re.IGNORECASE)

# What a file system may not see (Unicode: Default_Ignorable_Code_Point).
_invisible = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# What file systems leave out at the end of a name: dots and spaces, and after a colon the name of a stream (Windows).
_left_out = re.compile(r"(?<=[^/:]):[^/]*|(?<![. ])[. ]++(?=/|\Z)")


def less_root(path: str, root: str) -> tuple[str, ...]:
    """The paths that routers see when `root_path` is `root`: the first is Starlette's, FastAPI's and ASGI's.

    Cut by whole segments, nothing is in doubt. Django, Quart and a2wsgi cut `root` as text ("/svcadmin" is "admin"
    under "/svc"), and Litestar wherever it stands.
    """
    if not root:
        return (path,)
    if path == root:
        return ("/",)
    if path.startswith(root) and path[len(root)] == "/":
        return (path[len(root) :],)
    if root in path:
        return (path, "/" + path.split(root, maxsplit=1)[1].lstrip("/"))
    return (path,)


def as_written(raw_path: bytes) -> str:
    """The path with only those escapes decoded that a URL needs.

    A router that looks at `raw_path` (BlackSheep's) does not take "/%68ealth" for "/health", nor "/a%2Fb" for "/a/b".
    """
    return _needed.sub(lambda escape: bytes.fromhex(escape[0][1:].decode()), raw_path).decode("utf-8", "replace")


def spellings(path: str) -> list[str] | None:
    """`path`; the same without parameters and without "?..." or "#..."; and all that decoded again.

    None if it does not begin with "/", has no certain meaning, or could be resolved to another path.
    """
    if path and _plain.fullmatch(path):
        return [path]
    found: list[str] = []
    for level in _levels(path):
        if level is None:
            return None
        for text in _parts(level):
            if not text.startswith("/") or any(map(_resolvable.search, (text, _compatible(text), fold(text)))):
                return None
            found.append(text)
    return found


def resolved(path: str) -> list[str] | None:
    """Every path that `path` can be resolved to; None if it has no certain meaning.

    Dots, empty segments and backslashes are resolved here, where `spellings` gives up.
    """
    if path and _plain.fullmatch(path):
        return [path]
    found: list[str] = []
    for level in _levels(path):
        if level is None:
            return None
        for text in _parts(level):
            plain = _resolve(text)
            # Compatibility forms may hold slashes and dots, and a name that is left out whole leaves no segment.
            folded = _resolve(fold(_resolve(_compatible(text))))
            found += [text, plain] if folded == fold(plain) else [text, plain, folded]
    return found


def fold(path: str) -> str:
    """What is equal for a router or file system that ignores case, compatibility forms and the end of a name."""
    return path.lower() if _plain.fullmatch(path) else _left_out.sub("", _compatible(path))


def _compatible(path: str) -> str:
    # NFKC_Casefold (Unicode §3.13); macOS compares names much like that.
    if path.isascii():
        return path.lower()
    return normalize("NFKC", _invisible.sub("", normalize("NFKC", path)).casefold())


def _levels(path: str) -> Iterator[str | None]:
    """`path` and its percent-decodings until nothing changes; None where a level has no certain meaning."""
    for _ in range(MAX_DECODINGS):
        clear = not _meaningless.search(path) and len(path) <= (MAX_PATH if path.isascii() else MAX_UNICODE)
        yield path if clear else None
        decoded = unquote(path)
        if decoded == path:
            return
        path = decoded
    yield None


def _parts(path: str) -> Iterator[str]:
    yield path
    if ";" in path:
        yield _parameters.sub("", path)
    cut = _end_of_path.sub("", path)
    if cut != path:
        yield cut
        yield _parameters.sub("", cut)


def _resolve(path: str) -> str:
    segments: list[str] = []
    for segment in path.replace("\\", "/").split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return "/" + "/".join(segments)
