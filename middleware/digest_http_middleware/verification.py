"""One request from its layout to a verdict: look up H(A1), verify, record the count.

Whatever a user source or nonce store raises, or a wait too long, is SourceUnavailable: the request was not checked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from digest_http.algorithms import Algorithm
from digest_http.buffers import HTTPMessage
from digest_http.encoding import nfc
from digest_http.errors import SourceUnavailable
from digest_http.httpauth.protocols import NonceStore, Users, UsersByHash
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.spellings import name_to_ask
from digest_http.httpauth.verdict import Verdict
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import seconds as checked_seconds

from .deadlines import Deadlines

__all__ = ["DEFAULT_TIMEOUT", "Verifier"]

T = TypeVar("T")

# What a source that answers at once may answer; anything else is awaited.
_NAME: Final = (str, type(None))
_HA1: Final = (bytes, str, type(None))

#: Seconds a source may take. A browser's user waits about that long; a queue of waiting requests is worse than a 503.
DEFAULT_TIMEOUT: Final = 5.0

# Looked up once: an attribute of an Enum class costs as much as a call in Python 3.11.
_ACCEPTED: Final = Verdict.ACCEPTED


class Verifier(HoldsSecrets):
    """Asks the user source and the store on behalf of server contexts."""

    __slots__ = ("_deadlines", "_realm", "_rule", "store", "users")

    def __init__(self, users: Users, store: NonceStore, rule: SequenceRule, realm: str, seconds: float) -> None:
        """Raises ConfigurationError for seconds that are none."""
        self.users: Final = users
        self.store: Final = store
        self._rule: Final = rule
        self._realm: Final = realm
        self._deadlines: Final = Deadlines(checked_seconds("source_timeout", seconds, example=DEFAULT_TIMEOUT))

    async def verify(self, context: ServerContext, message: HTTPMessage, arrived: int) -> tuple[Verdict, str]:
        """The verdict and the user's name, in Normalization Form C.

        `arrived`: when the head was there, by the clock of the nonces.
        Raises SourceUnavailable, or MalformedField from the context.
        """
        users, algorithm = self.users, context.algorithm
        name, known = name_to_ask(users, context.credentials), True
        try:
            if context.credentials.userhash:
                known, name = await self._name_behind_hash(context, name)
            # H(A1) is asked for whether or not a hash is known: both cases cost the same look-ups.
            found = users.ha1(name, self._realm, algorithm)
            ha1 = usable(found if isinstance(found, _HA1) else await self.wait(found), algorithm)
        except Exception as error:
            raise SourceUnavailable("The source of users is down; try again later", reason="users-down") from error
        nonces = context.nonces
        # A body may have taken its time.
        now = nonces.now() if context.covers_body else arrived
        verdict = context.verify_signature(message, ha1 if known else None, now, arrived=arrived)
        if verdict is _ACCEPTED:
            try:
                counted = self.store.advance(
                    context.nonce_id, context.epoch, context.count, self._rule, now, lifetime=nonces.kept
                )
                # Verdict(...) refuses an answer that is none: a broken store must not pass anyone.
                verdict = counted if isinstance(counted, Verdict) else Verdict(await self.wait(counted))
            except Exception as error:
                raise SourceUnavailable("The nonce store is down; try again later", reason="store-down") from error
        return verdict, nfc(name)

    async def _name_behind_hash(self, context: ServerContext, claimed: str) -> tuple[bool, str]:
        if not isinstance(self.users, UsersByHash):
            return False, claimed
        found = self.users.by_userhash(context.credentials.username.lower(), self._realm, context.algorithm)
        name = found if isinstance(found, _NAME) else await self.wait(found)
        return name is not None, name or claimed

    def wait(self, awaitable: Awaitable[T]) -> Awaitable[T]:
        """What a source answers. Raises TimeoutError if it takes too long, and whatever it raises."""
        # A future is what a store gives that shares a round trip among its callers: the short way is theirs.
        return self._deadlines.wait(awaitable) if isinstance(awaitable, asyncio.Future) else self._wait_for(awaitable)

    async def _wait_for(self, awaitable: Awaitable[T]) -> T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # another event loop (trio): its sources bring their own time-outs
            return await awaitable
        # A source that is told to stop may take its time for that (a database driver waits for its answer): the
        # request does not wait for it.
        task = asyncio.ensure_future(awaitable)
        try:
            return await self._deadlines.wait(asyncio.shield(task))
        finally:
            task.cancel()


def usable(ha1: bytes | str | None, algorithm: Algorithm) -> bytes | None:
    """H(A1) if it can be one: "", "None", "null" and the like are no digest, and so no user (as CVE-2009-2422).

    Raises TypeError for what is neither text nor octets.
    """
    if ha1 is None or len(ha1) != 2 * algorithm.digest_size or not ha1.isalnum():
        return None
    return (ha1.encode("ascii", "replace") if isinstance(ha1, str) else ha1).lower()
