"""What was seen of SASL with peers: realms of SSPI, Active Directory, secrets, barred ciphers; more in test_sasl.py."""

from __future__ import annotations

import io
import re
import traceback

import pytest

from digest_http import sspi
from digest_http.errors import DigestError, LogonDenied
from digest_http.sasl import ClientSessions, DigestMD5Client, DigestMD5Server, ServerSessions, policy
from digest_http.sasl.keys import user_hash
from tests.sspi.wiring import SASLPair, server_handle
from tests.support.hash_calls import hash_calls
from tests.support.tracebacks import locals_shown

HOST = "dc1.example.com"
#: As a domain controller writes it: everything that it can do, and a nonce that is longer than others.
ACTIVE_DIRECTORY = (
    b'qop="auth,auth-int,auth-conf",cipher="3des,des,rc4,rc4-40,rc4-56",algorithm=md5-sess,'
    b'nonce="+Upgraded+v1b3f0e2f7a6cc7d4b1c5a8c1f24d3a95d0b7d42c4ce21d901",charset=utf-8,realm="corp.example.com"'
)
#: No ISO 8859-1 has it.
UNFIT = "s3cret-\u5bc6\u7801"


def client(**settings) -> DigestMD5Client:
    """Ours, at a domain controller."""
    names = {"username": "chris", "password": "secret", "service": "ldap", "host": HOST}
    return DigestMD5Client(**names | settings)


def server(users, **settings) -> DigestMD5Server:
    """Ours, in its place."""
    return DigestMD5Server(users, **{"service": "ldap", "host": HOST} | settings)


@pytest.mark.parametrize("realm", [HOST, "CORP", "a.b.c"])
@pytest.mark.parametrize("hashed", [False, True])
def test_rea5_an_sspi_server_that_names_no_realm(realm, hashed):
    """It takes the realm of the response as sent: hashed, and asked for."""
    asked = []

    def look_up(*who):
        asked.append(who)
        return user_hash(b"chris", realm.encode(), b"secret") if hashed else "secret"

    accepting = SASLPair(server_handle=server_handle(look_up, realm=""), server_flags=sspi.AscReq(0))
    ours = client(realm=realm)
    status, proof = accepting.accept(ours.step(accepting.accept(b"")[1]))
    assert status is sspi.NtStatus.SEC_E_OK
    assert ours.step(proof) == b""
    assert asked == [("chris", realm)]


def test_val10_no_charset_and_a_realm_unlike_the_host():
    """The digest-uri has the host, and what is beyond ASCII goes out in ISO 8859-1."""
    response = client(username="Zoë").step(b'nonce="n",algorithm=md5-sess,realm="elsewhere"')
    assert b'digest-uri="ldap/dc1.example.com"' in response
    assert b'realm="elsewhere"' in response
    assert b'username="Zo\xeb"' in response
    assert b"charset" not in response


def test_val11_what_is_quoted():
    """RFC 2831 §2.1.2: names, nonces and the uri are quoted, what is a token or a number is bare."""
    response = client(qop="auth-conf").step(ACTIVE_DIRECTORY)
    spelt = {found[1]: found[2].startswith(b'"') for found in re.finditer(rb'([a-z-]+)=("[^"]*"|[^",]+)', response)}
    quoted = {b"username", b"realm", b"nonce", b"cnonce", b"digest-uri"}
    bare = {b"nc", b"qop", b"response", b"maxbuf", b"charset"}
    assert {name for name, quotes in spelt.items() if quotes} - {b"cipher"} == quoted
    assert {name for name, quotes in spelt.items() if not quotes} - {b"cipher"} == bare


@pytest.mark.parametrize("qop", ["auth", "auth-int", "auth-conf"])
def test_ad1_the_challenge_of_active_directory(qop):
    """Each qop is answered as asked, in the domain's realm, with a cipher that is not weak."""
    ours = client(qop=qop)
    response = ours.step(ACTIVE_DIRECTORY)
    assert b"qop=" + qop.encode() in response
    assert (ours.qop, ours.realm) == (qop, "corp.example.com")
    assert ours.cipher == ("3des" if qop == "auth-conf" else None)


