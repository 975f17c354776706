"""Whether a call that was challenged is worth another try, and with what.

`RULES` says it. For each challenge that could be answered, the first rule whose situation is that of the call decides;
when its tries for this call are used up, the answer is the caller's.

A rule that is `exclusive` marks a server where requests get in each other's way. The caller acts on that mark once a
request was accepted, since a refusal may come from anybody.

"Afresh" is unsigned: a server that tells clients apart by `opaque` (Apache httpd does) then starts a new one, which no
other request can disturb.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple

from .client import ClientContext, Signature
from .client_nonce import ClientNonce

__all__ = ["MAX_TRIES", "RULES", "Retries", "Situation", "Try"]


class Try(Enum):
    """What to do next."""

    SIGNED = "signed"
    AFRESH = "unsigned, to be challenged anew"
    NO_MORE = "give the answer to the caller"


class Situation(NamedTuple):
    """What is known when a challenge has come; in a rule, what must be so, and None for what does not matter."""

    moved: bool | None = None
    """A redirect inside the origin led here."""
    signed: bool | None = None
    """The refused request was signed for this realm, algorithm and qop, by whom we speak for now."""
    stale: bool | None = None
    """The server says that only the nonce was wrong."""
    stale_before: bool | None = None
    """It has said so before, in this call."""
    fresh: bool | None = None
    """The refused request was signed with a nonce that this very call was given."""
    refused: bool | None = None
    """The password was refused a moment ago, and not accepted since."""
    accepted: bool | None = None
    """The password has been accepted at some time."""
    overtaken: bool | None = None
    """The password is known to be right, and other requests may have come first."""
    crowded: bool | None = None
    """Others have signed with this nonce since, and nothing is known of the password yet."""
    doubted: bool | None = None
    """This call went unsigned to see what has come of the others."""
    same_nonce: bool | None = None
    """The challenge repeats the nonce that was signed with."""
    changed: bool | None = None
    """The refused request answered a challenge of this very call, and now there is another realm, or a weaker offer."""
    another: bool | None = None
    """It answered one, and now there is another qop, a stronger hash, or other credentials to try."""


class Rule(NamedTuple):
    """One line of the table."""

    name: str
    when: Situation
    outcome: Try
    tries: int = 0
    """How often one call is sent again for this reason; rules of one name share them."""
    exclusive: bool = False
    """Whether it shows that requests get in each other's way."""
    refuses: bool = False
    """Whether it shows that the password is wrong, once its tries are over."""
    asks: bool = False
    """Whether other credentials may help, where they can be asked for."""


RULES: Final = (
    # The request that was really sent has not been signed for its own target yet.
    Rule("moved", Situation(moved=True), Try.SIGNED, 5),
    # A password that was once accepted gets its try: a forged refusal must not lock it out for a minute.
    Rule("held back", Situation(signed=False, refused=True, accepted=False), Try.NO_MORE),
    # None of the others was let in either.
    Rule("doubted", Situation(signed=False, doubted=True, accepted=False), Try.NO_MORE, refuses=True, asks=True),
    # Whoever names a new realm after each try would be told of the password as often as he likes, and lock the account.
    Rule("changed", Situation(changed=True), Try.NO_MORE, refuses=True),
    Rule("another", Situation(another=True), Try.SIGNED, 1, refuses=True),
    Rule("first", Situation(signed=False), Try.SIGNED, 3),
    # The digest was right.
    Rule("stale", Situation(stale=True, stale_before=False), Try.SIGNED, 2),
    Rule("stale", Situation(stale=True), Try.AFRESH, 2, exclusive=True),
    # The nonce is from an earlier call: some servers forget nonces without a word.
    Rule("refused before", Situation(fresh=False, refused=True), Try.NO_MORE, asks=True),
    Rule("forgotten", Situation(fresh=False), Try.SIGNED, 1),
    # The count or the nonce was refused, not the password.
    Rule("overtaken", Situation(overtaken=True, same_nonce=True), Try.SIGNED, 3, exclusive=True),
    Rule("overtaken", Situation(overtaken=True), Try.AFRESH, 3, exclusive=True),
    # One of the others may have been let in, and its answer be on its way. Going unsigned takes as long as that, and is
    # no further try of the password.
    Rule("crowded", Situation(crowded=True, same_nonce=True), Try.AFRESH, 1, exclusive=True),
    Rule("wrong password", Situation(), Try.NO_MORE, refuses=True, asks=True),
)

