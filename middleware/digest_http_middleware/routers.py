"""What the class of the wrapped app tells about how its router reads a path.

No framework is imported: an app is known by the package that its class, or a base of it, comes from. What is not known
is read as ASGI says: the path less `root_path`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, cast

from .asgi import ASGIApp
from .path_readings import less_root

__all__ = ["Router"]

#: How many apps inside apps are looked at; a site has a few middlewares and mounts.
MAX_APPS: Final = 1000

# Frameworks that drop root_path before they route; Falcon and Channels do not.
_DROPPING: Final = frozenset({"starlette", "fastapi", "litestar", "quart", "django", "a2wsgi", "blacksheep"})
_KEEPING: Final = frozenset({"falcon", "channels"})
# Django's WSGI handler leaves the path alone.
_DJANGO: Final = "django.core.handlers.asgi"
# Of these, `root_path` is a folder.
_FOLDERS: Final = frozenset({"flask", "quart"})


class Router:
    """How the router behind the middleware reads a path."""

    __slots__ = ("_apps", "_mounts", "_nested", "_nested_packages", "_packages", "by_raw_path")

    def __init__(self, app: ASGIApp | None) -> None:
        chain = list(_inward(app))
        self._apps: Final = [(inner, _packages(inner)) for inner in chain]
        self._nested: Final = [(inner, _packages(inner)) for inner in _mounted(chain)]
        self._packages: Final = frozenset[str]().union(*(packages for _, packages in self._apps))
        self._nested_packages: Final = frozenset[str]().union(*(packages for _, packages in self._nested))
        #: Whether it looks at `raw_path`, percent-encoded.
        self.by_raw_path: Final = "blacksheep" in self._packages
        #: Where Litestar has mounted apps.
        self._mounts: Final = _litestar_mounts([*chain, *(inner for inner, _ in self._nested)])

    def keeps_root(self) -> bool:
        """Whether it may route by the whole path, `root_path` and all."""
        if self._packages & _KEEPING:
            return True
        # daphne takes root_path from a request field (Daphne-Root-Path), so that a stranger may choose it; and an app
        # of no known framework may well look at the whole path.
        known = self._packages & _DROPPING and not self._nested_packages & _KEEPING
        return "daphne.server" in sys.modules and not known

    def drops_root(self) -> bool:
        """Whether it may route by the path less `root_path`."""
        return not self._packages & _KEEPING

    def roots(self, scope_root: str) -> list[str]:
        """The root paths that it may drop.

        A FastAPI app's own `root_path`, and Django's FORCE_SCRIPT_NAME, stand in place of the scope's. Of another app
        with such an attribute nobody knows.
        """
        found = [scope_root]
        for app, packages in self._apps:
            root = _root(app, packages)
            if root:
                found = [root] if packages & {"fastapi", _DJANGO} else [*found, root]
        return found

    def less_root(self, path: str, root: str) -> tuple[str, ...]:
        """The paths that it may see below `root`."""
        if "quart" in self._packages and root and (path == root or not path.startswith(root)):
            # Quart looks for a page named " ", so that none is found; a route for everything takes that as well.
            return (*less_root(path, root), "/ ")
        return less_root(path, root)

    def mounted(self, path: str) -> str:
        """`path` as Litestar reads it: what is mounted at "/a" also gets "/ab"."""
        return self._mounts.sub(r"\g<0>/", path, count=1) if self._mounts is not None else path

    def nested_roots(self) -> list[str]:
        """The root paths of apps that are mounted inside."""
        return [root for app, packages in self._nested if (root := _root(app, packages))]


def _inward(app: object) -> Iterator[object]:
    for _ in range(MAX_APPS):
        if app is None:
            return
        yield app
        app = _attribute(app, "app")


def _mounted(apps: list[object]) -> list[object]:
    """The apps behind the routes of apps (Starlette's Mount and Host), at any depth."""
    found: list[object] = []
    waiting = list(apps)
    while waiting and len(found) < MAX_APPS:
        # The `app` of a plain route is its endpoint.
        routes = _items(_attribute(waiting.pop(), "routes"))
        inner = [each for route in routes for each in _inward(_attribute(route, "app"))]
        found += inner
        waiting += inner
    return found[:MAX_APPS]


def _litestar_mounts(apps: list[object]) -> re.Pattern[str] | None:
    routes = [route for app in apps if "litestar" in _packages(app) for route in _items(_attribute(app, "routes"))]
    paths = [
        re.escape(bare)
        for route in routes
        if _attribute(_attribute(route, "route_handler"), "is_mount") is True
        and (bare := str(_attribute(route, "path")).rstrip("/"))
    ]
    return re.compile(f"(?:{'|'.join(paths)})(?=[^/])") if paths else None


def _root(app: object, packages: frozenset[str]) -> str:
    if _DJANGO in packages:
        settings = getattr(sys.modules.get("django.conf"), "settings", None)
        root = _attribute(settings, "FORCE_SCRIPT_NAME")
    else:
        root = None if packages & _FOLDERS else _attribute(app, "root_path")
    return root if isinstance(root, str) else ""


def _items(found: object) -> Sequence[object]:
    return cast("Sequence[object]", found) if isinstance(found, list | tuple) else ()


def _packages(app: object) -> frozenset[str]:
    """The modules of the classes of an app, and their packages."""
    modules = [each.__module__ for each in type(app).__mro__]
    return frozenset([*modules, *(module.partition(".")[0] for module in modules)])


def _attribute(app: object, name: str) -> Any:  # noqa: ANN401  # what an app's attribute holds, nobody knows
    # A property may fail before its app is started.
    with suppress(Exception):
        return getattr(app, name, None)
    return None