def test_lay3_a_cipher_in_quotes_and_a_maxbuf_beyond_ours():
    """The cipher is taken, and no record is longer than our own limit; without maxbuf it is 65,536."""
    for directive, limit in ((b"maxbuf=70000,", 70000), (b"", 65536)):
        ours = client(qop="auth-conf", ciphers="rc4")
        challenge = b'nonce="n",realm="r",qop="auth-conf",cipher="rc4",%salgorithm=md5-sess' % directive
        assert b"qop=auth-conf" in ours.step(challenge)
        assert ours.challenge is not None
        assert (ours.cipher, ours.challenge.maxbuf) == ("rc4", limit)


def test_obj5_a_resumed_nonce_that_is_stale():
    """stale=true to a login by a known nonce: a new login with the new nonce, whose count is one."""
    clients, now = ClientSessions(), [0.0]
    servers = ServerSessions(lifetime=60, clock=lambda: now[0])

    def pair() -> tuple[DigestMD5Client, DigestMD5Server]:
        return client(sessions=clients), server({"chris": "secret"}, sessions=servers)

    ours, theirs = pair()
    ours.step(theirs.step(ours.step(theirs.step(ours.step()))))
    now[0] = 61
    ours, theirs = pair()
    challenge = theirs.step(ours.step())
    assert b"stale=true" in challenge
    response = ours.step(challenge)
    assert b"nc=00000001" in response
    assert ours.step(theirs.step(response)) == b""
    assert ours.complete


@pytest.mark.parametrize("password", ["s3cret-ascii", "s3cret-\u00fc", UNFIT])
def test_a_refused_login_shows_no_stored_password(password):
    """Neither text nor hash stands in a local of the traceback."""
    ours, theirs = client(password="another"), server({"chris": password}, realms="r")
    response = ours.step(theirs.step())
    with pytest.raises(LogonDenied) as caught:
        theirs.step(response)
    shown = [value for _, value in locals_shown(caught.value)]
    assert password not in shown
    assert user_hash(b"chris", b"r", password.encode()) not in shown
    assert not any("s3cret" in repr(value) for value in shown)


def test_a_password_that_fits_no_charset_is_in_no_traceback():
    """The client's error says so without a word of it."""
    with pytest.raises(DigestError) as caught:
        client(password=UNFIT).step(b'nonce="n",algorithm=md5-sess,realm="r"')
    assert not any("s3cret" in repr(value) for _, value in locals_shown(caught.value))
    text = io.StringIO()
    traceback.print_exception(caught.value, file=text)
    assert "s3cret" not in text.getvalue()


@pytest.mark.parametrize("kept", ["secret", "ÿœ я", user_hash(b"chris", HOST.encode(), b"secret")])
def test_known_and_unknown_names_cost_the_same(kept):
    """Counted in calls of hashes: the clock of a test would lie."""
    calls = []
    for users in ({"chris": kept}, {}):
        theirs = server(users)
        response = client(password="wrong").step(theirs.step())

        def judge(theirs=theirs, response=response):
            with pytest.raises(LogonDenied):
                theirs.step(response)

        calls.append(hash_calls(judge))
    assert calls[0] == calls[1]


def test_no_legacy_provider_server(monkeypatch):
    """What OpenSSL bars is not offered, and the login uses what is left."""
    monkeypatch.setattr(policy, "is_barred", lambda name: name == "rc4")
    theirs = server({"chris": "secret"}, qop="auth-conf", ciphers=["rc4", "3des"])
    challenge = theirs.step()
    assert b"rc4" not in challenge
    ours = client(qop="auth-conf")
    ours.step(theirs.step(ours.step(challenge)))
    assert theirs.unwrap(ours.wrap(b"message")) == b"message"


def test_no_legacy_provider_client(monkeypatch):
    """Of (rc4, 3des) the client takes the one that works."""
    monkeypatch.setattr(policy, "is_barred", lambda name: name == "rc4")
    ours = client(qop="auth-conf", ciphers=["rc4", "3des"])
    ours.step(ACTIVE_DIRECTORY)
    assert ours.cipher == "3des"
