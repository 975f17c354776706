"""What is on offer now: the algorithms that the users hold, asked at the start and followed when they change.

Only sources with `count_hashes` can tell (see CountedUsers). Nothing here fails: while a source is down, what was known
of it before is offered, and the request itself will say 503.

Each challenge asks here, so this file may be compiled. What a source gives is its own, and `Any` here.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import isawaitable, iscoroutine
from typing import Any, Final

from digest_http.algorithms import Algorithm, select
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.held import DEFAULT_ALGORITHMS, algorithms_for, lacking
from digest_http.httpauth.offer import Offer
from digest_http.httpauth.protocols import CountedUsers, HashCounts, Users
from digest_http.httpauth.waiting import Wait
from digest_http.secret_holder import SecretHolder

__all__ = ["Offering"]

#: Microseconds until a source that has to be awaited (a database) is asked again: counting costs it a scan of a table.
ASK_EVERY: Final = 60_000_000

#: The same after a failure: what it holds is still unknown, and some users may be locked out until it is known.
ASK_AGAIN: Final = 5_000_000

_UNTOLD: Final = "the source of users did not tell its hashes"


class Offering(SecretHolder):
    """Holds the acceptor of now.

    `named` are the algorithms of a setting, which stay; None lets the users decide. `make` makes an acceptor, and `now`
    is the clock of the nonces in microseconds. `hear`: makes a coroutine that awaits what a source tells, and goes on
    with `heard` or `not_told`. `warns`: whether to say what users lack; no, where that was said before.
    """

    __slots__ = (
        "_ask_at",
        "_asked",
        "_counts",
        "_hear",
        "_logger",
        "_make",
        "_named",
        "_now",
        "_realm",
        "_suspected",
        "_users",
        "_warns",
        "acceptor",
        "offer",
    )

    def __init__(
        self,
        users: Users,
        realm: str,
        named: tuple[Algorithm, ...] | None,
        make: Callable[[Iterable[Algorithm]], Acceptor],
        *,
        now: Callable[[], int],
        hear: Callable[[Offering, Awaitable[HashCounts | None], Wait], Awaitable[None]],
        logger: logging.Logger,
        warns: bool = True,
    ) -> None:
        self._users: Final[Any] = users if isinstance(users, CountedUsers) else None
        self._realm: Final = realm
        self._named: Final = named
        self._make: Final = make
        self._now: Final = now
        self._hear: Final = hear
        self._logger: Final = logger
        self._warns: Final = warns
        self._asked = self._ask_at = 0
        self._suspected = not warns
        self._counts: Any = self._at_once()
        self.acceptor = make(named or algorithms_for(self._counts))
        self.offer: Offer = self.acceptor.offer
        """What the acceptor offers."""
        self._warn()

    def refresh(self, wait: Wait) -> Awaitable[None] | None:
        """Ask the source, if it is time to, and offer what it holds; what is given back, if anything, is to be awaited.

        A source that answers at once is asked with each challenge, so there is no coroutine for it.
        """
        # Only a source that was waited for, or that failed, has a time to be asked again. A clock may have been set
        # back.
        if self._users is None or (self._ask_at and self._asked <= self._now() < self._ask_at):
            return None
        try:
            counted: Any = self._users.count_hashes(self._realm)
            if counted is not None and counted is self._counts:
                return None  # what it gave before: nothing has changed
            if isawaitable(counted):
                # Before it is waited for: requests that come meanwhile go on with what is known.
                self._put_off(ASK_EVERY)
                return self._hear(self, counted, wait)
            self.heard(counted)
        except Exception as error:  # noqa: BLE001 - whatever it raises, what was known before is offered
            self.not_told(error)
        return None

    def not_told(self, error: Exception) -> None:
        """Go on with what is known: the source has raised this."""
        self._put_off(ASK_AGAIN)
        self._logger.debug(_UNTOLD, exc_info=error)

    def _put_off(self, by: int) -> None:
        self._asked = self._now()
        self._ask_at = self._asked + by

    def saw_unknown_user(self) -> None:
        """Note a refusal: says once what may be behind an unknown user, if the source cannot tell its hashes."""
        if self._suspected or self._counts or self._named:
            return
        self._suspected = True
        self._logger.warning(
            "a user of realm %r was not found. The source of users cannot tell which hashes it has, so %s are offered: "
            "if it has only one of them, write that one, for instance algorithms=['MD5']",
            self._realm,
            _names(self.acceptor),
        )

    def _at_once(self) -> Any:  # noqa: ANN401 - see the head of the file
        if self._users is None:
            return None
        try:
            counted = self._users.count_hashes(self._realm)
        except Exception:
            self._logger.debug(_UNTOLD, exc_info=True)
            return None
        if not isawaitable(counted):
            return counted
        if iscoroutine(counted):
            counted.close()  # there is no event loop yet; it is asked again in one
        return None

    def heard(self, counts: Any) -> None:  # noqa: ANN401 - see the head of the file
        """Offer what these counts allow."""
        if counts == self._counts:
            return
        self._counts = counts
        algorithms = self._named or algorithms_for(counts)
        if algorithms != tuple(self.acceptor.nonces):
            # Nonces of the one before stay good in this one: they depend on realm, algorithm and keys.
            self.acceptor = self._make(algorithms)
            self.offer = self.acceptor.offer
            self._logger.info(
                "realm %r now offers %s, since its users have these hashes", self._realm, _names(self.acceptor)
            )
        self._warn()

    def _warn(self) -> None:
        if self._counts is None or not self._warns:
            return
        gaps = lacking(self.acceptor.nonces, self._counts)
        if gaps:
            self._logger.warning(
                "realm %r offers algorithms for which some of its %d users have no hash: %s. They cannot log in with a "
                "client that chooses such an algorithm; add their hashes, or %s",
                self._realm,
                self._counts.users,
                _listed(gaps),
                "leave algorithms= out" if self._named else "name one in algorithms=",
            )
        elif self._named is None:
            usual = lacking(select(DEFAULT_ALGORITHMS), self._counts)
            held_back = {name: number for name, number in usual.items() if number < self._counts.users}
            if held_back:
                self._logger.warning(
                    "realm %r does not offer algorithms for which only some of its %d users have a hash: %s",
                    self._realm,
                    self._counts.users,
                    _listed(held_back),
                )


def _names(acceptor: Acceptor) -> str:
    return ", ".join(algorithm.name for algorithm in acceptor.nonces)


def _listed(gaps: Mapping[str, int]) -> str:
    return ", ".join(f"{name} (missing for {number})" for name, number in gaps.items())
