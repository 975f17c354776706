"""What a probe has found: findings, the exchange with its secrets masked, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from digest_http.encoding import octets_to_text
from digest_http.httpauth.challenge_selection import Choice
from digest_http_client_auth.command.masking import masked

from .answer import Answer
from .findings import Finding

__all__ = ["EXIT_STATUS", "Result", "Step"]

#: Verdict -> exit status. 2 is for wrong options, as everywhere.
EXIT_STATUS: Final = {"sound": 0, "refused": 1, "no-digest": 1, "failed": 1, "weak": 3, "broken": 4}

#: Fields that are shown of an answer.
_SHOWN: Final = {
    b"www-authenticate",
    b"x-www-authenticate",
    b"proxy-authenticate",
    b"authentication-info",
    b"server",
    b"location",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the exchange, and what came back. `sent` is its Authorization, masked; None if unsigned."""

    title: str
    sent: str | None
    status: int
    received: tuple[str, ...]

    @classmethod
    def of(cls, title: str, sent: bytes | None, answer: Answer) -> Step:
        """From octets."""
        shown = tuple(f"{masked(name)}: {masked(value)}" for name, value in answer.fields if name.lower() in _SHOWN)
        return cls(title, None if sent is None else masked(sent), answer.status, shown)


@dataclass(slots=True)
class Result:
    """Grows while a probe runs."""

    url: str
    choice: Choice | None = None
    findings: list[Finding] = field(default_factory=list[Finding])
    steps: list[Step] = field(default_factory=list[Step])
    #: Requests that were signed with the password, and with a wrong one.
    signed: int = 0
    wrong: int = 0

    @property
    def verdict(self) -> str:
        """One of the keys of EXIT_STATUS, but "failed"."""
        keys = {found.key for found in self.findings}
        levels = {found.level for found in self.findings}
        if "broken" in levels:
            return "broken"
        if "refused" in keys:
            return "refused"
        if self.choice is None:
            return "no-digest"
        return "weak" if "weak" in levels else "sound"

    def as_json(self) -> dict[str, Any]:
        """For programs; docs/cli.md explains the keys, which are stable."""
        choice = self.choice
        return {
            "url": self.url,
            "verdict": self.verdict,
            "exit_status": EXIT_STATUS[self.verdict],
            "choice": choice
            and {
                "realm": octets_to_text(choice.challenge.realm),
                "algorithm": choice.algorithm.name,
                "qop": choice.qop.decode() or None,
            },
            "findings": [found._asdict() for found in self.findings],
            "signed": self.signed,
            "wrong_passwords": self.wrong,
            "exchange": [
                {"title": step.title, "sent": step.sent, "status": step.status, "received": list(step.received)}
                for step in self.steps
            ],
        }
