"""Awaits what an examination has to have before it goes on. The order itself is in examination.py."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, cast

from digest_http.errors import DigestError
from digest_http.httpauth.waiting import Wait, run

from .examination import Examination, Outcome, Paused
from .outcomes import Accepted, Refused
from .requests import Request

__all__ = ["finish", "outcome_now"]


async def finish(examination: Examination, paused: Paused, request: Request, wait: Wait) -> Accepted | Refused:
    """The outcome of a paused request. What reading its body raises goes through, if it is no DigestError."""
    while True:
        context, message = paused[2], paused[3]
        try:
            answer = await paused[1]
        except DigestError as error:
            return examination.refused_by(error, context)
        outcome = examination.go_on(request, wait, context, message, paused, answer)
        if not isinstance(outcome, tuple):
            return outcome
        paused = outcome


def outcome_now(examined: Outcome) -> Accepted | Refused:
    """The outcome of a request that was examined with `at_once`, for callers that block."""
    if isinstance(examined, (Accepted, Refused)):
        return examined
    # `finish` has made it.
    return run(cast("Coroutine[Any, Any, Accepted | Refused]", examined))
