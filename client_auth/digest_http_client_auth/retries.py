"""Whether a call that was challenged is worth another try, and with what.

What decides, for each challenge that could be answered:

* after a redirect inside the origin: signed anew, for the request that was really sent;
* not answered by this call so far: signed, unless that password was refused a moment ago and never accepted before;
* stale=true: the digest was right, so signed with the new nonce, and if that is stale too, afresh;
* plain, to a nonce from an earlier call: signed with the new nonce, for servers that forget nonces without a word;
* plain, to a nonce fresh from this call, while the password is known to be right: other requests have overtaken this
  one, and the count or the nonce was refused. Again, or afresh if the server has moved on to another nonce;
* plain, to a nonce fresh from this call: the password is wrong, and the answer is the caller's.

Reasons that make the server one where requests get in each other's way are noted in `apart`: the flow acts on them once
a request was accepted, since a refusal may come from anybody.

"Afresh" is unsigned: a server that tells clients apart by `opaque` (Apache httpd does) then starts a new one, which no
other request can disturb. Each reason has its bound for one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from digest_http.httpauth.client import ClientContext, Signature
from digest_http.httpauth.client_nonce import ClientNonce

__all__ = ["MAX_TRIES", "Retries", "Try"]

#: How often one call is sent again, by reason.
MAX_TRIES: Final[Mapping[str, int]] = MappingProxyType(
    {"first": 3, "stale": 2, "forgotten": 1, "overtaken": 3, "moved": 5}
)


class Try(Enum):
    """What to do next."""

    SIGNED = "signed"
    AFRESH = "unsigned, to be challenged anew"
    NO_MORE = "give the answer to the caller"


class Retries:
    """The tries of one call."""

    __slots__ = ("_began", "_fresh", "_left", "apart")

    def __init__(self, began: int) -> None:
        """`began` is the `tick` from before the first request went out."""
        self._began: Final = began
        # Whether the last try was signed with a nonce that this very call was given.
        self._fresh = False
        self._left: Mapping[str, int] = MAX_TRIES
        #: The context whose requests seem to get in each other's way; see `NoncePool.make_exclusive`.
        self.apart: ClientContext | None = None

    def after_move(self) -> Try:
        """After a redirect."""
        return self._spend("moved", Try.SIGNED)

    def after_challenge(
        self, context: ClientContext, nonce: ClientNonce, signature: Signature | None, *, stale: bool
    ) -> Try:
        """After a challenge with `nonce` for `context`; `signature` if this context signed the request."""
        fresh, self._fresh = self._fresh, True
        if signature is None:
            # A password that was once accepted gets its try: a forged refusal must not lock it out for a minute.
            held_back = context.refused and not context.accepted_at
            return Try.NO_MORE if held_back else self._spend("first", Try.SIGNED)
        if stale:
            again = self._left["stale"] < MAX_TRIES["stale"]
            if again:
                self.apart = context
            return self._spend("stale", Try.AFRESH if again else Try.SIGNED)
        if not fresh:
            return Try.NO_MORE if context.refused else self._spend("forgotten", Try.SIGNED)
        if self._overtaken(context, signature):
            self.apart = context
            same = nonce.counter is signature.nonce.counter
            return self._spend("overtaken", Try.SIGNED if same else Try.AFRESH)
        context.refuse()
        return Try.NO_MORE

    def _overtaken(self, context: ClientContext, signature: Signature) -> bool:
        if context.accepted_at > self._began:
            return True
        # Others have signed with this nonce since; what they sent may have come first, if the password was ever right.
        return context.trusted and signature.count > 0 and signature.nonce.count > signature.count

    def _spend(self, reason: str, outcome: Try) -> Try:
        left = self._left[reason]
        self._left = {**self._left, reason: left - 1}
        return outcome if left > 0 else Try.NO_MORE
