"""DIGEST-MD5 through the SSPI names: the exchange, its flags and targets, and its end."""

from __future__ import annotations

import pytest

from digest_http import sspi
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.sspi import AscReq, IscReq, NtStatus
from tests.sspi.records import seal, unseal
from tests.sspi.refusals import refused
from tests.sspi.wiring import ALICE, NOTHING, PRIVACY, SASLPair, client_handle


def test_the_client_may_speak_first():
    """Without input the client waits: an empty token, SEC_I_CONTINUE_NEEDED."""
    pair = SASLPair()
    assert pair.initialize(b"") == (NtStatus.SEC_I_CONTINUE_NEEDED, b"")
    pair.login()


@pytest.mark.obeys("sspi-init-flags")
@pytest.mark.parametrize(
    ("flags", "qop"),
    [
        (NOTHING, b"qop=auth,"),
        (IscReq.ISC_REQ_INTEGRITY, b"qop=auth-int,"),
        (IscReq.ISC_REQ_REPLAY_DETECT, b"qop=auth-int,"),
        (IscReq.ISC_REQ_SEQUENCE_DETECT, b"qop=auth-int,"),
        (IscReq.ISC_REQ_CONFIDENTIALITY, b"qop=auth-conf,"),
    ],
)
def test_flags_choose_the_qop(flags, qop):
    """As documented, and nothing weaker than was asked for."""
    pair = SASLPair(client_flags=flags)
    assert qop in pair.initialize(pair.accept(b"")[1])[1] + b","
    if flags:
        plain = SASLPair(client_flags=flags, server_flags=AscReq(0))
        with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
            plain.initialize(plain.accept(b"")[1])


@pytest.mark.parametrize(
    ("flags", "offered"),
    [
        (AscReq(0), b'qop="auth"'),
        (AscReq.ASC_REQ_SEQUENCE_DETECT, b'qop="auth,auth-int"'),
        (AscReq.ASC_REQ_CONFIDENTIALITY, b'qop="auth,auth-conf"'),
        (AscReq.ASC_REQ_INTEGRITY | AscReq.ASC_REQ_CONFIDENTIALITY, b'qop="auth,auth-int,auth-conf"'),
    ],
)
def test_flags_choose_the_offer(flags, offered):
    """As documented."""
    assert offered in SASLPair(server_flags=flags).accept(b"")[1]


def test_what_is_granted(pair):
    """Integrity and the detection flags with a layer, confidentiality with a cipher, mutual authentication always."""
    sealed = pair.client.digest_context.mechanism.qop == "auth-conf"
    for context, extra in ((pair.client, 0x10000), (pair.server, 0x20000)):
        flags = sspi.query_context_attributes(context, sspi.SecPkgContextFlags).flags
        assert flags == 0x2 | 0x4 | 0x8 | extra | (0x10 if sealed else 0)


def test_against_the_sasl_room_itself():
    """The tokens are DIGEST-MD5's own: each side works against a plain client and a plain server."""
    pair = SASLPair(client_flags=PRIVACY)
    server = DigestMD5Server(ALICE, service="ldap", host="dc1.example.com", qop="auth-conf")
    _, response = pair.initialize(server.step())
    pair.initialize(server.step(response))
    assert server.unwrap(seal(pair.client, b"hello")) == b"hello"
    client = DigestMD5Client("alice", ALICE["alice"], service="ldap", host="x", qop="auth-int")
    other = SASLPair()
    client.step(other.accept(client.step(other.accept(b"")[1]))[1])
    assert unseal(other.server, client.wrap(b"in clear")) == b"in clear"


@pytest.mark.parametrize("flag", [AscReq.ASC_REQ_STREAM, AscReq.ASC_REQ_DELEGATE, AscReq(0x02000000)])
def test_flags_that_the_page_does_not_list(flag):
    """SEC_E_SECURITY_QOS_FAILED, as for HTTP."""
    with refused(NtStatus.SEC_E_SECURITY_QOS_FAILED):
        SASLPair(server_flags=flag).accept(b"")


@pytest.mark.parametrize("target", ["", "ldap", "ldap/", "/dc1", "ldap/dc1/x/y"])
def test_targets(target):
    """The target is service/host or service/host/name; anything else is SEC_E_TARGET_UNKNOWN."""
    pair = SASLPair(target=target)
    with refused(NtStatus.SEC_E_TARGET_UNKNOWN):
        pair.initialize(pair.accept(b"")[1])


def test_a_target_with_a_service_name():
    """The third part is the replicated service's name."""
    pair = SASLPair(target="ldap/dc1/example.com")
    assert b'digest-uri="ldap/dc1/example.com"' in pair.initialize(pair.accept(b"")[1])[1]


@pytest.mark.parametrize(
    ("domain", "name"),
    [(None, b"alice"), ("FIELD", b"alice"), ("corp", b"corp\\\\alice")],
    ids=["none", "realm", "other"],
)
def test_domains(domain, name):
    """The domain chooses the realm where it is offered; elsewhere it goes in front of the name."""
    pair = SASLPair(client_handle(domain=domain))
    assert b'username="' + name + b'",realm="field"' in pair.initialize(pair.accept(b"")[1])[1]


def test_a_failed_exchange_is_over():
    """After a refusal the context is SEC_E_CONTEXT_EXPIRED, on either side."""
    pair = SASLPair(client_handle("wrong"))
    response = pair.initialize(pair.accept(b"")[1])[1]
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        pair.accept(response)
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        pair.accept(response)
    with refused(NtStatus.SEC_E_WRONG_PRINCIPAL):
        pair.initialize(b"rspauth=" + b"0" * 32)
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        pair.initialize(b"")


def test_an_established_server_accepts_no_more():
    """STATUS_LOGON_FAILURE, as documented; a finished client that gets a challenge authenticates anew."""
    pair = SASLPair(client_flags=PRIVACY).login()
    with refused(NtStatus.STATUS_LOGON_FAILURE):
        pair.accept(b"")
    again = SASLPair(client_flags=PRIVACY, client=pair.client).login()
    assert again.client is pair.client
    assert unseal(again.server, seal(again.client, b"x")) == b"x"
