"""Inputs that were reported for SASL: realms, spellings, charsets, layers, plugs; the wider tests are in tests/sasl."""

from __future__ import annotations

import asyncio
import warnings

import pytest

from digest_http import sspi
from digest_http.errors import ConfigurationError, DigestError, LogonDenied, MalformedField, SourceUnavailable
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.sasl.directives import Challenge, Response
from digest_http.sasl.keys import user_hash
from digest_http.sasl.plugs import PureSASLClient, ThriftSASLClient, verifying
from tests.sspi.wiring import SASLPair, server_handle

HOST = "mail.example.com"
CHALLENGE = b'realm="r",nonce="n",qop="auth",charset=utf-8,algorithm=md5-sess'


def server(**settings) -> DigestMD5Server:
    """Ours, for one user."""
    return DigestMD5Server(**{"users": {"chris": "secret"}, "service": "imap", "host": HOST} | settings)


def client(**settings) -> DigestMD5Client:
    """Ours, as this user."""
    return DigestMD5Client(**{"username": "chris", "password": "secret", "service": "imap", "host": HOST} | settings)


def log_in(ours: DigestMD5Client, theirs: DigestMD5Server) -> DigestMD5Server:
    """The whole exchange."""
    assert ours.step(theirs.step(ours.step(theirs.step()))) == b""
    assert ours.complete
    return theirs


@pytest.mark.parametrize(
    ("realms", "realm", "users", "reported"),
    [
        pytest.param((), HOST, {"chris": "secret"}, HOST, id="REA1"),
        pytest.param((), "CORP", {"chris": "secret"}, "CORP", id="REA2"),
        pytest.param((), "CORP", {"chris": user_hash(b"chris", b"CORP", b"secret")}, "CORP", id="REA3"),
        pytest.param((), "", {"chris": "secret"}, "", id="REA4-empty"),
        pytest.param((), lambda _: None, {"chris": "secret"}, "", id="REA4-absent"),
        pytest.param((), None, {"chris": "secret"}, "", id="REA6"),
        pytest.param(("a", "b", "c"), lambda offered: offered[2], {"chris": "secret"}, "c", id="REA9"),
        pytest.param((HOST,), "other", {"chris": "secret"}, None, id="REA7"),
        pytest.param((HOST,), lambda _: None, {"chris": "secret"}, None, id="REA8"),
    ],
)
def test_realms(realms, realm, users, reported):
    """Any is taken where none was offered, one of those offered otherwise; None: the login is refused."""
    theirs = server(realms=realms, users=users)
    if reported is None:
        with pytest.raises(LogonDenied):
            log_in(client(realm=realm), theirs)
        return
    assert log_in(client(realm=realm), theirs).realm == reported


@pytest.mark.parametrize("username", ["alice@corp.example.com", "CORP\\alice"], ids=["AD4-upn", "AD4-netbios"])
def test_accounts_of_windows_reach_the_accounts(username):
    """The SSPI server asks for them with the empty realm, and for nobody else."""
    asked = []

    def look_up(*who):
        asked.append(who)
        return "secret"

    accepting = SASLPair(server_handle=server_handle(look_up), server_flags=sspi.AscReq(0))
    _, challenge = accepting.accept(b"")
    ours = client(username=username, realm="", service="ldap", host="dc1.example.com")
    status, proof = accepting.accept(ours.step(challenge))
    assert status is sspi.NtStatus.SEC_E_OK
    assert ours.step(proof) == b""
    assert asked == [(username, "")]


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(CHALLENGE.replace(b",", b" ,\t").replace(b"=", b" = "), id="LWS1"),
        pytest.param(CHALLENGE.replace(b",", b",\r\n "), id="LWS2"),
        pytest.param(CHALLENGE.replace(b",", b"\r\n\t,"), id="LWS3"),
        pytest.param(CHALLENGE + b"\n", id="LWS4-lf"),
        pytest.param(CHALLENGE + b"\r\n", id="LWS4-crlf"),
        pytest.param(b"\r\n " + CHALLENGE, id="LWS5"),
        pytest.param(CHALLENGE.replace(b'"auth"', b'"auth,x"'), id="VAL1"),
        pytest.param(CHALLENGE.replace(b"utf-8", b'"utf-8"').replace(b"md5-sess", b'"MD5-sess"'), id="VAL5"),
        pytest.param(CHALLENGE + b",x=", id="VAL7"),
        pytest.param(CHALLENGE + b",maxbuf=0000065536", id="VAL8"),
        pytest.param(CHALLENGE + b',opaque="o"', id="AD3"),
        pytest.param(CHALLENGE + b",maxbuf=70000,cipher=rc4", id="LAY3"),
    ],
)
def test_challenges_in_unusual_spelling(token):
    """All say the same."""
    read = Challenge.parse(token)
    assert (read.nonce, read.realms, read.utf8) == (b"n", (b"r",), True)
    assert "auth" in read.qop
    assert b"response=" in client().step(token)


