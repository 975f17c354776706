"""Which requests need credentials: path prefixes, or a callable of the scope; and CORS preflights."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from itertools import product
from typing import Final
from urllib.parse import quote

from digest_http import settings
from digest_http.errors import ConfigurationError

from .asgi import ASGIApp, Scope
from .path_readings import as_written, fold, less_root, resolved, spellings
from .routers import Router

__all__ = ["Rule", "is_preflight", "path_rule"]

Rule = Callable[[Scope], bool]

#: What the lists are, for errors.
_LISTED: Final = "a list of path prefixes, for instance ['/api']"

# "PROGRA~1": the short name that Windows' file systems give a longer one. It may stand for any.
_short_name = re.compile(r"[^/]~[0-9]")


def path_rule(protect: Iterable[str] | Rule, public: Iterable[str], app: ASGIApp | None = None) -> Rule | None:
    """A predicate "this scope needs credentials", or None when all of them do. `app` is what it guards.

    A prefix means the path that the app's router sees: the path less `root_path`. The longest prefix that matches by
    whole segments decides. Raises ConfigurationError for a prefix without a leading slash, in both lists, or public
    and never to be opened.
    """
    if callable(protect):
        if settings.items("public", public, _LISTED, empty=True):
            raise ConfigurationError("protect is a function, which decides alone: leave public out")
        return settings.function("protect", protect, 1, example="needs_login, with def needs_login(scope)")
    protected, open_to_all = _prefixes("protect", protect), _prefixes("public", public)
    for prefix in open_to_all:
        if _is_unclear(prefix):
            raise ConfigurationError(
                f"public has {prefix!r}, which could be read as another path and so would never be open; "
                "write the path as the app's router sees it, decoded, without dots, query or parameters"
            )
    both = set(protected) & set(open_to_all)
    if both:
        # protect is ("/",) unless it is given, so public=["/"] alone comes here: it would open nothing.
        raise ConfigurationError(f"{min(both) or '/'!r} is in both protect and public: write which paths are protected")
    if protected == ("",) and not open_to_all:
        return None
    return _Prefixes(protected, open_to_all, Router(app)).need_credentials


def is_preflight(scope: Scope) -> bool:
    """Whether this is a CORS preflight: browsers send it without credentials (Fetch, "CORS-preflight request")."""
    if scope["type"] != "http" or scope["method"] != "OPTIONS":
        return False
    names = {name for name, _ in scope["headers"]}
    return b"origin" in names and b"access-control-request-method" in names


class _Prefixes:
    """Both lists.

    A request is free only if each path that the router may take it for is free, and no other reading of its target is
    protected by name. Whatever is not understood needs credentials.
    """

    def __init__(self, protected: tuple[str, ...], public: tuple[str, ...], router: Router) -> None:
        # A guard is met without regard to case and the like; a way in is open in its own spelling only.
        spelt = {prefix: resolved(prefix or "/") or [prefix] for prefix in protected}
        self._guards: Final = {fold(text).rstrip("/") for texts in spelt.values() for text in texts}
        self._public: Final = frozenset(public)
        self._router: Final = router
        self._names_paths: Final = any(self._guards)
        self._rest_is_open: Final = bool(protected) and "" not in self._guards

    def need_credentials(self, scope: Scope) -> bool:
        """The rule."""
        path, root, raw_path = scope["path"], scope.get("root_path") or "", scope.get("raw_path")
        if not path.startswith("/"):
            # RFC 9112 §3.2: origin-form begins with a slash. Some servers hand on other forms, and some routers, file
            # servers among them, take those for a path.
            return True
        # Where both are the same path, as they should be, the second is the first in another spelling.
        paths = {path, path if raw_path is None else as_written(raw_path)}
        routed = self._routed(paths, root)
        if not all(map(self._is_free, routed)):
            return True
        return any(map(self._is_guarded, self._others(paths, root) - routed))

    def _routed(self, paths: set[str], scope_root: str) -> set[str]:
        """The paths that the router may see."""
        router, found = self._router, set[str]()
        roots = router.roots(scope_root)
        if router.drops_root():
            found.update(reading for path in paths for root in roots for reading in router.less_root(path, root))
        # A router by raw_path does not know a root_path that is escaped there.
        if router.keeps_root() or (router.by_raw_path and any(quote(root) != root for root in roots)):
            found |= paths
        return found | set(map(router.mounted, found))

    def _others(self, paths: set[str], scope_root: str) -> set[str]:
        """Whatever else the target may be called."""
        roots = {scope_root, *self._router.roots(scope_root), *self._router.nested_roots()}
        found = set(paths)
        for path, root in product(paths, roots):
            readings = path, *less_root(path, root)
            found.update(*((reading, root + reading) for reading in readings))
        return found

    def _is_free(self, path: str) -> bool:
        readings = spellings(path)
        if readings is None or (self._names_paths and _short_name.search(path)):
            return False
        for reading in readings:
            guarded, free = self._guard(reading), _longest(self._public, reading)
            if guarded >= free and not (guarded < 0 and self._rest_is_open):
                return False
        return True

    def _is_guarded(self, path: str) -> bool:
        """Whether a prefix other than "/" protects it in any reading."""
        readings = resolved(path)
        return readings is None or any(0 < self._guard(each) >= _longest(self._public, each) for each in readings)

    def _guard(self, path: str) -> int:
        return _longest(self._guards, fold(path))


def _prefixes(setting: str, prefixes: Iterable[str]) -> tuple[str, ...]:
    if isinstance(prefixes, str):
        raise ConfigurationError(f"{setting} is one string; give a list of path prefixes, for instance [{prefixes!r}]")
    return tuple(_checked_prefix(setting, prefix) for prefix in settings.items(setting, prefixes, _LISTED, empty=True))


def _checked_prefix(setting: str, prefix: object) -> str:
    """A path prefix without slashes at its end. Raises ConfigurationError."""
    if not settings.text(setting, prefix, example="/api").startswith("/"):
        raise ConfigurationError(f"{setting} has {prefix!r}; a path prefix starts with a slash, for instance '/api'")
    return str(prefix).rstrip("/")


def _is_unclear(prefix: str) -> bool:
    readings = spellings(prefix or "/")
    return readings is None or any(_longest((prefix,), reading) < 0 for reading in readings)


def _longest(prefixes: Collection[str], path: str) -> int:
    # By whole segments: /a covers /a and /a/b, never /ab. Counted in segments, since folding changes lengths.
    return max((p.count("/") for p in prefixes if path == p or path.startswith(p + "/")), default=-1)
