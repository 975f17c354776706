"""Where a redirect has led a call: whose challenge is answered there, and what an upgrade to https is."""

from __future__ import annotations

import logging

import pytest

from digest_http_client_auth.challenges_met import Redirected, challenger, is_upgraded

from .dictionary_auth import Auth, session_of
from .dictionary_library import Message, request_to

INSECURE, SECURE = request_to("http://a.example/x"), request_to("https://a.example/x")


@pytest.mark.parametrize(("original", "last", "proxy", "upgraded"), [
    (INSECURE, SECURE, False, True),
    (INSECURE, SECURE, True, False),
    (INSECURE, INSECURE, False, False),
    (INSECURE, request_to("https://a.example/y"), False, False),
    (INSECURE, request_to("https://b.example/x"), False, False),
    (INSECURE, request_to("https://a.example/x", "POST"), False, False),
    (request_to("http://a.example/x", "POST"), SECURE, False, False),
    (request_to("http://a.example/y"), SECURE, False, False),
], ids=[str(n) for n in range(8)])  # fmt: skip
def test_the_same_target_by_https(original: Message, last: Message, proxy: bool, upgraded: bool) -> None:
    """Method and target are those of the call; through a proxy nobody is led from one to the other."""
    session = session_of(Auth("alice", "s3cret", proxy=proxy))
    assert is_upgraded(session, Redirected(original, INSECURE, last)) is upgraded


ANOTHER_PORT = (
    "Digest challenge not answered: a redirect led to another scheme or port of the same host: "
    "call the new URL directly"
)


@pytest.mark.parametrize(("last", "told"), [
    ("http://a.example:8080/x", [ANOTHER_PORT]), ("http://b.example/x", []),
], ids=["a port", "a host"])  # fmt: skip
def test_challenges_behind_a_redirect(last: str, told: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """They are not answered; what a user can do about it is a warning."""
    session = session_of(Auth("alice", "s3cret"))
    led = Redirected(INSECURE, INSECURE, request_to(last))
    assert challenger(session, {"status": 401}, led) is None
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == told
