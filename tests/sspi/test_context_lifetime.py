"""Contexts before they have begun and after their end: no keys, and codes that say so."""

from __future__ import annotations

import gc
import weakref

import pytest

from digest_http import sspi
from digest_http.sspi import NtStatus
from digest_http.sspi.contexts.http_client_context import HTTPClientContext
from tests.sspi.refusals import refused
from tests.sspi.wiring import ALICE, PRIVACY, HTTPPair, SASLPair, buffers

SECRET = ALICE["alice"]


@pytest.mark.parametrize("ask", ["session_key", "key_info"])
def test_a_context_that_has_not_begun_knows_no_keys(ask):
    """Asked directly, each kind says SEC_E_INVALID_HANDLE rather than anything made up."""
    http, sasl = HTTPPair(), SASLPair()
    http.challenge()
    sasl.initialize(b"")
    fresh = HTTPClientContext(sspi.DigestIdentity("alice", None, SECRET))
    assert (fresh.username, fresh.realm, fresh.target) == ("", "", "")
    for context in (http.server.digest_context, sasl.client.digest_context, fresh):
        with refused(NtStatus.SEC_E_INVALID_HANDLE):
            getattr(context, ask)()


def test_contexts_are_deleted_on_the_way():
    """A handle may be given up before its exchange is over; the password is not held any longer."""
    http, sasl = HTTPPair(), SASLPair()
    http.challenge()
    sasl.initialize(b"")
    sasl.accept(b"")
    for context in (http.server, sasl.client, sasl.server):
        sspi.delete_security_context(context)
        assert context.digest_context.closed
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        sasl.initialize(b"")


def test_deleted_contexts_are_expired():
    """Deleting drops the keys; again is no error, any use is SEC_E_CONTEXT_EXPIRED."""
    for pair in (HTTPPair().login(), SASLPair(client_flags=PRIVACY).login()):
        for context in (pair.client, pair.server):
            sspi.delete_security_context(context)
            sspi.delete_security_context(context)
            for call in (
                lambda given: sspi.make_signature(given, 0, buffers(), 0),
                lambda given: sspi.decrypt_message(given, buffers(), 0),
                lambda given: sspi.query_context_attributes(given, sspi.SecPkgContextNames),
                sspi.export_security_context,
            ):
                with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
                    call(context)


def test_a_closed_http_server_gives_no_key():
    """H(A1) is gone with the context, also for one who still holds what is behind the handle."""
    pair = HTTPPair().login()
    behind = pair.server.digest_context
    sspi.delete_security_context(pair.server)
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        behind.session_key()


def test_a_client_context_goes_with_its_handle():
    """Nothing else holds a client's context: garbage collection frees it, as in sspilib."""
    pair = HTTPPair().login()
    alive = weakref.ref(pair.client.digest_context)
    pair.client = None
    gc.collect()
    assert alive() is None
