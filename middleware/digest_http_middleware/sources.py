"""Asking the user source and the nonce store: whatever they raise, or a wait too long, is SourceUnavailable."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from inspect import isawaitable
from typing import Final, TypeVar

from digest_http.algorithms import Algorithm
from digest_http.errors import SourceUnavailable
from digest_http.httpauth.protocols import NonceStore, Users, UsersByHash
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.verdict import Verdict

__all__ = ["DEFAULT_TIMEOUT", "advance", "look_up"]

#: Seconds a source may take. A browser's user waits about that long; a queue of waiting requests is worse than a 503.
DEFAULT_TIMEOUT: Final = 5.0

_hex: Final = re.compile(rb"[0-9a-fA-F]+")

T = TypeVar("T")


async def look_up(users: Users, context: ServerContext, realm: str, timeout: float) -> tuple[str, bytes | None]:
    """The (user name, H(A1) in lower-case hex) that the context's credentials claim; H(A1) None for no such user.

    Raises SourceUnavailable.
    """
    credentials, algorithm = context.credentials, context.algorithm
    name: str | None = credentials.name
    try:
        if credentials.userhash and isinstance(users, UsersByHash):
            found_name = users.by_userhash(credentials.username.lower(), realm, algorithm)
            name = await _bounded(found_name, timeout) if isawaitable(found_name) else found_name
        # An unknown hash is looked up all the same, as the name it is not: both cases cost one look-up of H(A1).
        found = users.ha1(name if name is not None else "", realm, algorithm)
        ha1 = await _bounded(found, timeout) if isawaitable(found) else found
    except Exception as error:
        raise SourceUnavailable("The source of users is down; try again later", reason="users-unavailable") from error
    if name is None:
        return credentials.name, None
    return name, usable(ha1, algorithm)


def usable(ha1: bytes | str | None, algorithm: Algorithm) -> bytes | None:
    """H(A1) if it can be one: "", "None", "null" and the like are no digest, and so no user (CVE-2009-2422 class)."""
    if ha1 is None:
        return None
    if isinstance(ha1, str):
        ha1 = ha1.encode("ascii", "replace")
    if len(ha1) != 2 * algorithm.digest_size or _hex.fullmatch(ha1) is None:
        return None
    return ha1.lower()


async def advance(store: NonceStore, context: ServerContext, rule: SequenceRule, now: int, timeout: float) -> Verdict:
    """Record the context's count. Raises SourceUnavailable; an answer that is no Verdict counts as a failure."""
    try:
        verdict = store.advance(context.nonce_id, context.epoch, context.count, rule, now)
        if not isinstance(verdict, Verdict):
            verdict = await _bounded(verdict, timeout)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"the nonce store answered {type(verdict).__name__}, not a Verdict")
    except Exception as error:
        raise SourceUnavailable("The nonce store is down; try again later", reason="store-unavailable") from error
    return verdict


async def _bounded(awaitable: Awaitable[T], timeout: float) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # another event loop (trio): its sources bring their own time-outs
        return await awaitable
    async with asyncio.timeout(timeout):
        return await awaitable
