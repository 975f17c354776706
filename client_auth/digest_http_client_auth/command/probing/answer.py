"""One request of a probe and its answer, as octets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from digest_http.challenge import Challenge, UnusableChallenge, parse_challenges

__all__ = ["CHALLENGE_FIELDS", "INFO_FIELD", "Answer"]

#: Where challenges stand; the second is what some devices send, so that browsers do not ask their user.
CHALLENGE_FIELDS: Final = (b"www-authenticate", b"x-www-authenticate")

INFO_FIELD: Final = b"authentication-info"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `fields` as received; `body` is None if it was not read."""

    status: int
    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes | None = None

    def values(self, name: bytes) -> list[bytes]:
        """All values of a field; `name` in lower case."""
        return [value for key, value in self.fields if key.lower() == name]

    @property
    def challenge_field(self) -> bytes:
        """The field with the Digest challenges, in lower case: the usual one, unless only another has some."""
        for name in CHALLENGE_FIELDS:
            if parse_challenges(self.values(name)):
                return name
        return CHALLENGE_FIELDS[0]

    @property
    def challenges(self) -> list[Challenge | UnusableChallenge]:
        """Its Digest challenges."""
        return parse_challenges(self.values(self.challenge_field))

    @property
    def info(self) -> bytes | None:
        """Authentication-Info, None if it was not sent."""
        values = self.values(INFO_FIELD)
        return b", ".join(values) if values else None

    @property
    def lets_in(self) -> bool:
        """Whether a signed request was taken: an error such as 404 comes from behind the check of credentials."""
        return self.status not in {400, 401, 407} and self.status < 500  # noqa: PLR2004 - as above

    @property
    def stale(self) -> bool:
        """Whether it calls the nonce stale, and the password not wrong."""
        return any(isinstance(challenge, Challenge) and challenge.stale for challenge in self.challenges)
