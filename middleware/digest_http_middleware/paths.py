"""Which requests need credentials: path prefixes, or a callable of the scope; and CORS preflights."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from digest_http.errors import ConfigurationError

from .asgi import Scope

__all__ = ["Rule", "is_preflight", "path_rule"]

Rule = Callable[[Scope], bool]

# Segments that a router or file server behind us may resolve to another path than the one the rule saw.
_ambiguous = re.compile(r"//|\\|/\.{1,2}(?:/|\Z)|\x00")


def path_rule(protect: Iterable[str] | Rule, public: Iterable[str]) -> Rule | None:
    """A predicate "this scope needs credentials", or None when all of them do.

    The longest prefix that matches by whole segments decides. A path that an app could resolve to another ("..", "//",
    a backslash) needs credentials. Raises ConfigurationError for a prefix without a leading slash, or in both lists.
    """
    if callable(protect):
        if tuple(public):
            raise ConfigurationError("protect is a callable, which decides alone: leave public out")
        return protect
    protected, open_to_all = _prefixes("protect", protect), _prefixes("public", public)
    both = set(protected) & set(open_to_all)
    if both:
        # protect is ("/",) unless it is given, so public=["/"] alone comes here: it would open nothing.
        raise ConfigurationError(f"{min(both) or '/'!r} is in both protect and public: say which paths are protected")
    if protected == ("",) and not open_to_all:
        return None

    def needs_credentials(scope: Scope) -> bool:
        path = scope["path"]
        if _ambiguous.search(path):
            return True
        guarded, free = _longest(protected, path), _longest(open_to_all, path)
        if guarded < 0 and free < 0:
            return not protected
        return guarded >= free

    return needs_credentials


def is_preflight(scope: Scope) -> bool:
    """Whether this is a CORS preflight: browsers send it without credentials (Fetch, "CORS-preflight request")."""
    if scope["type"] != "http" or scope["method"] != "OPTIONS":
        return False
    names = {name for name, _ in scope["headers"]}
    return b"origin" in names and b"access-control-request-method" in names


def _prefixes(setting: str, prefixes: Iterable[str]) -> tuple[str, ...]:
    if isinstance(prefixes, str):
        raise ConfigurationError(f"{setting} is one string; give a list of path prefixes, for instance [{prefixes!r}]")
    prefixes = tuple(prefixes)
    for prefix in prefixes:
        if not prefix.startswith("/"):
            raise ConfigurationError(f"{setting} has {prefix!r}; a path prefix starts with a slash")
    return tuple(prefix.rstrip("/") for prefix in prefixes)


def _longest(prefixes: tuple[str, ...], path: str) -> int:
    # By whole segments: /a covers /a and /a/b, never /ab.
    return max((len(p) for p in prefixes if path == p or path.startswith(p + "/")), default=-1)
