"""Users who come by another way than Digest: what observers are told of them, and what stands in the log."""

from __future__ import annotations

import logging

import pytest

from digest_http_middleware import DigestUser
from digest_http_middleware.beside import Beside, bearer
from tests.operators.served import ADDRESS, DOORS, Heard, signed

TOKENS = {b"Bearer t0ken": "Robot\n", b"Bearer r00t": "root"}


def of_token(token: str) -> DigestUser | str | None:
    """Who has a token; a source may fail."""
    if token == "down":
        raise OSError("down")
    found = TOKENS.get(b"Bearer " + token.encode())
    return DigestUser(found) if found == "root" else found


@pytest.fixture(params=sorted(DOORS.keys() - {"guard"}))
def opened(request):
    """A door with another way, and what its observer has heard."""
    heard = Heard()
    return DOORS[request.param](observers=[heard], beside=[bearer(of_token, "wonder")]), heard


@pytest.mark.parametrize("field", TOKENS)
def test_who_is_known(opened, caplog, field):
    """One event, with the name, that refuses nothing; and one line in the log, in which no name makes another."""
    door, heard = opened
    with caplog.at_level(logging.DEBUG, "digest_http.middleware"):
        assert door.ask(field).status == 200
    (event,) = heard
    assert event[:9] == ("wonder", "beside", None, TOKENS[field], None, None, ADDRESS, "GET", None)
    assert event.seconds >= 0
    assert event.began > 0
    (record,) = (each for each in caplog.records if each.name == "digest_http.middleware")
    shown = TOKENS[field].replace("\n", "\\\\n")
    assert record.getMessage() == f'beside client={ADDRESS} method=GET path="/own" user="{shown}"'
    assert (record.levelno, record.digest_reason) == (logging.DEBUG, "beside")


@pytest.mark.parametrize("kind", sorted(DOORS.keys() - {"guard"}))
def test_who_is_known_behind_a_proxy(kind, caplog):
    """The line in the log has the client's address, not the proxy's."""
    door = DOORS[kind](beside=[bearer(of_token, "wonder")], trusted_proxies=[ADDRESS], client_header="X-Client")
    with caplog.at_level(logging.DEBUG, "digest_http.middleware"):
        assert door.ask(b"Bearer r00t", told=(b"x-client", b"198.51.100.9")).status == 200
    (record,) = (each for each in caplog.records if each.name == "digest_http.middleware")
    assert record.getMessage().startswith("beside client=198.51.100.9 ")


@pytest.mark.parametrize(
    ("field", "reason", "status"),
    [(None, "no-credentials", 401), (b"Bearer other", "no-credentials", 401), (b"Bearer down", "users-down", 503)],
)
def test_who_is_not(opened, field, reason, status):
    """One event each, as it was answered."""
    door, heard = opened
    assert door.ask(field).status == status
    assert [(event.reason, event.status, event.username) for event in heard] == [(reason, status, None)]


@pytest.mark.parametrize("kind", sorted(DOORS.keys() - {"guard"}))
def test_who_has_signed(kind):
    """A request with Digest credentials is told once, as without other ways."""
    heard = Heard()
    door = DOORS[kind](observers=[heard], beside=[Beside(lambda _request: None)])
    field = signed(door)
    for _ in range(2):
        door.ask(field)
    assert heard.reasons == ["no-credentials", "accepted", "nc-replayed"]
