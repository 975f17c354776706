"""`probe=True`: a small request goes before a body that can be sent once only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from digest_http.errors import BodyNotReplayable, ConfigurationError
from digest_http_client_auth.session import Session

from .dictionary_library import DictionaryLibrary, Message, call, request_to
from .strict_server import StrictServer
from .test_dictionary_library import served_by

URL = "http://server.example/a"


def session_for(password: str = "s3cret", **settings: Any) -> Session[Message, Message]:
    """A session that probes."""
    return Session("alice", password, library=DictionaryLibrary(), **{"probe": True, **settings})


def upload(server: StrictServer, session: Session[Message, Message]) -> int:
    """One body that can be sent once; the status of the answer."""

    def parts() -> Iterator[bytes]:
        yield b"once"

    status: int = call(session, request_to(URL, "PUT", parts()), served_by(server))["status"]
    return status


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_the_body_is_sent_once_cold_and_when_nonces_have_ended(qop: str) -> None:
    """The probe is an unsigned HEAD; its challenge signs the body."""
    server, session = StrictServer(qop=qop), session_for()
    for _ in range(3):
        assert upload(server, session) == 200
        server.forget()
    assert server.accepted == [("/a", b"once")] * 3
    assert server.statuses == [401, 200] * 3


def test_without_it_the_same_raises() -> None:
    """The default sends one request, and never an empty body."""
    server = StrictServer()
    with pytest.raises(BodyNotReplayable):
        upload(server, session_for(probe=False))
    assert server.accepted == []


def test_bodies_in_memory_are_not_probed_for() -> None:
    """They can be sent again."""
    server, session = StrictServer(), session_for()
    for _ in range(2):
        call(session, request_to(URL, "PUT", b"body"), served_by(server))
    assert server.statuses == [401, 200, 200]


def test_a_refused_password_sends_no_body_again() -> None:
    """While the password is held back the probe's answer is the caller's, and the body stays unsent."""
    server, session = StrictServer(), session_for("wrong")
    assert [upload(server, session) for _ in range(2)] == [401, 401]
    assert [parameters is not None for _, parameters, _ in server.requests] == [False, True, False]
    assert server.accepted == []


def test_a_page_that_lets_everybody_read() -> None:
    """A probe that is not challenged changes nothing: the body goes out as it would have without."""
    sent: list[tuple[str, bool]] = []

    def send(request: Message) -> Message:
        sent.append((request["method"], b"authorization" in request["fields"]))
        return {"status": 200, "fields": [], "body": b"", "request": request}

    response = call(session_for(), request_to(URL, "PUT", iter([b"once"])), send)
    assert sent == [("HEAD", False), ("PUT", False)]
    assert [hop["request"]["method"] for hop in response["history"]] == ["HEAD"]


def test_a_library_that_cannot() -> None:
    """It says so when the object is made."""
    with pytest.raises(ConfigurationError, match="probe"):
        Session("alice", "s3cret", library=_hide(DictionaryLibrary()), probe=True)


def _hide(library: DictionaryLibrary) -> Any:
    """The library as one that has no `probe` at all."""

    class Door:
        def __getattr__(self, name: str) -> Any:
            if name == "probe":
                raise AttributeError(name)
            return getattr(library, name)

    return Door()
