"""What callers and peers can make pile up is bounded: realms, live contexts, exported contexts."""

from __future__ import annotations

from digest_http import sspi
from digest_http.sspi import NtStatus
from tests.sspi.refusals import refused
from tests.sspi.wiring import HTTPPair, server_handle


def test_as_many_realms_as_the_caller_likes():
    """The realms kept on one handle are bounded; one that was dropped is made anew and still works."""
    pair = HTTPPair()
    token = pair.respond(pair.challenge(realm="first"))
    for number in range(100):
        pair.challenge(realm=f"realm{number}")
    assert pair.accept(token, realm="first").status is NtStatus.SEC_E_OK


def test_live_contexts_are_bounded(monkeypatch):
    """Beyond the bound the oldest is forgotten; its next request begins a context of its own, the count goes on."""
    monkeypatch.setattr("digest_http.sspi.contexts.http_realms.MAX_LIVE", 1)
    server = server_handle()
    first = HTTPPair(server_handle=server).login()
    HTTPPair(server_handle=server).login()
    replay = first.sign()
    assert first.accept(replay).status is NtStatus.SEC_E_OK
    first.server = None
    assert first.accept(first.sign()).status is NtStatus.SEC_I_COMPLETE_NEEDED


def test_exports_nobody_imports_are_bounded(monkeypatch):
    """The oldest blob is given up first."""
    monkeypatch.setattr("digest_http.sspi.lifetime.MAX_EXPORTED", 1)
    context = HTTPPair().login().client
    first, second = sspi.export_security_context(context), sspi.export_security_context(context)
    with refused(NtStatus.SEC_E_UNKNOWN_CREDENTIALS):
        sspi.import_security_context("WDigest", first)
    sspi.import_security_context("WDigest", second)
