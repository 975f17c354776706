"""What a server offers, judged before anything is signed, and which challenge we take up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from digest_http.algorithms import by_token
from digest_http.challenge import Challenge
from digest_http.httpauth.challenge_selection import Choice, Preference, choose
from digest_http.httpauth.origins import Origin, named_paths
from digest_http_client_auth.command.schemes import schemes_of, without_quoted

from .answer import CHALLENGE_FIELDS, Answer
from .findings import Finding, finding
from .known_servers import recognised

__all__ = ["chosen", "judge_offer", "no_digest"]

#: RFC 7616 §3.3: these are quoted, and those are not.
_QUOTED: Final = (b"realm", b"domain", b"nonce", b"opaque", b"qop")
_BARE: Final = (b"stale", b"algorithm", b"charset", b"userhash")

_unquoted: Final = re.compile(rb"\b(" + b"|".join(_QUOTED) + rb')[ \t]*+=[ \t]*+[^" \t,]', re.IGNORECASE)
_overquoted: Final = re.compile(rb"\b(" + b"|".join(_BARE) + rb')[ \t]*+=[ \t]*+"', re.IGNORECASE)


def no_digest(answer: Answer) -> Finding | None:
    """Why there is nothing to probe; None if the answer asks for Digest."""
    if answer.challenges and answer.status == 401:  # noqa: PLR2004 - HTTP's own number
        return None
    schemes = schemes_of(answer.values(CHALLENGE_FIELDS[0]))
    match answer.status:
        case 401 if schemes:
            return finding("no-digest", schemes=", ".join(schemes))
        case 401:
            return finding("no-challenge")
        case 407:
            return finding("proxy-asks")
        case 301 | 302 | 303 | 307 | 308:
            where = b", ".join(answer.values(b"location")).decode("latin-1") or "no other place"
            return finding("redirect", status=answer.status, where=where)
        case status if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
            return finding("no-password", status=status)
        case status:
            return finding("other-status", status=status)


def chosen(answer: Answer, preference: Preference) -> tuple[Choice | None, list[str]]:
    """The challenge that we answer, and why others are passed over."""
    reasons: list[str] = []
    return choose(answer.challenges, preference, reasons.append), reasons


def judge_offer(first: Answer, second: Answer, origin: Origin, preference: Preference) -> Iterator[Finding]:
    """All that two unsigned answers show: challenges, their spelling, other schemes, and known servers."""
    choice, reasons = chosen(first, preference)
    challenges = [challenge for challenge in first.challenges if isinstance(challenge, Challenge)]
    if choice is None:
        yield finding("broken-challenge", reason="; ".join(reasons))
    else:
        yield from _of_hashes(challenges)
        yield from _of_qop(challenges)
        for reason in reasons:
            yield finding("unusable", reason=reason)
    yield from _of_values(challenges, origin)
    if nonces(first) & nonces(second):
        yield finding("same-nonce")
    yield from _of_spelling(first)
    yield from _of_surroundings(first, origin)
    if choice is not None:
        yield _of_choice(choice, challenges)
    yield from recognised(first)


def nonces(answer: Answer) -> set[bytes]:
    """The nonces of an answer's challenges."""
    return {challenge.nonce for challenge in answer.challenges if isinstance(challenge, Challenge)}


def _of_hashes(challenges: list[Challenge]) -> Iterator[Finding]:
    offered = [algorithm for c in challenges if (algorithm := by_token(c.algorithm or b"MD5")) is not None]
    strong = [algorithm.name for algorithm in offered if algorithm.base != "MD5"]
    if strong:
        yield finding("strong-hash", algorithms=", ".join(dict.fromkeys(strong)))
    else:
        yield finding("md5-only")
    if len(offered) > 1 and offered[0].base == "SHA-512-256":
        yield finding("sha-512-256-first")


def _of_qop(challenges: list[Challenge]) -> Iterator[Finding]:
    if not all(challenge.qop for challenge in challenges):
        yield finding("no-qop")
    elif not any(b"auth" in challenge.qop for challenge in challenges):
        yield finding("auth-int-only")


def _of_values(challenges: list[Challenge], origin: Origin) -> Iterator[Finding]:
    if any(challenge.stale for challenge in challenges):
        yield finding("stale-at-first")
    if any(not challenge.realm for challenge in challenges):
        yield finding("empty-realm")
    if any(challenge.userhash for challenge in challenges):
        yield finding("userhash")
    for domain in dict.fromkeys(challenge.domain for challenge in challenges):
        if domain and not named_paths(domain, origin):
            yield finding("domain-elsewhere", domain=b" ".join(domain).decode("latin-1"))


def _of_spelling(answer: Answer) -> Iterator[Finding]:
    values = [without_quoted(value) for value in answer.values(answer.challenge_field)]
    for key, pattern in (("unquoted", _unquoted), ("quoted", _overquoted)):
        names = dict.fromkeys(name.decode().lower() for value in values for name in pattern.findall(value))
        if names:
            yield finding(key, names=" and ".join(names))


def _of_surroundings(answer: Answer, origin: Origin) -> Iterator[Finding]:
    if answer.challenge_field != CHALLENGE_FIELDS[0]:
        yield finding("other-field", field="X-WWW-Authenticate")
    if "basic" in {scheme.lower() for scheme in schemes_of(answer.values(CHALLENGE_FIELDS[0]))}:
        yield finding("basic-over-http" if origin.scheme == "http" else "basic-over-tls")
    if origin.scheme == "http":
        yield finding("plain-http")


def _of_choice(choice: Choice, challenges: list[Challenge]) -> Finding:
    others = [challenge for challenge in challenges if challenge != choice.challenge]
    if not others:
        why = "nothing else is offered"
    elif any((by_token(other.algorithm or b"MD5")) is not choice.algorithm for other in others):
        why = "it is the strongest of what is offered"
    else:
        why = "the server names it first"
    qop = f"qop {choice.qop.decode()}" if choice.qop else "no qop"
    return finding("choice", algorithm=choice.algorithm.name, qop=qop, why=why)
