"""What of a request's order needs a source: look up H(A1), and record the count.

Whatever a source of users or a store raises is SourceUnavailable: the request was not checked, so it does not pass.
Both answer at once where the source does, which saves a coroutine, and else give something to await (waiting.py).
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final, TypeAlias

from digest_http.algorithms import Algorithm
from digest_http.encoding import nfc
from digest_http.errors import SourceUnavailable, caused
from digest_http.secrecy import HoldsSecrets

from .protocols import NonceStore, Users, UsersByHash
from .sequence import MAX_NC, ReplayDetect, SequenceRule
from .server import ServerContext
from .verdict import Verdict
from .waiting import Wait

__all__ = ["Sources", "usable"]

#: A name and H(A1), None for nobody.
Found: TypeAlias = tuple[str, bytes | None]

# What a source that answers at once may answer; anything else is waited for.
_NAME: Final = (str, type(None))
_HA1: Final = (bytes, str, type(None))

#: Verdicts of a count that was used before: the next one may still be free.
_USED: Final = frozenset({Verdict.REPLAYED, Verdict.OUT_OF_SEQUENCE})

#: Takes the last count whatever came before, under any rule that others count with.
_ENDING: Final = ReplayDetect()


class Sources(HoldsSecrets):
    """Asks the source of users and the store on behalf of server contexts.

    `rfc2069_uses`: how many requests may be made with one nonce in the form that counts nothing.
    """

    __slots__ = ("_asks_as_sent", "_realm", "_rfc2069_uses", "_rule", "_store", "_users")

    def __init__(
        self, users: Users, store: NonceStore, rule: SequenceRule, realm: str, *, rfc2069_uses: int = 1
    ) -> None:
        self._users: Final = users
        self._store: Final = store
        self._rule: Final = rule
        self._realm: Final = realm
        self._rfc2069_uses: Final = rfc2069_uses
        # RFC 7616 §4 wants the client to hash the name in Form C, but there are browsers that hash it as it was typed.
        # Whoever is let in is called by the name in Form C all the same.
        # SpelledUsers promises a bool, which compiled code would insist on: here only True is one.
        self._asks_as_sent: Final = getattr(users, "knows_spellings", False) is True

    def look_up(self, context: ServerContext, wait: Wait) -> Found | Awaitable[Found]:
        """The user's name in Normalization Form C, and H(A1) in lower-case hex, None for nobody.

        Raises SourceUnavailable.
        """
        credentials = context.credentials
        username, _, _, _, _, _, _, _, _, _, is_hash, extended = credentials
        if extended is None and username.isascii():
            # Nearly every name, for which all forms of Unicode are one.
            name = username.decode()
        else:
            name = credentials.name_as_sent if self._asks_as_sent else credentials.name
        if is_hash:
            return self._look_up_by_hash(context, name, wait)
        algorithm = context.algorithm
        try:
            # `object`: whatever the annotations promise, it is looked at here.
            found: object = self._users.ha1(name, self._realm, algorithm)
            if isinstance(found, _HA1):
                return name if name.isascii() else nfc(name), usable(found, algorithm)
        except Exception as error:
            raise caused(_users_down(), error) from error
        return self._hear(name, found, algorithm, wait)

    async def _hear(self, name: str, found: object, algorithm: Algorithm, wait: Wait) -> Found:
        try:
            return nfc(name), usable(found if isinstance(found, _HA1) else await wait(found), algorithm)
        except Exception as error:
            raise caused(_users_down(), error) from error

    async def _look_up_by_hash(self, context: ServerContext, claimed: str, wait: Wait) -> Found:
        userhash, algorithm = context.credentials.username.lower(), context.algorithm
        name: str | None = None
        try:
            if isinstance(self._users, UsersByHash):
                behind: object = self._users.by_userhash(userhash, self._realm, algorithm)
                name = _name(behind if isinstance(behind, _NAME) else await wait(behind))
            # H(A1) is asked for whether or not the hash is known: both cases cost the same look-ups.
            answer: object = self._users.ha1(name or claimed, self._realm, algorithm)
        except Exception as error:
            raise caused(_users_down(), error) from error
        found, ha1 = await self._hear(name or claimed, answer, algorithm, wait)
        return found, ha1 if name is not None else None

    def count(self, context: ServerContext, now: int, wait: Wait) -> Verdict | Awaitable[Verdict]:
        """Record the count of an accepted context. Raises SourceUnavailable."""
        try:
            counted = self._store.advance(
                context.nonce_id, context.epoch, context.count, self._rule, now, lifetime=context.nonces.kept
            )
        except Exception as error:
            raise caused(_store_down(), error) from error
        if isinstance(counted, Verdict) and (self._rfc2069_uses == 1 or context.credentials.qop):
            return counted
        return self._hear_counts(context, counted, now, wait)

    async def end(self, context: ServerContext, now: int, wait: Wait) -> None:
        """Spend the last count of the nonce, so that none is left. Raises SourceUnavailable.

        A nonce whose counts the store has forgotten is good for nothing as it is.
        """
        try:
            counted = self._store.advance(
                context.nonce_id, context.epoch, MAX_NC, _ENDING, now, lifetime=context.nonces.kept
            )
            verdict = counted if isinstance(counted, Verdict) else Verdict(await wait(counted))
        except Exception as error:
            raise caused(_store_down(), error) from error
        if verdict in _USED:
            raise _store_down()  # a store that did not take the last count has not ended the nonce

    def _advance(self, context: ServerContext, count: int, now: int) -> Verdict | Awaitable[Verdict]:
        try:
            return self._store.advance(
                context.nonce_id, context.epoch, count, self._rule, now, lifetime=context.nonces.kept
            )
        except Exception as error:
            raise caused(_store_down(), error) from error

    async def _hear_counts(self, context: ServerContext, counted: object, now: int, wait: Wait) -> Verdict:
        count = context.count
        last = count if context.credentials.qop else self._rfc2069_uses
        while True:
            try:
                # Verdict(...) refuses an answer that is none: a broken store must not pass anyone.
                verdict = counted if isinstance(counted, Verdict) else Verdict(await wait(counted))
            except Exception as error:
                raise caused(_store_down(), error) from error
            if count >= last or verdict not in _USED:
                return verdict
            count += 1
            counted = self._advance(context, count, now)


def _users_down() -> SourceUnavailable:
    return SourceUnavailable("The source of users is down; try again later", reason="users-down")


def _store_down() -> SourceUnavailable:
    return SourceUnavailable("The nonce store is down; try again later", reason="store-down")


def _name(answer: object) -> str | None:
    if isinstance(answer, _NAME):
        return answer
    raise TypeError("a source of users answers with a name, or None")


def usable(ha1: object, algorithm: Algorithm) -> bytes | None:
    """H(A1) if it can be one: "", "None", "null" and the like are no digest, and so no user (as CVE-2009-2422).

    Raises TypeError for what is neither text nor octets.
    """
    if ha1 is None:
        return None
    if not isinstance(ha1, (bytes, str)):
        raise TypeError("H(A1) is text or octets, or None")
    if len(ha1) != 2 * algorithm.digest_size or not ha1.isalnum():
        return None
    return (ha1.encode("ascii", "replace") if isinstance(ha1, str) else ha1).lower()
