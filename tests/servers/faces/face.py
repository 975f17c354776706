"""What the trials ask of each client plug, and the bodies that they send."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["BODIES", "CONTENT", "SECONDS", "Answer", "Client", "Face", "Login", "pieces"]

#: After which a request hangs.
SECONDS = 30

#: Squid leaves a body that it refuses where it is: more than it reads ahead would stop the connection for ever.
CONTENT = bytes(range(256)) * 128


def pieces() -> Iterator[bytes]:
    """The content, piece by piece, once only."""
    for start in range(0, len(CONTENT), 8192):
        yield CONTENT[start : start + 8192]


def whole(body: bytes) -> bool:
    """Whether the content arrived, and nothing else."""
    return body == CONTENT


#: The kinds of bodies, and how to tell from what a server got that it got all.
BODIES: Mapping[str, Callable[[bytes], bool]] = {
    "bytes": whole,
    "form": lambda body: body == b"a=1&b=%C3%A9",
    "multipart": lambda body: CONTENT in body,
    "file": whole,
    "generator": whole,
}
FORM = {"a": "1", "b": "é"}


@dataclass(frozen=True, slots=True)
class Login:
    """Whom a client logs in, through which proxy (a URL), and other keywords of DigestAuth."""

    user: str
    password: str
    proxy: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, and the body."""

    status: int
    body: bytes


class Client(Protocol):
    """One session: one DigestAuth, connections that are kept."""

    def get(self, url: str) -> Answer:
        """GET; a redirect is followed."""

    def send(self, method: str, url: str, kind: str) -> Answer:
        """Send a body of one of the kinds of BODIES."""


class Face(Protocol):
    """One plug."""

    def session(self, login: Login) -> AbstractContextManager[Client]:
        """A session, in the blocking way if the library has both."""

    def at_once(self, login: Login, urls: Sequence[str]) -> list[int]:
        """The statuses of requests that are all under way together, from one session that knows nothing yet."""
