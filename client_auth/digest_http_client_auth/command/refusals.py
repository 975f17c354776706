"""Why a server that answered 401 did not let a request in, as far as its challenges tell."""

from __future__ import annotations

from collections.abc import Sequence

from digest_http.challenge import parse_challenges
from digest_http.encoding import printable
from digest_http.httpauth.challenge_selection import Preference, choose

from .schemes import schemes_of

__all__ = ["reason_of"]


def reason_of(values: Sequence[bytes], name: str | None, *, signed: bool) -> str:
    """One sentence. `values` are those of WWW-Authenticate; `signed` is whether the refused request was signed."""
    schemes = schemes_of(values)
    if not any(scheme.lower() == "digest" for scheme in schemes):
        offered = ", ".join(schemes) or "nothing"
        return f"the server does not offer Digest but {printable(offered)}, which is not answered"
    if name is None:
        return "the server wants a name and a password: give --user NAME"
    if signed:
        return f"the server refused the name {name!r} or its password"
    reasons: list[str] = []
    if choose(parse_challenges(values), Preference(qop=("auth",)), reasons.append) is None:
        return f"the server's challenge is not answered: {printable('; '.join(reasons))}"
    return f"the server refused the name {name!r} or its password"
