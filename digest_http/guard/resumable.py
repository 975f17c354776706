"""A request that keeps the place where its examination has stopped, for a plug that goes on from there by itself.

To await the examination as a whole takes a coroutine around each thing that is awaited. A request with auth-int always
waits for its body, so this file may be compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from digest_http.errors import DigestError
from digest_http.httpauth.waiting import Wait
from digest_http.secret_holder import SecretHolder

from .examination import Examination, Paused
from .outcomes import Refused

__all__ = ["Pause", "Resumable"]

#: The examination, the place, how to wait, and a coroutine function that waits and goes on to the end.
Pause: TypeAlias = tuple[Examination, Paused, Wait, Callable[..., Any]]


class Resumable(SecretHolder):
    """A base for requests: what `examine` gives is then the request itself, where it would be a coroutine else.

    Who awaits it has the outcome, as with others. Or: await what stands in `pause`, and give what comes of that to
    `Examination.go_on`, or what it raised to `refused_by`.
    """

    __slots__ = ("pause",)

    pause: Pause
    """Set by pauses.finish."""

    def refused_by(self, error: DigestError) -> Refused:
        """The outcome with what was raised in place of an answer."""
        return self.pause[0].refused_by(error, self.pause[1][2])

    def __await__(self) -> Generator[Any, Any, Any]:
        examination, paused, wait, finish = self.pause
        return finish(examination, paused, self, wait).__await__()  # type: ignore[no-any-return]
