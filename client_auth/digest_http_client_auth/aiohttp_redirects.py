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

from .aiohttp_messages import Message

__all__ = ["REDIRECTS", "Redirects"]

#: What aiohttp follows.
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


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

    def began_at(self, owner: object, message: Message) -> Origin | None:
        """Where the call began that a request belongs to; None if it follows no redirect, so that it begins one."""
        if not self._next:  # nobody follows a redirect: so it is nearly always
            return None
        task = asyncio.current_task()
        hops = None if task is None else self._next.get(task)
        hop = None if hops is None else hops.pop(owner, None)
        return None if hop is None or hop.target not in (None, message.origin) else hop.began

    def note(self, owner: object, response: aiohttp.ClientResponse, message: Message, began: Origin | None) -> None:
        """Note what the response to `message`, one of REDIRECTS, says the next request will be.

        `began` is what `began_at` gave for it.
        """
        task = asyncio.current_task()
        if task is not None:
            hop = _Hop(message.origin if began is None else began, _target_of(response))
            self._next.setdefault(task, {})[owner] = hop


def _target_of(response: aiohttp.ClientResponse) -> Origin | None:
    location = response.headers.get("Location") or response.headers.get("URI") or ""
    try:
        url = response.url.join(URL(location)).origin()
        return Origin.of(url.scheme, url.raw_host or "", url.port)
    except ValueError:
        return None
