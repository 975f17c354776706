"""acquire_credentials_handle: what it takes for which side, and what the handle then is."""

from __future__ import annotations

import pytest

from digest_http import sspi
from digest_http.algorithms import by_name
from digest_http.sspi import CredentialUse, NtStatus
from digest_http.users import MappingUsers
from tests.sspi.refusals import refused
from tests.sspi.wiring import ALICE, HTTPPair, SASLPair, client_handle, server_handle

IN, OUT = CredentialUse.SECPKG_CRED_INBOUND, CredentialUse.SECPKG_CRED_OUTBOUND
SECRET = ALICE["alice"]


def acquire(use, auth_data, principal=None):
    """acquire_credentials_handle."""
    return sspi.acquire_credentials_handle(principal, "WDigest", use, auth_data=auth_data)


def test_credentials_do_not_expire():
    """ptsExpiry is the largest time; sspilib's conversion to a datetime takes it."""
    result = acquire(OUT, sspi.WinNTAuthIdentity("alice", None, SECRET))
    assert result.expiry == sspi.SECURITY_MAX_EXPIRY == 2**63 - 1


@pytest.mark.parametrize(
    ("use", "auth_data", "principal", "code"),
    [
        (OUT, sspi.WinNTAuthIdentity("alice"), None, NtStatus.SEC_E_NO_CREDENTIALS),
        (OUT, sspi.WinNTAuthIdentity(None, None, "p"), None, NtStatus.SEC_E_NO_CREDENTIALS),
        (OUT, ALICE, None, NtStatus.SEC_E_NO_CREDENTIALS),
        (OUT, sspi.DigestAccounts(ALICE), None, NtStatus.SEC_E_NO_CREDENTIALS),
        (IN, sspi.AuthIdentity(), None, NtStatus.SEC_E_UNKNOWN_CREDENTIALS),
        (IN, sspi.DigestAccounts(ALICE, realm="a"), "b", NtStatus.SEC_E_NOT_OWNER),
        (OUT, sspi.WinNTAuthIdentity("alice", None, "p"), "bob", NtStatus.SEC_E_NOT_OWNER),
        (IN, {"alice": ""}, None, None),
    ],
)
def test_what_is_acquired(use, auth_data, principal, code):
    """Credentials for the side they are for, and for the principal they are of."""
    if code is None:
        # An empty password lets nobody in; that is found out where the realm is made.
        handle = acquire(use, auth_data).credential
        with refused(NtStatus.SEC_E_INVALID_PARAMETER):
            HTTPPair(server_handle=handle).challenge()
        return
    with refused(code):
        acquire(use, auth_data, principal)


@pytest.mark.parametrize("users", [ALICE, MappingUsers(ALICE, "lab", [by_name("MD5")])])
def test_shorthands_for_accounts(users):
    """A mapping or an object with ha1() stands for accounts of their defaults; the principal is the realm."""
    handle = acquire(IN, users, "lab").credential
    assert b'realm="lab"' in HTTPPair(server_handle=handle).challenge()
    assert b'realm="lab"' in SASLPair(server_handle=handle).accept(b"")[1]


def test_names_of_credentials():
    """The client's name; a server's accounts have none."""
    assert sspi.query_credentials_attributes(client_handle(), sspi.SecPkgCredNames).username == "alice"
    assert sspi.query_credentials_attributes(server_handle(), sspi.SecPkgCredNames).username == ""


def test_both_roles_on_one_handle():
    """A handle acquired for BOTH signs and checks."""
    identity = sspi.WinNTAuthIdentity("alice", "field", "secret")
    both = sspi.acquire_credentials_handle("alice", "WDigest", 3, auth_data=identity).credential
    HTTPPair(both, both).login()
