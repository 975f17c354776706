"""What has been learnt from servers, in a form that can be stored, and taken in again.

For devices that drop a connection whose first request has no credentials, and for programs that run often and briefly.
"""

from __future__ import annotations

from functools import partial
from typing import Any, TypedDict

from digest_http.challenge import parse_challenges
from digest_http.errors import ConfigurationError, MalformedField
from digest_http.httpauth.challenge_selection import choose
from digest_http.httpauth.logins import Wanted

from .library import RequestT, ResponseT
from .session import Session

__all__ = ["SavedChallenge", "export_challenges", "import_challenge"]


class SavedChallenge(TypedDict):
    """One protection space: nothing in it is secret, and it is made of what JSON can hold."""

    origin: str
    challenge: str
    """A WWW-Authenticate value; octets beyond ASCII as ISO 8859-1."""
    nc: int
    """The last count that was sent with its nonce."""


def export_challenges(session: Session[Any, Any]) -> list[SavedChallenge]:
    """All nonces that requests are signed with now. Exclusive nonces, and those of sessions, stay with their owner."""
    found: list[SavedChallenge] = []
    for spaces in session.spaces.all():
        scheme, host, port = spaces.origin
        name = f"[{host}]" if ":" in host else host
        for context in spaces.contexts():
            nonce = context.pool.current
            if nonce is not None and nonce.cnonce is None and not spaces.proxy and nonce.strength >= spaces.floor:
                field = nonce.choice.challenge.serialize().decode("latin-1")
                found.append({"origin": f"{scheme}://{name}:{port}", "challenge": field, "nc": nonce.count})
    return found


def import_challenge(session: Session[RequestT, ResponseT], request: RequestT, challenge: str, nc: int) -> None:
    """Sign requests to the origin of `request` from the first one on. Raises MalformedField for no usable challenge.

    A source of credentials is asked here and now: ConfigurationError if it has none, or if it is asynchronous.

    What the user vouches for counts as accepted: a weaker challenge is not answered any more, nor taken in.
    """
    try:
        field = challenge.encode("latin-1")
    except UnicodeEncodeError:
        raise MalformedField(
            "the challenge is not text of a header field: octets are ISO 8859-1", reason="challenge"
        ) from None
    reasons: list[str] = []
    choice = choose(parse_challenges([field]), session.policy.preference, reasons.append)
    if choice is None:
        raise MalformedField("no usable Digest challenge: " + ("; ".join(reasons) or "none found"), reason="challenge")
    library = session.library
    spaces = session.spaces_at(request, library.origin(request))
    realm, logins = choice.challenge.realm, session.logins
    if logins.known_for(spaces, realm) is None:
        logins.ask(Wanted(spaces, realm, None))
    identity = logins.known_for(spaces, realm)
    if identity is None:
        raise ConfigurationError(
            "credentials returned None for this origin; write a function that returns a name and a password for it, or "
            "leave learn() out"
        )
    context = spaces.context_for(choice, partial(session.policy.make_context, identity))
    nonce = context.learn(choice)
    if nonce is None:
        return
    context.pool.raise_count(nonce, nc)
    if not spaces.accept(context, nonce, library.target(request)):
        raise MalformedField(
            "the challenge is weaker than what this origin has accepted before: allow_weaker=True accepts it",
            reason="weaker",
        )
    context.pool.accept_next(nonce)
