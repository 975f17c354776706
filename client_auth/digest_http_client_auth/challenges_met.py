"""Whose a refusal is, and which of its challenges is answered. Nothing is remembered of one that is not.

RFC 7616 §3.3 (challenges), §5.7 and §5.8 (the strongest is taken, nobody makes it weaker); RFC 9110 §11.7 (proxies).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from digest_http.challenge import parse_challenges
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import Signature
from digest_http.httpauth.origins import Origin, is_upgrade
from digest_http.httpauth.protection_spaces import ANY_STRENGTH

from .library import UNTOLD, RequestT, ResponseT
from .proxies import peer_of
from .session import Session

__all__ = ["Redirected", "challenger", "choose", "is_upgraded"]


@dataclass(frozen=True, slots=True)
class Redirected(Generic[RequestT]):
    """Where a call has been led: nowhere, if the three are one."""

    original: RequestT
    """What the caller asked for."""
    home: RequestT
    """The request whose origin is that of the call."""
    last: RequestT
    """What was answered at last."""


def challenger(session: Session[RequestT, ResponseT], response: ResponseT, led: Redirected[RequestT]) -> Origin | None:
    """The server or the proxy whose challenge a response has; None for one that is not answered."""
    library, policy = session.library, session.policy
    home, origin = library.origin(led.home), library.origin(led.last)
    if origin != home and not is_upgraded(session, led):
        if origin.host == home.host:
            policy.warn("a redirect led to another scheme or port of the same host: call the new URL directly")
        else:
            policy.report("it came from another origin, to which a redirect led")
        return None
    if not session.proxy:
        return origin
    told = session.proxy_of(led.last)
    address = library.peer_address(response) if told is UNTOLD else None
    return peer_of(told, address, origin, policy)


def choose(
    session: Session[RequestT, ResponseT],
    response: ResponseT,
    peer: Origin,
    refused: Signature | None,
    *,
    pinned_by: Signature | None,
) -> Choice | None:
    """The challenge to answer, None if there is none.

    `refused` is what the refused request was signed with, `pinned_by` what this call signed with last.
    """
    policy = session.policy
    challenges = parse_challenges(session.library.response_values(response, session.challenge_name))
    choice = policy.choose(challenges)
    if choice is None:
        if refused is not None:
            # The server does not say what to sign with instead: the next request asks it, by going unsigned.
            refused.context.pool.drop(refused.nonce)
        return None
    known = session.spaces.at(peer, proxy=session.proxy)
    return policy.admit(choice, challenges, known.floor if known else ANY_STRENGTH, pinned_by)


def is_upgraded(session: Session[RequestT, ResponseT], led: Redirected[RequestT]) -> bool:
    """Whether a redirect led to the very same target by https.

    Whoever answers by http in the server's name could else choose what is signed for the https server.
    """
    library = session.library
    return (
        not session.proxy
        and is_upgrade(library.origin(led.home), library.origin(led.last))
        and library.target(led.last) == library.target(led.original)
        and library.method(led.last) == library.method(led.original)
    )
