"""Choosing which challenge of an answer to take up (RFC 7616 §3.7, RFC 9110 §11.6.1).

The order, first difference decides:

1. the stronger hash (SHA-512-256, SHA-256, MD5), or with prefer="server-order" nothing: RFC 7616 §3.7 lets the server
   list by its preference, but a man in the middle may reorder the list as easily as he reads it;
2. a challenge with qop before one without: RFC 2069 proves neither the count nor the client's own nonce;
3. the server's order.

What cannot be used is passed over with a reason, never with an exception: the octets are a stranger's.

A challenge without qop whose nonce holds a colon is passed over too. Its answer, H(HA1:nonce:HA2), would be what a
server computes with qop for the nonce "n", if that of the challenge is "n:00000001:c:auth"; and it would be a session
key of a server whose sessions have a colon in their nonces, as ours. With qop no such rule is needed: qop and HA2 end
what is hashed and have no colon, so whatever the nonce is, the answer stays one with that qop for that request; and as
a session key it would have a cnonce with colons, which the server has to refuse (docs/security.md has the whole
argument). Nor do the other values of a challenge need one:

- opaque and domain are not hashed;
- realm is hashed within HA1 = H(user:realm:password), between a name and a password that the user has given. With
  another realm HA1 is another. Only a user name with a colon makes it ambiguous ("a" in realm "b:r" is "a:b" in realm
  "r", given the same password), and RFC 7617 §2 bars those from Basic for that reason; realms do hold colons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from digest_http import settings
from digest_http.algorithms import Algorithm, available, by_token
from digest_http.challenge import QOPS, Challenge, UnusableChallenge

__all__ = ["NO_COLON", "Choice", "Preference", "choose"]

_PREFER: Final = ("strongest", "server-order")

#: Why such a challenge is passed over. nextnonce brings nonces too, so client_nonce.py has the rule as well.
NO_COLON: Final = "a nonce with a colon is not answered without qop: the answer could serve for another challenge"


@dataclass(frozen=True, slots=True)
class Choice:
    """A challenge with what it will be answered with; `qop` is empty for the RFC 2069 form."""

    challenge: Challenge
    algorithm: Algorithm
    qop: bytes

    @property
    def strength(self) -> tuple[int, bool]:
        """What an attacker would try to lower: the hash, and whether there is a qop at all."""
        return (self.algorithm.strength, bool(self.qop))


class Preference:
    """What a client is willing to answer. Raises ConfigurationError for settings that cannot work.

    `algorithms` is an allow-list of RFC 7616 names, None for all that this Python has. `qop` names the protections
    in order of preference. `allow_rfc2069`: None allows the form without qop for MD5 only, which is where devices
    use it.
    """

    __slots__ = ("algorithms", "allow_rfc2069", "prefer", "qop")

    def __init__(
        self,
        algorithms: Iterable[str] | None = None,
        qop: Iterable[str] = QOPS,
        *,
        allow_rfc2069: bool | None = None,
        prefer: Literal["strongest", "server-order"] = "strongest",
    ) -> None:
        chosen = available() if algorithms is None else settings.algorithms("algorithms", algorithms)
        self.algorithms: Final = frozenset(chosen)
        self.qop: Final = tuple(word.encode() for word in settings.words("qop", qop, QOPS))
        self.allow_rfc2069: Final = None if allow_rfc2069 is None else settings.flag("allow_rfc2069", allow_rfc2069)
        self.prefer: Final = settings.choice("prefer", prefer, _PREFER)


def choose(
    challenges: Iterable[Challenge | UnusableChallenge],
    preference: Preference,
    report: Callable[[str], None],
    *,
    strongest: bool = False,
) -> Choice | None:
    """The challenge to answer, or None. `report` gets one sentence for each one that was passed over.

    With `strongest` the server's order counts for nothing.
    """
    usable: list[Choice] = []
    for challenge in challenges:
        outcome = _weigh(challenge, preference)
        if isinstance(outcome, Choice):
            usable.append(outcome)
        else:
            report(outcome)
    if not usable:
        return None
    if preference.prefer == "server-order" and not strongest:
        return usable[0]
    return max(usable, key=lambda choice: choice.strength)  # max keeps the first of equals


def _weigh(challenge: Challenge | UnusableChallenge, preference: Preference) -> Choice | str:
    if isinstance(challenge, UnusableChallenge):
        return challenge.reason
    # RFC 7616 §3.3: absent means MD5.
    algorithm = by_token(challenge.algorithm or b"MD5")
    if algorithm is None:
        return f"algorithm {challenge.algorithm!r} is unknown or missing from this Python"
    if algorithm not in preference.algorithms:
        return f"algorithm {algorithm.name} is not among the allowed ones"
    if challenge.qop:
        for qop in preference.qop:
            if qop in challenge.qop:
                return Choice(challenge, algorithm, qop)
        return f"none of the offered qop values {challenge.qop!r} is among the allowed ones"
    if algorithm.session:
        # A1 of -sess holds a cnonce, which RFC 2617 §3.2.2 forbids to send without qop: no server could check it.
        return f"algorithm {algorithm.name} without qop cannot be answered"
    allowed = preference.allow_rfc2069
    if allowed is None:
        allowed = algorithm.base == "MD5"
    if b":" in challenge.nonce:
        return NO_COLON
    if not allowed:
        return f"RFC 2069 (no qop) is not allowed with {algorithm.name}"
    return Choice(challenge, algorithm, b"")
