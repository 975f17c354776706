"""Realms and domains of HTTP Digest: which are named, which are looked in, and who is in none of them."""

from __future__ import annotations

import pytest

from digest_http import sspi
from digest_http.sspi import NtStatus
from tests.sspi.refusals import refused
from tests.sspi.wiring import ALICE, PARAMS, TOKEN, HTTPPair, buffers, client_handle, server_handle


@pytest.mark.parametrize("realm", ["prüfung", "\ud800"], ids=["not ASCII", "not UTF-16"])
def test_a_realm_has_to_exist_in_ascii(realm):
    """Other characters in the realm buffer are refused."""
    given = buffers(*[(TOKEN, b"")], *[(PARAMS, b"")] * 3, (PARAMS, realm.encode("utf-16-le", "surrogatepass")))
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        sspi.accept_security_context(server_handle(), None, given, 0, 0, buffers((TOKEN, 4096)))


def test_realms_of_one_handle():
    """A response is checked in the realm that it names, if a challenge named it, with or without the buffer."""
    pair = HTTPPair()
    for realm in ("one", "two"):
        pair.client = None
        token = pair.respond(pair.challenge(realm=realm))
        context = pair.accept(token).context
        assert sspi.query_context_attributes(context, sspi.SecPkgContextAuthority).authority_name == realm


def test_unknown_user_and_wrong_realm_are_denied_alike():
    """SEC_E_LOGON_DENIED, whatever was wrong."""
    stranger = HTTPPair(server_handle=server_handle({"bob": "x"}))
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        stranger.accept(stranger.respond(stranger.challenge()))
    pair = HTTPPair()
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        pair.accept(pair.respond(pair.challenge().replace(b'realm="field"', b'realm="meadow"')))


@pytest.mark.parametrize(
    ("domain", "name"), [("field", b"alice"), ("FIELD", b"alice"), ("", b"alice"), ("CORP", b"CORP\\\\alice")]
)
def test_domains(domain, name):
    """A domain that is the realm is left out of the name, another stands in front of it."""
    pair = HTTPPair(client_handle(domain=domain), server_handle({**ALICE, "CORP\\alice": ALICE["alice"]}))
    token = pair.respond(pair.challenge())
    assert b'username="' + name + b'"' in token
    assert pair.accept(token).status is NtStatus.SEC_E_OK
