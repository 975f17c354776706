"""The flags of HTTP contexts: what they choose, what is granted, and which are refused."""

from __future__ import annotations

import hashlib

import pytest

from digest_http import sspi
from digest_http.sspi import AscReq, IscReq, NtStatus
from tests.sspi.refusals import refused
from tests.sspi.wiring import BODY, INTEGRITY, TOKEN, HTTPPair, accept_input, buffers, server_handle


def test_flags_granted():
    """auth-int grants integrity, replay and sequence detection on both sides; auth grants none of them."""
    plain = HTTPPair().login()
    signed = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | INTEGRITY, server_flags=AscReq.ASC_REQ_SEQUENCE_DETECT)
    signed.login(hentity=BODY)

    def flags(context):
        return sspi.query_context_attributes(context, sspi.SecPkgContextFlags).flags

    assert flags(plain.client) == flags(plain.server) == 0
    assert flags(signed.client) == 0x1000C
    assert flags(signed.server) == 0x2000C


@pytest.mark.parametrize("flags", [IscReq.ISC_REQ_HTTP, IscReq.ISC_REQ_USE_HTTP_STYLE, IscReq.ISC_REQ_CONNECTION])
def test_what_says_http_to_a_client(flags):
    """The documented flag, curl's flag, or .NET's PKG_PARAMS buffers alone."""
    pair = HTTPPair(client_flags=flags)
    assert b'uri="/x"' in pair.respond(pair.challenge())


@pytest.mark.obeys("sspi-init-flags")
def test_integrity_is_all_or_nothing():
    """A client that asks for integrity stops where it is not offered, with a qop or without any."""
    for challenge in (HTTPPair().challenge(), b'realm="r", nonce="n"'):
        pair = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | INTEGRITY)
        with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
            pair.respond(challenge)


def test_integrity_without_a_hash_covers_an_empty_body():
    """HEntity may be empty; then the body counts as empty, and qop is auth-int all the same."""
    pair = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | INTEGRITY, server_flags=AscReq.ASC_REQ_INTEGRITY)
    token = pair.respond(pair.challenge())
    assert b'qop="auth-int"' in token
    assert pair.accept(token, hentity=hashlib.md5(b"").hexdigest().encode()).status is NtStatus.SEC_E_OK


@pytest.mark.obeys("sspi-init-flags")
@pytest.mark.parametrize("flag", [IscReq.ISC_REQ_DELEGATE, IscReq.ISC_REQ_PROMPT_FOR_CREDS])
def test_flags_that_digest_refuses(flag):
    """Delegation and prompting are SEC_E_UNSUPPORTED_FUNCTION."""
    pair = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | flag)
    with refused(NtStatus.SEC_E_UNSUPPORTED_FUNCTION):
        pair.respond(b'realm="r", nonce="n", qop="auth"')


@pytest.mark.obeys("sspi-accept-flags")
@pytest.mark.parametrize("flag", [AscReq.ASC_REQ_MUTUAL_AUTH, AscReq.ASC_REQ_STREAM, AscReq(0x02000000)])
def test_flags_that_the_page_does_not_list(flag):
    """Any other flag of accept_security_context is SEC_E_SECURITY_QOS_FAILED."""
    with refused(NtStatus.SEC_E_SECURITY_QOS_FAILED):
        HTTPPair(server_flags=flag).challenge()


def test_memory_is_allocated_on_demand():
    """With ALLOCATE_MEMORY an empty output buffer is filled; the flag comes back; without it, it is too small."""
    for flags, size in ((AscReq.ASC_REQ_HTTP | AscReq.ASC_REQ_ALLOCATE_MEMORY, True), (AscReq.ASC_REQ_HTTP, False)):
        output = buffers((TOKEN, None))
        arguments = (server_handle(), None, accept_input(b""), flags, 0, output)
        if size:
            result = sspi.accept_security_context(*arguments)
            assert result.attributes == sspi.AscRet.ASC_RET_ALLOCATED_MEMORY
            assert output[0].data.startswith(b"realm=")
        else:
            with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
                sspi.accept_security_context(*arguments)
