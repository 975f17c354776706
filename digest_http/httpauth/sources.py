"""What of a request's order needs a source: look up H(A1), and record the count.

Whatever a source of users or a store raises is SourceUnavailable: the request was not checked, so it does not pass.
Both answer at once where the source does, which saves a coroutine, and else give something to await
(source_answers.py). Each request goes through this file, so it may be compiled. What sources of others are and give is
`Any` or `object` here: compiled code would insist on an annotation before it is looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

from digest_http.errors import caused
from digest_http.hex_digest import HexDigest
from digest_http.secret_holder import SecretHolder

from .protocols import NonceStore, Users
from .sequence import SequenceRule
from .server import NonceOfLogin, ServerContext
from .source_answers import Found, end, hear_counts, hear_user, look_up_by_hash, store_down, users_down
from .usable_hashes import usable
from .verdict import Verdict
from .waiting import Wait

__all__ = ["Sources"]


class Sources(SecretHolder):
    """Asks the source of users and the store on behalf of server contexts.

    `rfc2069_uses`: how many requests may be made with one nonce in the form that counts nothing.
    """

    __slots__ = ("_asks_as_sent", "_realm", "_rfc2069_uses", "_rule", "_store", "_users")

    def __init__(
        self, users: Users, store: NonceStore, rule: SequenceRule, realm: str, *, rfc2069_uses: int = 1
    ) -> None:
        self._users: Final[Any] = users
        self._store: Final[Any] = store
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
        opening, terms = context.opening, context.terms
        name = called = opening.name
        if not name:
            if opening.username and opening.username.isascii():
                # Nearly every name, for which all forms of Unicode are one.
                name = called = opening.name = opening.username.decode()
            else:
                credentials = context.credentials
                called = credentials.name
                name = credentials.name_as_sent if self._asks_as_sent else called
        if terms.userhash:
            return look_up_by_hash(self._users, self._realm, context, name, wait)
        algorithm = terms.algorithm
        try:
            found: object = self._users.ha1(name, self._realm, algorithm)
            if type(found) is HexDigest and len(found) == 2 * algorithm.digest_size:
                # All that usable() would look at.
                return called, found
            # One after the other: a tuple of types would be made anew, or looked up, each time.
            if isinstance(found, bytes) or found is None or isinstance(found, str):
                return called, usable(found, algorithm)
        except Exception as error:
            raise caused(users_down(), error) from error
        return hear_user(name, found, algorithm, wait)

    def count(self, context: ServerContext, now: int, wait: Wait) -> Verdict | Awaitable[Verdict]:
        """Record the count of an accepted context. Raises SourceUnavailable, and ValueError for any other context."""
        count, known = context.count, context.known
        if known is None:
            raise ValueError("the context was not accepted: ask verify_signature first")
        try:
            counted: object = self._store.advance(
                known.nonce_id, known.epoch, count, self._rule, now, lifetime=context.terms.life.kept
            )
        except Exception as error:
            raise caused(store_down(), error) from error
        if isinstance(counted, Verdict) and (self._rfc2069_uses == 1 or context.terms.qop):
            return counted
        # A nonce of the form that counts nothing has as many counts as it has uses.
        last = count if context.qop else self._rfc2069_uses
        return hear_counts(partial(self._advance, context, now), count, last, counted, wait)

    def end(self, context: NonceOfLogin, now: int, wait: Wait) -> Awaitable[None]:
        """Spend the last count of the nonce, so that none is left. To be awaited. Raises SourceUnavailable."""
        return end(self._store, context, now, wait)

    def _advance(self, context: ServerContext, now: int, count: int) -> Any:  # noqa: ANN401 - what the store gives
        return self._store.advance(
            context.nonce_id, context.epoch, count, self._rule, now, lifetime=context.terms.life.kept
        )