def test_a_response_of_bare_values():
    """VAL6: Twisted's client."""
    token = (
        b"username=alice,realm=,nonce=n,cnonce=c,nc=00000001,digest-uri=imap/h,"
        b"response=0123456789abcdef0123456789abcdef,qop=auth\r\n"
    )
    read = Response.parse(token)
    assert (read.username, read.realm, read.nonce) == (b"alice", b"", b"n")


@pytest.mark.parametrize("name", ["é", "ü", "ç"], ids=["CHS1-e", "CHS1-u", "CHS1-c"])
@pytest.mark.parametrize("downgrade", [True, False, "password"])
def test_latin1_names(name, downgrade):
    """Hashed in each of the three ways that clients have, sent as UTF-8."""
    ours = client(username=name, password=name, downgrade=downgrade)
    assert log_in(ours, server(users={name: name})).username == name


@pytest.mark.parametrize("challenge", [b'nonce="n",algorithm=md5-sess,realm=""'], ids=["VAL4"])
def test_the_empty_realm_goes_back(challenge):
    """And no qop means auth."""
    response = client().step(challenge)
    assert b'realm=""' in response
    assert b"qop=auth" in response


@pytest.mark.parametrize("realm", ['a"b\\c', '"' * 960], ids=["VAL2", "VAL9"])
def test_escapes(realm):
    """Hashed without escapes, sent with them; what becomes too long is an error of ours."""
    try:
        theirs = log_in(client(), server(realms=realm))
    except DigestError as error:
        assert error.reason == "field-too-large"  # noqa: PT017  # either is right, by length
    else:
        assert theirs.realm == realm


def test_a_source_that_answers_later():
    """OBJ3: step() refuses it without a warning, astep() serves it."""

    async def look_up(*_who):
        return "secret"

    theirs, ours = server(users=look_up), client()
    response = ours.step(theirs.step())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SourceUnavailable):
            theirs.step(response)
    theirs, ours = server(users=look_up), client()
    assert ours.step(asyncio.run(theirs.astep(ours.step(theirs.step())))) == b""


def test_small_objects():
    """OBJ2, OBJ4, URI3, LAY2: a source that raises, no token, nothing after the proof, no layer with auth."""
    with pytest.raises(SourceUnavailable):
        log_in(client(), server(users=lambda *_who: 1 / 0))
    assert PureSASLClient(HOST, "imap", username="u", password="p").process(None) == b""
    ours = client()
    log_in(ours, server())
    assert ours.step(b"") == b""
    with pytest.raises(DigestError):
        ours.wrap(b"message")


def test_complete_with_another_challenge_opens_nothing():
    """THR1: a transport that says COMPLETE before the server has proved itself."""

    class Transport:
        BAD, COMPLETE = 3, 5
        sasl = ThriftSASLClient(client())

        def _recv_sasl_message(self):
            return self.COMPLETE, CHALLENGE

    assert verifying(Transport)()._recv_sasl_message()[0] == Transport.BAD  # noqa: SLF001  # as thrift_sasl calls it


@pytest.mark.parametrize(
    "token", [CHALLENGE.replace(b'"r"', b'"\x00"'), CHALLENGE + b",maxbuf=0", CHALLENGE.replace(b"utf-8", b"utf8")]
)
def test_seen_and_right(token):
    """A control character, no room at all, a charset that there is not."""
    with pytest.raises(MalformedField):
        client().step(token)


def test_names_in_two_letter_cases():
    """CHS3: they are two names."""
    with pytest.raises(LogonDenied):
        log_in(client(username="Chris"), server())
    with pytest.raises(ConfigurationError):
        client(username="chris:x")


def test_memory_that_is_read_only():
    """The number is not used up, and the peer sees no gap."""
    ours, theirs = client(qop="auth-int"), server(qop="auth-int")
    log_in(ours, theirs)
    with pytest.raises(TypeError):
        ours.seal_in_place(memoryview(b"message"))
    assert theirs.unwrap(ours.wrap(b"next")) == b"next"
