"""What has passed: the last exchanges, the challenges that they began with, and how often each outcome came.

All of it is bounded. It is for showing only: nothing here decides about a request.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from digest_http.credentials import Credentials, split_scheme
from digest_http.errors import DigestError
from digest_http.params import parse_parameters

__all__ = ["Exchange", "Exchanges"]

V = TypeVar("V")

#: Exchanges that are kept. A page shows the last dozen, and the last minute as a drawing.
KEPT: Final = 600
#: Nonces of which the challenge or the counts are kept. A browser holds one for a minute.
NONCES: Final = 300
#: Counts of one nonce that are kept: more than the drawing of the window has places for.
COUNTS: Final = 512
#: Octets of a field that are kept. A browser's answer has some 400; strangers send what they like.
LONGEST: Final = 4096


@dataclass
class Exchange:
    """One request and its answer. Fields are octets, as they stood in the header sections."""

    number: int
    at: float
    """Seconds on a monotonic clock."""
    method: str
    target: str
    authorization: bytes | None
    agent: str
    scheme: str = "http"
    status: int = 0
    reason: str = ""
    """The reason code of the log; "" until it is known, and for what needs no credentials."""
    username: str | None = None
    """The user who was verified, or whom the log names as the one who claimed to be him."""
    challenges: tuple[bytes, ...] = ()
    proof: bytes | None = None

    @cached_property
    def credentials(self) -> Credentials | None:
        """What the browser answered with; None for none, and for what cannot be read."""
        token = split_scheme(self.authorization) if self.authorization is not None else None
        try:
            return Credentials.parse(token) if token is not None else None
        except DigestError:
            return None

    @property
    def realm(self) -> str:
        """The realm that was answered; "" without credentials."""
        return self.credentials.realm.decode("utf-8", "replace") if self.credentials is not None else ""

    @property
    def accepted(self) -> bool:
        """Whether the middleware let the request pass as that of a user."""
        return self.reason == "accepted"

    @property
    def outcome(self) -> str:
        """One of "accepted", "challenged", "renewed", "refused" and "public", for drawings."""
        if self.reason == "accepted":
            return "accepted"
        if self.status not in (400, 401, 403, 407, 413, 429, 431, 503):
            return "public"
        if any(b"stale=true" in challenge for challenge in self.challenges):
            # A replay is told stale=true too: the server cannot tell a thief from a browser that lost count.
            return "renewed" if self.reason in {"nonce-expired", "nonce-foreign", "nonce-forgotten"} else "refused"
        return "challenged" if self.reason in {"", "no-credentials"} else "refused"


class Exchanges:
    """The memory of the stage."""

    def __init__(self) -> None:
        self._kept: Final[deque[Exchange]] = deque(maxlen=KEPT)
        self._counted: Final[OrderedDict[bytes, deque[int]]] = OrderedDict()
        self._challenges: Final[OrderedDict[bytes, tuple[bytes, ...]]] = OrderedDict()
        self.reasons: Final[Counter[str]] = Counter()
        """How often each reason code came since the start."""
        self.changes = 0
        """Goes up with everything that happens: a page that shows this number is up to date."""
        self._numbers = 0

    def begin(
        self, *, at: float, method: str, target: str, authorization: bytes | None, agent: str, scheme: str
    ) -> Exchange:
        """A request has come."""
        self._numbers += 1
        if authorization is not None and len(authorization) > LONGEST:
            authorization = None
        exchange = Exchange(self._numbers, at, method, target[:LONGEST], authorization, agent[:LONGEST], scheme)
        self._kept.append(exchange)
        return exchange

    def judged(self, exchange: Exchange, reason: str, username: str | None) -> None:
        """The middleware has said what becomes of the request; `reason` is the code of its log."""
        exchange.reason, exchange.username = reason, username
        self.reasons[reason] += 1
        credentials = exchange.credentials
        if exchange.accepted and credentials is not None:
            _kept_by(self._counted, credentials.nonce, deque(maxlen=COUNTS)).append(credentials.nc_number)
        self.changes += 1

    def answered(self, exchange: Exchange, status: int, challenges: tuple[bytes, ...], proof: bytes | None) -> None:
        """The head of the answer is on its way."""
        exchange.status, exchange.proof = status, proof
        exchange.challenges = tuple(challenge for challenge in challenges if len(challenge) <= LONGEST)
        for challenge in exchange.challenges:
            nonce = parse_parameters(split_scheme(challenge) or b"").get(b"nonce")
            if nonce is not None:
                _kept_by(self._challenges, nonce, exchange.challenges)
        self.changes += 1

    def offered_with(self, nonce: bytes) -> tuple[bytes, ...]:
        """The challenges of the answer that this nonce came with; nothing if that is no longer known."""
        return self._challenges.get(nonce, ())

    def counts(self, nonce: bytes) -> tuple[int, ...]:
        """The counts that were accepted with this nonce, in the order in which they arrived."""
        return tuple(self._counted.get(nonce, ()))

    def newest_first(self) -> Iterator[Exchange]:
        """The exchanges that are kept."""
        return iter(tuple(reversed(self._kept)))

    def since(self, number: int) -> Iterator[Exchange]:
        """The exchanges that began after the one with this number, oldest first."""
        return iter(tuple(exchange for exchange in self._kept if exchange.number > number))

    @property
    def last_number(self) -> int:
        """The number of the exchange that began last."""
        return self._numbers


def _kept_by(kept: OrderedDict[bytes, V], nonce: bytes, fresh: V) -> V:
    """What is kept for a nonce, or `fresh`, which then is; the nonce that was seen first makes room."""
    value = kept.setdefault(nonce, fresh)
    while len(kept) > NONCES:
        kept.popitem(last=False)
    return value
