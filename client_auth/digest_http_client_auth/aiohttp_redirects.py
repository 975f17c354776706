"""Which request follows a redirect: aiohttp sends each hop through its middlewares as if the program had asked for it.

A challenge from another origin, to which a redirect led, is not answered: who can redirect could otherwise choose the
nonces under which a password is spent.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from digest_http.httpauth.origins import Origin

__all__ = ["Redirects"]

#: What aiohttp follows.
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class _Hop(NamedTuple):
    """What the next request of a task is expected to be."""

    began: Origin
    """Where the program's own request went."""
    target: Origin | None
    """Where the redirect leads; None if that cannot be read, which stands for everywhere."""


class Redirects:
    """The redirects that tasks were given last, by task and by who saw them. They are followed in that task."""

    def __init__(self) -> None:
        self._next: Final[WeakKeyDictionary[asyncio.Task[Any], dict[object, _Hop]]] = WeakKeyDictionary()

    def began_at(self, owner: object, origin: Origin) -> Origin:
        """Where the call began that a request to `origin` belongs to: there, unless it follows a redirect."""
        task = asyncio.current_task()
        hop = None if task is None else self._next.get(task, {}).pop(owner, None)
        return origin if hop is None or hop.target not in (None, origin) else hop.began

    def note(self, owner: object, response: aiohttp.ClientResponse, began: Origin) -> None:
        """Note what a response says the next request will be."""
        task = asyncio.current_task()
        if task is not None and response.status in _REDIRECTS:
            self._next.setdefault(task, {})[owner] = _Hop(began, _target_of(response))


def _target_of(response: aiohttp.ClientResponse) -> Origin | None:
    location = response.headers.get("Location") or response.headers.get("URI") or ""
    try:
        url = response.url.join(URL(location)).origin()
        return Origin.of(url.scheme, url.raw_host or "", url.port)
    except ValueError:
        return None
