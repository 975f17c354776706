"""One structured log event per outcome, with a reason code and without a secret."""

import logging

import pytest

from digest_http.guard import Reason, Refused
from digest_http.guard.outcomes import Refusal
from digest_http_middleware.events import log_refused
from tests.attacks.driver import Server

LOGGER = "digest_http.middleware"


@pytest.fixture
def events(caplog):
    """The records of the middleware's logger."""
    caplog.set_level(logging.DEBUG, LOGGER)

    def of_logger():
        return [record for record in caplog.records if record.name == LOGGER]

    return of_logger


def down(*_arguments):
    """A source of users that is down."""
    raise OSError("no route to the directory")


CASES = {
    "accepted": (logging.DEBUG, lambda server: server.get(server.signer())),
    "no-credentials": (logging.DEBUG, lambda server: server.request()),
    "wrong-digest": (logging.WARNING, lambda server: server.get(server.signer("alice", "wrong"))),
    "unknown-user": (logging.WARNING, lambda server: server.get(server.signer("mallory"))),
    "wrong-realm": (logging.WARNING, lambda server: server.get(server.signer(), realm="other")),
    "nonce-foreign": (logging.INFO, lambda server: server.get(server.signer(), nonce="0" * 78)),
    "uri": (logging.INFO, lambda server: server.request("GET", "/y", server.signer().sign())),
    "nc": (logging.INFO, lambda server: server.get(server.signer(), "1")),
    "duplicate": (logging.INFO, lambda server: server.request(authorization=[b"Digest a", b"Digest b"])),
    "algorithm-not-offered": (
        logging.INFO,
        lambda server: server.get(server.signer(), late={"algorithm": "MD4"}),
    ),
    "qop-not-offered": (logging.INFO, lambda server: server.get(server.signer(), qop="auth-conf")),
    "grammar": (logging.INFO, lambda server: server.request(authorization=b"Digest ???")),
    "field-too-large": (logging.INFO, lambda server: server.request(authorization=b"Digest " + b"x" * 9000)),
    "body-too-large": (
        logging.INFO,
        lambda server: server.request("POST", "/x", server.signer().sign("POST", body=b""), body=b"x" * 2_000_000),
    ),
}


@pytest.mark.parametrize("reason", CASES)
def test_one_event_per_outcome(events, reason):
    """The message begins with the reason code, the level fits, and the fields say who, where, and what was answered."""
    level, attack = CASES[reason]
    server = Server()
    server.challenge()
    already = len(events())
    response = attack(server)
    record = events()[-1]
    fields = vars(record)
    assert record.getMessage().partition(" ")[0] == fields["digest_reason"] == reason
    assert record.levelno == level
    assert fields["digest_client"] == "192.0.2.7"
    assert fields["digest_path"] in ("/x", "/y")
    assert fields["digest_method"] == ("POST" if reason == "body-too-large" else "GET")
    assert fields["digest_status"] == (None if reason == "accepted" else response.status)
    challenges = 0 if reason in ("no-credentials", "duplicate", "grammar", "field-too-large") else 1
    assert len(events()) - already == 1 + challenges


def test_replays_and_expiry(events):
    """The outcomes of nonces and counts have codes of their own."""
    server = Server()
    signer = server.signer()
    header = signer.sign()
    server.request(authorization=header)
    server.request(authorization=header)
    server.get(signer, 1000)
    server.get(signer, 2)
    server.clock.now += 301
    server.get(signer, 1001)
    reasons = [vars(record)["digest_reason"] for record in events()]
    assert reasons == ["no-credentials", "accepted", "nc-replayed", "accepted", "nc-out-of-sequence", "nonce-expired"]


def test_a_source_that_is_down(events):
    """An error with its cause, once."""
    server = Server(users=down)
    server.get(server.signer())
    record = events()[-1]
    assert (vars(record)["digest_reason"], record.levelno) == ("users-down", logging.ERROR)
    assert record.exc_info is not None
    assert "no route to the directory" in str(record.exc_info[1])


def test_who_and_how(events):
    """The claimed name and the algorithm stand in the record, where a header could be read."""
    server = Server()
    server.get(server.signer("mallory", algorithm="MD5"))
    server.request(authorization=b"Digest ???")
    known, unreadable = (vars(record) for record in events()[-2:])
    assert (known["digest_username"], known["digest_algorithm"]) == ("mallory", "MD5")
    assert (unreadable["digest_username"], unreadable["digest_algorithm"]) == (None, None)


def test_no_secret_is_logged(events):
    """Whatever happens, neither password nor H(A1), nonce, cnonce or digest shows in any field of a record."""
    server = Server()
    signer = server.signer(password="s3cret")
    server.get(signer, 1)
    secrets = ["s3cret", signer.secret, signer.challenge["nonce"], signer.fields["cnonce"], signer.rspauth()]
    server.get(signer, 1)
    server.get(signer, 2, late={"response": "5ec4e7"})
    server.get(signer, 3, late={"algorithm": "MD4"})
    for name in ("response", "cnonce", "nonce", "qop"):
        server.request(authorization=signer.sign(nc=4) + f", {name}=5ec4e7".encode())
        server.request(authorization=signer.sign(nc=4, late={name: None}))
    Server(users=down).get(signer)
    for record in events():
        shown = " ".join(str(value) for value in vars(record).values())
        for secret in [*secrets, "5ec4e7"]:
            assert secret not in shown


def test_what_is_not_looked_at_when_nobody_listens(caplog):
    """A request without credentials is not shown to the log where its level is not listened to; all others are."""
    assert Reason.NO_CREDENTIALS.level == logging.DEBUG
    for level, shown in ((logging.INFO, ["grammar"]), (logging.DEBUG, ["no-credentials", "grammar"])):
        caplog.clear()
        caplog.set_level(level, LOGGER)
        server = Server()
        server.request()
        server.request(authorization=b"Digest x")
        assert [vars(record)["digest_reason"] for record in caplog.records] == shown


def test_silence(caplog):
    """At the usual level a protected app that is used rightly logs nothing."""
    caplog.set_level(logging.INFO)
    server = Server()
    assert server.get(server.signer()).status == 200
    assert caplog.records == []


def test_a_client_without_an_address(events):
    """A server on a unix socket knows no address."""
    Server().request("GET", "/x", client=None)
    assert vars(events()[-1])["digest_client"] is None


def test_the_address_is_the_fronts(events):
    """Behind a proxy that is trusted the line shows the client, for what passes and for what does not."""
    server = Server(trusted_proxies=["192.0.2.7"])
    forwarded = [(b"x-forwarded-for", b"203.0.113.9")]
    header = server.signer().sign()
    assert server.request(authorization=header, headers=forwarded).status == 200
    assert server.request(authorization=header, headers=forwarded).status == 401
    assert [record.digest_client for record in events()[-2:]] == ["203.0.113.9"] * 2
    assert "client=203.0.113.9 " in events()[-2].getMessage()


@pytest.mark.parametrize(("status", "level"), [(503, logging.ERROR), (400, logging.INFO), (401, logging.INFO)])
def test_the_level_of_a_reason_of_the_users_own(status, level, caplog):
    """A subclass of a source may refuse for a reason that we do not know: what is down is an error."""
    refused = Refused(Refusal(status, "own-reason", "No."))
    caplog.set_level(logging.DEBUG, LOGGER)
    log_refused(Server().scope(), refused)
    assert [record.levelno for record in caplog.records if record.name == LOGGER] == [level]
