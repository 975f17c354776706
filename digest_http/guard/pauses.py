"""Awaits what a request has to have before it goes on: its examination, and the challenges of a refusal.

The order itself is in examination.py and challenges.py, which have no coroutines.
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import Any, cast

from digest_http.errors import DigestError
from digest_http.httpauth.protocols import HashCounts
from digest_http.httpauth.waiting import Wait, run

from .challenges import Challenges
from .examination import Examination, Outcome, Paused
from .offering import Offering
from .outcomes import Accepted, Refused
from .requests import Request

__all__ = ["challenge_later", "finish", "hear", "outcome_now"]


async def finish(examination: Examination, paused: Paused, request: Request, wait: Wait) -> Accepted | Refused:
    """The outcome of a paused request. What reading its body raises goes through, if it is no DigestError."""
    while True:
        place, awaited, context, message, arrived, username, verdict = paused
        try:
            answer = await awaited
        except DigestError as error:
            return examination.refused_by(error, context)
        outcome = examination.go_on(request, wait, place, context, message, arrived, username, verdict, answer)
        if not isinstance(outcome, tuple):
            return outcome
        paused = outcome


def outcome_now(examined: Outcome) -> Accepted | Refused:
    """The outcome of a request that was examined with `at_once`, for callers that block."""
    if isinstance(examined, (Accepted, Refused)):
        return examined
    # `finish` has made it.
    return run(cast("Coroutine[Any, Any, Accepted | Refused]", examined))


async def hear(offering: Offering, counted: Awaitable[HashCounts | None], wait: Wait) -> None:
    """Wait for what a source of users tells of its hashes. Nothing fails."""
    try:
        offering.heard(await wait(counted))
    except Exception as error:  # noqa: BLE001 - as in Offering.refresh
        offering.not_told(error)


async def challenge_later(
    challenges: Challenges,
    asked: Awaitable[None],
    wait: Wait,
    stale: bool,  # noqa: FBT001 - as Challenges.fields
    auth_only: bool,  # noqa: FBT001
) -> list[tuple[bytes, bytes]]:
    """The challenges, once the store and the users have been asked."""
    await asked
    of_users = challenges.asks_users(wait)
    if of_users is not None:
        await of_users
    return challenges.of_now(stale, auth_only)
