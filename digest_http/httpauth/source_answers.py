"""What sources of users and stores answer late, and what becomes of it: the half of sources.py that awaits.

Coroutines stand in files that are not compiled (docs/performance.md, "Two forms"), so they stand here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from digest_http.algorithms import Algorithm
from digest_http.encoding import nfc
from digest_http.errors import SourceUnavailable

from .protocols import NonceStore, Users, UsersByHash
from .sequence import MAX_NC, ReplayDetect
from .server import NonceOfLogin, ServerContext
from .usable_hashes import usable
from .verdict import OUT_OF_SEQUENCE, REPLAYED, Verdict
from .waiting import Wait

__all__ = ["Found", "end", "hear_counts", "hear_user", "look_up_by_hash", "store_down", "users_down"]

#: A name and H(A1), None for nobody.
Found: TypeAlias = tuple[str, bytes | None]

# What a source that answers at once may answer; anything else is waited for.
_NAME: Final = (str, type(None))
_HA1: Final = (bytes, str, type(None))

#: Verdicts of a count that was used before: the next one may still be free.
_USED: Final = frozenset({REPLAYED, OUT_OF_SEQUENCE})

#: Takes the last count whatever came before, under any rule that others count with.
_ENDING: Final = ReplayDetect()


async def hear_user(name: str, found: object, algorithm: Algorithm, wait: Wait) -> Found:
    """The name in Form C and H(A1), from what `Users.ha1` gave. Raises SourceUnavailable."""
    try:
        return nfc(name), usable(found if isinstance(found, _HA1) else await wait(found), algorithm)
    except Exception as error:
        raise users_down() from error


async def look_up_by_hash(users: Users, realm: str, context: ServerContext, claimed: str, wait: Wait) -> Found:
    """The same for a user whose name was hashed; `claimed` is that hash as text. Raises SourceUnavailable."""
    userhash, algorithm = context.username.lower(), context.algorithm
    name: str | None = None
    try:
        if isinstance(users, UsersByHash):
            behind: object = users.by_userhash(userhash, realm, algorithm)
            name = _name(behind if isinstance(behind, _NAME) else await wait(behind))
        # H(A1) is asked for whether or not the hash is known: both cases cost the same look-ups.
        answer: object = users.ha1(name or claimed, realm, algorithm)
    except Exception as error:
        raise users_down() from error
    found, ha1 = await hear_user(name or claimed, answer, algorithm, wait)
    return found, ha1 if name is not None else None


async def hear_counts(
    advance: Callable[[int], Verdict | Awaitable[Verdict]], count: int, last: int, counted: object, wait: Wait
) -> Verdict:
    """The verdict on counts from `count` to `last`, the first that is free; `counted` is what the store gave for it.

    `advance` asks the store for another one. Raises SourceUnavailable.
    """
    while True:
        try:
            # Verdict(...) refuses an answer that is none: a broken store must not pass anyone.
            verdict = counted if isinstance(counted, Verdict) else Verdict(await wait(counted))
            if count >= last or verdict not in _USED:
                return verdict
            count += 1
            counted = advance(count)
        except Exception as error:
            raise store_down() from error


async def end(store: NonceStore, context: NonceOfLogin, now: int, wait: Wait) -> None:
    """Spend the last count of the nonce, so that none is left. Raises SourceUnavailable.

    A nonce whose counts the store has forgotten is good for nothing as it is.
    """
    try:
        counted = store.advance(context.nonce_id, context.epoch, MAX_NC, _ENDING, now, lifetime=context.nonces.kept)
        verdict = counted if isinstance(counted, Verdict) else Verdict(await wait(counted))
    except Exception as error:
        raise store_down() from error
    if verdict in _USED:
        raise store_down()  # a store that did not take the last count has not ended the nonce


def users_down() -> SourceUnavailable:
    """The error for a source of users that failed."""
    return SourceUnavailable("The source of users is down; try again later", reason="users-down")


def store_down() -> SourceUnavailable:
    """The error for a store that failed."""
    return SourceUnavailable("The nonce store is down; try again later", reason="store-down")


def _name(answer: object) -> str | None:
    if isinstance(answer, _NAME):
        return answer
    raise TypeError("a source of users must return a name, or None")
