"""ClientAuth and ServerAuth, as programs written for pywin32's module `sspi` use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest_http import sspi
from digest_http.sspi import AscReq, IscReq, NtStatus, pywin32
from digest_http.sspi.pywin32 import ClientAuth, ServerAuth
from tests.sspi.refusals import refused
from tests.sspi.wiring import ALICE, REALM

SPN = "ldap/dc1.example.com"


def test_the_door_is_thin():
    """Under a hundred lines: what it does is done by the functions."""
    assert len(Path(pywin32.__file__).read_text(encoding="utf-8").splitlines()) < 100


def ends(flags=(IscReq.ISC_REQ_INTEGRITY | IscReq.ISC_REQ_CONFIDENTIALITY), password=ALICE["alice"]):
    """Both sides, not logged in."""
    client = ClientAuth("WDigest", auth_info=("alice", None, password), targetspn=SPN, scflags=flags)
    return client, ServerAuth("WDigest", accounts=sspi.DigestAccounts(ALICE, realm=REALM))


def log_in(client, server):
    """pywin32's loop, with the server first. Tokens go as octets one way and as the whole array the other."""
    error, out = server.authorize(None)
    while error or not client.authenticated:
        error, answer = client.authorize(out)
        if not answer[0].Buffer:
            break
        error, out = server.authorize(answer[0].Buffer)


@pytest.mark.parametrize("again", [False, True])
def test_sealing_and_signing(again):
    """What one side seals or signs the other takes, both ways; so it is after a second login."""
    client, server = ends()
    log_in(client, server)
    if again:
        client.reset()
        server.reset()
        assert not client.authenticated
        log_in(client, server)
    assert client.authenticated
    assert server.authenticated
    for sender, receiver in ((client, server), (server, client)):
        sealed, trailer = sender.encrypt(b"the message")
        assert sealed != b"the message"
        assert receiver.decrypt(sealed, trailer) == b"the message"
    client, server = ends(IscReq.ISC_REQ_INTEGRITY)
    log_in(client, server)
    server.verify(b"the message", client.sign(b"the message"))
    signature = server.sign(b"the message")
    with refused(NtStatus.SEC_E_MESSAGE_ALTERED):
        client.verify(b"another", signature)


def test_what_is_refused():
    """A wrong password is an error with its number; nothing is signed before the login is complete."""
    client, server = ends(password="wrong")
    for side in (client, server):
        with refused(NtStatus.SEC_E_INVALID_HANDLE):
            side.sign(b"too soon")
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        log_in(client, server)
    assert not client.authenticated
    assert not server.authenticated


def test_defaults_ask_for_what_they_can():
    """Both sides ask for integrity and confidentiality, as pywin32's do."""
    client, server = ends()
    assert server.scflags & AscReq.ASC_REQ_CONFIDENTIALITY
    assert client.scflags & IscReq.ISC_REQ_CONFIDENTIALITY
    assert "correct horse" not in repr(vars(client))
