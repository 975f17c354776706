"""Which challenges a client answers, and how; what all its calls have in common."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from digest_http.algorithms import Algorithm
from digest_http.challenge import Challenge, UnusableChallenge
from digest_http.encoding import printable
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import flag, function

from .challenge_selection import Choice, Preference, choose
from .client import ClientContext, Signature
from .client_identity import Identity

__all__ = ["ClientPolicy"]

#: Level DEBUG, one line for each challenge that was passed over and each answer that was held back; WARNING where the
#: program must say more.
logger: Final = logging.getLogger("digest_http.client")


class ClientPolicy(HoldsSecrets):
    """What may be answered, and how it is signed. Threads may share it.

    `cnonces()` gives a new cnonce, `clock()` seconds of any steady clock; for `quote_all` and `decimal_nc` see
    `ClientContext`.
    """

    __slots__ = ("_clock", "_cnonces", "_decimal_nc", "_quote_all", "preference")

    def __init__(
        self,
        preference: Preference,
        *,
        quote_all: bool = False,
        decimal_nc: bool = False,
        cnonces: Callable[[], bytes] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.preference: Final = preference
        self._quote_all: Final = flag("quote_all", quote_all)
        self._decimal_nc: Final = flag("decimal_nc", decimal_nc)
        self._cnonces: Final = cnonces
        self._clock: Final = function("clock", clock, 0, example="time.monotonic")

    def make_context(self, identity: Identity, realm: bytes, algorithm: Algorithm) -> ClientContext:
        """A new context for a user."""
        return ClientContext(
            identity,
            realm,
            algorithm,
            quote_all=self._quote_all,
            decimal_nc=self._decimal_nc,
            cnonces=self._cnonces,
            clock=self._clock,
        )

    def choose(self, challenges: Sequence[Challenge | UnusableChallenge]) -> Choice | None:
        """The challenge to answer, or None; the log says why one was passed over."""
        return choose(challenges, self.preference, self.report)

    def admit(
        self,
        choice: Choice,
        challenges: Sequence[Challenge | UnusableChallenge],
        floor: tuple[int, bool],
        refused: Signature | None,
    ) -> Choice | None:
        """What `choose` chose, or another one that is not weaker than `floor`; None if nothing may be answered.

        `refused` is what the request was signed with that was answered so.
        """
        if choice.strength < floor:
            # With prefer="server-order" a stronger one may stand behind it.
            choice = choose(challenges, self.preference, self.report, strongest=True) or choice
        if choice.strength < floor:
            self.report("it is weaker than what this origin has accepted before, and allow_weaker is not set")
            return None
        if choice.challenge.stale and refused is not None and refused.context.realm != choice.challenge.realm:
            self.report("it calls a nonce stale that belongs to another realm")
            return None
        return choice

    def report(self, reason: str) -> None:
        """Log why a challenge was passed over or an answer held back. Never holds a secret."""
        logger.debug("Digest challenge not answered: %s", printable(reason))

    def warn(self, reason: str) -> None:
        """Log, at level WARNING, why a challenge was not answered that the user can do something about."""
        logger.warning("Digest challenge not answered: %s", printable(reason))

    def __repr__(self) -> str:
        return f"<ClientPolicy {self.preference.prefer!a}>"
