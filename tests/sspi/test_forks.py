"""The child of a fork: contexts of its parent are not good in both."""

from __future__ import annotations

import os

import pytest

from digest_http import sspi
from digest_http.sspi import NtStatus, WindowsError
from tests.sspi.wiring import HTTPPair, http_message
from tests.support.forked import held, in_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def status_of(call, *arguments):
    """The status that a function ends with."""
    try:
        call(*arguments)
    except WindowsError as error:
        return error.status
    return NtStatus.SEC_E_OK


def test_a_request_is_verified_in_one_process():
    """What the parent's context takes, its copies in children do not; a child's own contexts are good."""
    pair = HTTPPair().login()
    token = pair.sign()
    for _ in range(3):
        status = in_child(status_of, sspi.verify_signature, pair.server, http_message(token), 0)
        assert status == NtStatus.SEC_E_CONTEXT_EXPIRED
    assert sspi.verify_signature(pair.server, http_message(token), 0) == 0

    def own():
        mine = HTTPPair(client_handle=pair.client_handle, server_handle=pair.server_handle).login()
        return status_of(sspi.verify_signature, mine.server, http_message(mine.sign()), 0)

    assert in_child(own) is NtStatus.SEC_E_OK


def test_an_export_is_imported_in_one_process():
    """A blob names a context of the process that made it."""
    blob = sspi.export_security_context(HTTPPair().login().client)
    assert in_child(status_of, sspi.import_security_context, "WDigest", blob) == NtStatus.SEC_E_UNKNOWN_CREDENTIALS
    assert isinstance(sspi.import_security_context("WDigest", blob), sspi.CtxtHandle)


def test_locks_that_another_thread_holds():
    """A child does not wait for a thread that it does not have."""
    pair = HTTPPair().login()
    service = pair.server.digest_context.service  # whose lock a step of another thread holds

    def work():
        pair.challenge()
        return len(sspi.export_security_context(pair.client))

    with held(service._lock), held(sspi.lifetime._exported._lock):  # noqa: SLF001 - as above
        assert in_child(work) == 32
