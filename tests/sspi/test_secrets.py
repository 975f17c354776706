"""Nothing here shows, copies or pickles a secret; a handle's repr tells its state."""

from __future__ import annotations

import copy
import pickle

import pytest

from digest_http import sspi
from digest_http.sspi import WindowsError
from tests.sspi.wiring import ALICE, DATA, PRIVACY, HTTPPair, SASLPair, buffers, client_handle, http_message

SECRET = ALICE["alice"]


def everything():
    """One of each object that holds or has held a secret."""
    http, sasl = HTTPPair().login(), SASLPair(client_flags=PRIVACY).login()
    message = http_message(http.sign())
    return [
        sspi.WinNTAuthIdentity("alice", None, SECRET),
        sspi.DigestIdentity("alice", None, SECRET),
        sspi.DigestAccounts(ALICE),
        sspi.WinNTAuthIdentityPackedCredential(
            sspi.WinNTAuthCredentialType.SEC_WINNT_AUTH_DATA_TYPE_PASSWORD, SECRET.encode()
        ),
        http.client_handle, http.server_handle, http.client, http.server, sasl.client, sasl.server,
        *(handle.digest_context for handle in (http.client, http.server, sasl.client, sasl.server)),
        http.client_handle.digest_credential, http.server_handle.digest_credential,
        sspi.query_context_attributes(http.server, sspi.SecPkgContextSessionKey),
        message, message[0], buffers((DATA, SECRET.encode())),
    ]  # fmt: skip


def test_no_repr_shows_a_secret():
    """Neither password, nor H(A1), nor a response."""
    for held in everything():
        shown = repr(held) + str(held)
        assert SECRET not in shown
        assert "response=" not in shown
        assert "session_key" not in shown


def test_empty_and_closed_handles_say_so():
    """A handle's repr tells its state."""
    pair = HTTPPair().login()
    assert repr(pair.client) == "<CtxtHandle HTTPClientContext: established>"
    sspi.delete_security_context(pair.client)
    assert repr(pair.client) == "<CtxtHandle HTTPClientContext: closed>"
    assert repr(sspi.CtxtHandle()) == "<CtxtHandle, empty>"
    assert repr(sspi.CredHandle()) == "<CredHandle, empty>"


def test_nothing_with_a_secret_is_pickled():
    """Handles and identities refuse, and are not copied either."""
    for held in everything():
        if isinstance(held, (sspi.CtxtHandle, sspi.CredHandle, sspi.AuthIdentity)):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(held)
            with pytest.raises(TypeError, match="cannot be pickled"):
                copy.copy(held)


def test_errors_quote_no_secret():
    """A refused logon names neither the user nor the password, in the error or its cause."""
    pair = SASLPair(client_handle("wrong s3cret"))
    response = pair.initialize(pair.accept(b"")[1])[1]
    with pytest.raises(WindowsError) as caught:
        pair.accept(response)
    text = str(caught.value) + str(caught.value.__cause__)
    assert "wrong s3cret" not in text
    assert SECRET not in text
    assert "alice" not in text
