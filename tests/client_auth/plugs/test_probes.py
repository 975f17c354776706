"""`probe=True` and `credentials=` in each plug, over real connections."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from digest_http.errors import ConfigurationError

from .callers import Asynchronous

pytestmark = pytest.mark.live


def once() -> Any:
    """A body that comes once."""
    return iter([b"one", b"two"])


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_a_body_is_sent_once(qop, open_session, serve):
    """A HEAD without body and credentials goes first, each time, also where nonces have ended; the body goes once."""
    site, session = serve(qop=qop), open_session(probe=True)
    for number in range(2):
        outcome = session.send("PUT", f"{site.url}/{number}?a=%20", body=once(), headers={"X-Mine": "kept"})
        assert (outcome.status, outcome.body) == (200, b"hello alice")
        site.strict.forget()
    assert site.strict.statuses == [401, 200] * 2
    assert [body for _, body in site.strict.accepted] == [b"onetwo"] * 2
    for probe, request in zip(site.fields[::2], site.fields[1::2], strict=True):
        assert not {"authorization", "transfer-encoding", "content-type", "expect"} & set(probe)
        assert probe["x-mine"] == request["x-mine"] == "kept"
        assert probe.get("content-length", "0") == "0"


def test_a_file_is_sent_once(open_session, site, tmp_path):
    """It can be sent again, but need not be."""
    (tmp_path / "file").write_bytes(b"content" * 1000)
    session = open_session(probe=True)
    for _ in range(2):
        with (tmp_path / "file").open("rb") as file:
            assert session.send("PUT", f"{site.url}/", body=file).status == 200
    assert [body for _, _, body in site.strict.requests] == [b"", b"content" * 1000] * 2


def test_bodies_in_memory_are_not_probed_for(open_session, site):
    """They can be sent again."""
    session = open_session(probe=True)
    assert [session.send("PUT", f"{site.url}/", body=b"body").status for _ in range(2)] == [200, 200]
    assert site.strict.statuses == [401, 200, 200]


def test_a_probe_that_everybody_may_send(open_session, serve):
    """It changes nothing: the body goes out as it would have."""
    asked = []

    def rule(method, _target, fields, body):
        asked.append((method, "authorization" in fields, body))
        return 200, [], b"stored"

    site, session = serve(rule), open_session(probe=True)
    assert session.send("PUT", f"{site.url}/", body=once())[:2] == (200, b"stored")
    assert asked == [("HEAD", False, b""), ("PUT", False, b"onetwo")]


def test_a_wrong_password_sends_no_body_again(open_session, site):
    """While it is held back the answer to the probe is the caller's, and the body stays where it is."""
    session = open_session(probe=True, password="other")
    assert [session.send("PUT", f"{site.url}/", body=once()).status for _ in range(2)] == [401, 401]
    assert [body for _, _, body in site.strict.requests] == [b"", b"onetwo", b""]


@pytest.mark.parametrize("kind", ["function", "coroutine function"])
def test_credentials_that_are_asked_for(kind, caller, open_session, site):
    """Once, when the challenge has come; a coroutine function where the library is asynchronous, and nowhere else."""
    asked = []

    def source(question: Any) -> Any:
        asked.append((question.host, question.port, question.realm, question.refused))
        return "alice", "s3cret"

    async def later(question: Any) -> Any:
        await asyncio.sleep(0)
        return source(question)

    given = source if kind == "function" else later
    session = open_session(username=None, password=None, credentials=given)
    if kind == "function" or isinstance(session, Asynchronous):
        assert [session.send("GET", f"{site.url}/").status for _ in range(2)] == [200, 200]
        assert asked == [("127.0.0.1", site.port, "api@example.org", False)]
        assert site.strict.statuses == [401, 200, 200]
    else:
        with pytest.raises((ConfigurationError, caller.errors), match="asynchronous"):
            session.send("GET", f"{site.url}/")


def test_credentials_that_have_changed(open_session, site):
    """They are asked for once more after a refusal."""
    logins = [("alice", "old"), ("alice", "s3cret")]
    session = open_session(username=None, password=None, credentials=lambda _asked: logins.pop(0))
    assert session.send("GET", f"{site.url}/").status == 200
    assert site.strict.statuses == [401, 401, 200]
