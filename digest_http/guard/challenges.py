"""The fields of a refusal: a challenge for each algorithm on offer, as the users and the store are now.

What has to be awaited first, the caller awaits (pauses.py). Each client begins here, so this file may be compiled.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from digest_http.errors import BodyTooLarge
from digest_http.httpauth.waiting import Wait
from digest_http.secret_holder import SecretHolder

from .offering import Offering
from .outcomes import Refusal, Refused

__all__ = ["Challenges"]

Fields = list[tuple[bytes, bytes]]

_TOO_LONG: Final = BodyTooLarge.default_reason


class Challenges(SecretHolder):
    """Makes the challenges of one guard.

    `field`: the name of the field, in lower case; `status`: that of a refusal with challenges, 401 or 407. `anonymous`:
    the refusal of a request without credentials. `epochs`: what asks the store, None for one that need not be asked.
    `later`: makes a coroutine that awaits what was asked and goes on with `of_now`.
    """

    __slots__ = ("_anonymous", "_epochs", "_field", "_later", "_offered", "_status")

    def __init__(
        self,
        field: bytes,
        status: int,
        anonymous: Refusal,
        *,
        offered: Offering,
        epochs: Any,  # noqa: ANN401 - an Epochs, which is not compiled
        later: Callable[[Challenges, Awaitable[None], Wait, bool, bool], Awaitable[Fields]],
    ) -> None:
        self._field: Final = field
        self._status: Final = status
        self._anonymous: Final = anonymous
        self._offered: Final = offered
        self._epochs: Final = epochs
        self._later: Final = later

    def fields(self, refused: Refused, auth_only: bool, wait: Wait) -> Fields | Awaitable[Fields]:  # noqa: FBT001 - names cost more
        """The fields at once, nearly always, else what is to be awaited. See Guard.challenge."""
        refusal, stale = refused.refusal, False
        # What nearly all are, without a look at it.
        if refusal is not self._anonymous:
            if refusal.status != self._status:
                return [] if refused.retry_after is None else [(b"retry-after", b"%d" % refused.retry_after)]
            # A body that auth-int could not hold is not asked to be signed with it.
            auth_only = auth_only or refusal.reason == _TOO_LONG
            stale = refusal.stale
        asked: Any = self._offered.refresh(wait) if self._epochs is None else self._epochs.refresh(wait)
        if asked is not None:
            return self._later(self, asked, wait, stale, auth_only)
        return self._offered.offer.fields(self._field, stale, auth_only)

    def of_now(self, stale: bool, auth_only: bool) -> Fields:  # noqa: FBT001 - as above
        """The challenges of what is known to be on offer."""
        return self._offered.offer.fields(self._field, stale, auth_only)

    def asks_users(self, wait: Wait) -> Awaitable[None] | None:
        """After the store was asked: what is to be awaited for the users, if anything."""
        return None if self._epochs is None else self._offered.refresh(wait)
