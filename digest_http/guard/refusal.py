"""Why a request is refused, as far as anybody may know: the public part of a Refused (outcomes.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from digest_http.errors import DigestError, NotOffered
from digest_http.httpauth.verdict import Verdict

__all__ = ["NO_CREDENTIALS", "WRONG_CREDENTIALS", "Refusal", "body_fields"]

#: The reason for a request without Digest credentials: most clients ask so first.
NO_CREDENTIALS: Final = "no-credentials"

#: The public reason for an unknown user, a wrong password and a wrong realm.
WRONG_CREDENTIALS: Final = "wrong-credentials"

#: The content type of our own bodies.
PLAIN_TEXT: Final = b"text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused. `reason` is a stable code; `text` is for the client and holds no secret.

    Both are the same for a user that nobody is, a wrong password and a wrong realm.
    """

    status: int
    reason: str
    text: str
    stale: bool = False
    # Made here, once: most refusals are made at the start and answer many requests.
    plain_body: bytes = field(init=False, repr=False, compare=False)
    """`text` as the body of an answer, in octets."""
    plain_fields: tuple[tuple[bytes, bytes], ...] = field(init=False, repr=False, compare=False)
    """The fields that say what that body is: names in lower case and values."""

    def __post_init__(self) -> None:
        # "replace": a source of others may have put half of a surrogate pair into its error.
        body = self.text.encode("utf-8", "replace") + b"\n"
        object.__setattr__(self, "plain_body", body)
        object.__setattr__(self, "plain_fields", body_fields(PLAIN_TEXT, body))

    @classmethod
    def of_verdict(cls, verdict: Verdict, status: int) -> Refusal:
        """The refusal of an expected outcome: 401, or 407 in proxy mode."""
        # stale is said to one who knows the password, so the exact reason may be as well. To all others there is one
        # reason: a stranger must not learn which names exist.
        if verdict is Verdict.ENDED:
            # Not stale, which a browser answers by itself: who was logged out is asked for the password again.
            return cls(status, "logged-out", "You are logged out. Log in again.")
        if verdict.stale:
            return cls(status, verdict.value, "Send the request again with the new nonce.", stale=True)
        return cls(status, WRONG_CREDENTIALS, "The credentials are not right.")

    @classmethod
    def of_error(cls, error: DigestError, status: int) -> Refusal:
        """The refusal of an error, with the status it carries; what is not on offer gets `status`, 401 or 407.

        That is a new challenge, which is never stale: nothing is known of the password.
        """
        return cls(status if isinstance(error, NotOffered) else error.http_status, error.reason, f"{error}.")


def body_fields(content_type: bytes, body: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """The fields that describe a body."""
    return (b"content-type", content_type), (b"content-length", b"%d" % len(body))