#: How often one call is sent again, by the name of the rule.
MAX_TRIES: Final[Mapping[str, int]] = MappingProxyType({rule.name: rule.tries for rule in RULES if rule.tries})


class Retries:
    """The tries of one call."""

    __slots__ = ("_began", "_doubted", "_fresh", "_spent", "asks", "exclusive")

    def __init__(self, began: int) -> None:
        """`began` is the `tick` from before the first request went out."""
        self._began: Final = began
        # Whether the last try was signed with a nonce that this very call was given.
        self._fresh = False
        # The context whose refusal may be about the order of requests, until the next challenge.
        self._doubted: ClientContext | None = None
        self._spent: tuple[str, ...] = ()
        #: The context whose requests seem to get in each other's way; see `NoncePool.make_exclusive`.
        self.exclusive: ClientContext | None = None
        #: Whether other credentials may help, after the last challenge.
        self.asks = False

    def after_move(self, *, fresh: bool) -> Try:
        """After a redirect; `fresh` if what comes next is signed with a nonce that the answer brought."""
        self._fresh = fresh
        return self._follow(_first_rule(Situation(moved=True)))

    def refused_nonce(self, signature: Signature | None) -> ClientNonce | None:
        """The nonce of a request that was refused, if this very call was given it."""
        return signature.nonce if signature is not None and self._fresh else None

    def after_challenge(
        self, context: ClientContext, nonce: ClientNonce, signature: Signature | None, *, stale: bool
    ) -> Try:
        """After a challenge with `nonce` for `context`; `signature` is what the refused request was signed with."""
        answered = self._fresh and signature is not None
        changed = answered and signature is not None and _is_changed(signature, context, nonce)
        signed = signature is not None and _is_for(signature, context, nonce)
        known = context.accepted_at > 0 or context.refused
        rule = _first_rule(
            Situation(
                signed=signed,
                stale=stale,
                stale_before="stale" in self._spent,
                fresh=self._fresh,
                refused=context.refused,
                accepted=context.accepted_at > 0,
                overtaken=signed and signature is not None and self._overtaken(context, signature),
                crowded=signed and signature is not None and not known and _has_others(signature),
                doubted=signature is None and self._doubted is context,
                same_nonce=signed and signature is not None and nonce.counter is signature.nonce.counter,
                changed=changed,
                another=answered and not signed,
            )
        )
        self._fresh = True
        if rule.exclusive:
            self.exclusive = context
        tried, outcome = self._doubted is context, self._follow(rule)
        self._doubted = context if rule.when.crowded and outcome is Try.AFRESH else None
        self.asks = rule.asks
        if rule.refuses and outcome is Try.NO_MORE:
            context.refuse(tried=tried)
            if signature is not None:
                signature.context.refuse(tried=True)
        return outcome

    def after_dead_end(self, signature: Signature) -> None:
        """After a refusal with no challenge that could be answered; `signature` is what was refused."""
        if self._fresh:
            # It counts as the last rule has it: else every call would try the password once more.
            signature.context.refuse(tried=True)

    def _overtaken(self, context: ClientContext, signature: Signature) -> bool:
        if context.accepted_at > self._began:
            return True
        # Others have signed with this nonce since; what they sent may have come first, if the password was ever right.
        return context.trusted and _has_others(signature)

    def _follow(self, rule: Rule) -> Try:
        if self._spent.count(rule.name) >= rule.tries:
            return Try.NO_MORE
        self._spent = (*self._spent, rule.name)
        return rule.outcome


def _has_others(signature: Signature) -> bool:
    """Whether others have signed with this nonce since. RFC 2069 has no count."""
    return 0 < signature.count < signature.nonce.count


def _is_for(signature: Signature, context: ClientContext, nonce: ClientNonce) -> bool:
    """Whether a refusal of this signature says something of the password, where this is what is asked for now."""
    return (
        signature.context is context
        and signature.qop == nonce.choice.qop
        and signature.nonce.identity is context.identity
    )


def _is_changed(signature: Signature, context: ClientContext, nonce: ClientNonce) -> bool:
    """Whether another realm is asked for than was signed for, or less than that."""
    return signature.context.realm != context.realm or nonce.strength < signature.nonce.strength


def _first_rule(now: Situation) -> Rule:
    return next(rule for rule in RULES if _holds(rule.when, now))


def _holds(when: Situation, now: Situation) -> bool:
    return all(wanted is None or wanted is found for wanted, found in zip(when, now, strict=True))
