"""query_context_attributes: every attribute, on all four kinds of context."""

from __future__ import annotations

import time

import pytest

from digest_http import sspi
from digest_http.sspi import AscReq, IscReq, NtStatus, WindowsError, dispatch
from digest_http.sspi.query_attributes import BY_NUMBER
from tests.sspi.wiring import (
    INTEGRITY,
    NOTHING,
    PRIVACY,
    TOKEN,
    HTTPPair,
    SASLPair,
    accept_input,
    buffers,
    client_handle,
    server_handle,
)

FOREVER = 0x7FFFFFFFFFFFFFFF
KINDS = ["http client", "http server", "sasl client", "sasl server"]


@pytest.fixture(params=KINDS)
def context(request):
    """An established context of each kind."""
    kind, _, side = request.param.partition(" ")
    pair = HTTPPair().login() if kind == "http" else SASLPair(client_flags=PRIVACY).login()
    return getattr(pair, side)


def ask(context, kind):
    """query_context_attributes."""
    return sspi.query_context_attributes(context, kind)


@pytest.mark.obeys("sspi-attributes")
def test_numbers_lead_to_types(context):
    """SpQueryContextAttributes finds each type by the number of sspi.h; the value is the same."""
    for number, kind in BY_NUMBER.items():
        if kind in (sspi.SecPkgContextStreamSizes, sspi.SecPkgContextClientSpecifiedTarget):
            continue
        value = dispatch.SpQueryContextAttributes(context, number)
        assert type(value) is kind
        assert value == ask(context, kind)


def test_what_all_contexts_know(context):
    """Names, realm, package, times and state."""
    assert ask(context, sspi.SecPkgContextNames).username == "alice"
    assert ask(context, sspi.SecPkgContextAuthority).authority_name == "field"
    assert ask(context, sspi.SecPkgContextNativeNames).client_name == "alice"
    assert ask(context, sspi.SecPkgContextNativeNames).server_name in ("/x", "ldap/dc1.example.com")
    assert ask(context, sspi.SecPkgContextPasswordExpiry).password_expires == FOREVER
    info = ask(context, sspi.SecPkgContextNegotiationInfo)
    assert (info.package_info.name, info.negotiation_state) == ("WDigest", 0)
    package = ask(context, sspi.SecPkgContextPackageInfo)
    assert (package.capabilities, package.version, package.rpcid, package.max_token) == (0x00800304, 1, 21, 4096)
    assert (package.name, package.comment) == ("WDigest", "Digest Authentication for Windows")
    lifespan = ask(context, sspi.SecPkgContextLifespan)
    assert lifespan.expiry == FOREVER
    assert abs((lifespan.start - 116_444_736_000_000_000) / 10_000_000 - time.time()) < 60


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"])
def test_http_session_keys_agree(algorithm):
    """H(A1) is the same on both sides, raw, and kept out of repr; so are the algorithm's name and number."""
    pair = HTTPPair(server_handle=server_handle(algorithms=[algorithm])).login()
    one, other = (ask(context, sspi.SecPkgContextSessionKey) for context in (pair.client, pair.server))
    assert one == other
    assert len(one.session_key) == (16 if "MD5" in algorithm else 32)
    assert one.session_key.hex() not in repr(one)
    info = ask(pair.client, sspi.SecPkgContextKeyInfo)
    assert info == ask(pair.server, sspi.SecPkgContextKeyInfo)
    assert (info.signature_algorithm_name, info.encrypt_algorithm_name) == (algorithm, "")
    assert info.signature_algorithm == (0x8003 if "MD5" in algorithm else 0x800C)
    assert info.key_size == 8 * len(one.session_key)


def test_http_sizes():
    """A signature is a whole Authorization value; nothing is sealed, and there are no stream sizes."""
    context = HTTPPair().login().client
    assert ask(context, sspi.SecPkgContextSizes) == sspi.SecPkgContextSizes(4096, 4096, 1, 0)
    with pytest.raises(WindowsError, match="SEC_E_UNSUPPORTED_FUNCTION "):
        ask(context, sspi.SecPkgContextStreamSizes)


@pytest.mark.parametrize(
    ("flags", "cipher", "sizes", "key"),
    [
        (INTEGRITY, "3des", (4096, 16, 1, 16), ("HMAC-MD5", "", 128, 0x8009, 0)),
        (PRIVACY, "3des", (4096, 16, 8, 24), ("HMAC-MD5", "3DES", 112, 0x8009, 0x6609)),
        (PRIVACY, "rc4", (4096, 16, 1, 16), ("HMAC-MD5", "RC4", 128, 0x8009, 0x6801)),
    ],
)
def test_sasl_sizes_and_keys(flags, cipher, sizes, key):
    """Signature and block together hold the longest trailer; the longest message is the peer's maxbuf less it."""
    pair = SASLPair(client_handle(ciphers=[cipher]), client_flags=flags).login()
    for context in (pair.client, pair.server):
        assert ask(context, sspi.SecPkgContextSizes) == sspi.SecPkgContextSizes(*sizes)
        assert ask(context, sspi.SecPkgContextKeyInfo) == sspi.SecPkgContextKeyInfo(*key)
        stream = ask(context, sspi.SecPkgContextStreamSizes)
        assert stream == sspi.SecPkgContextStreamSizes(0, sizes[3], 65536 - sizes[3], 2, sizes[2])
    one, other = (ask(context, sspi.SecPkgContextSessionKey).session_key for context in (pair.client, pair.server))
    assert one == other
    assert len(one) == 16


def test_without_a_layer_a_signature_has_no_size():
    """qop=auth: cbMaxSignature 0, which callers read as "cannot sign", and no stream sizes."""
    context = SASLPair(client_flags=NOTHING).login().client
    assert ask(context, sspi.SecPkgContextSizes) == sspi.SecPkgContextSizes(4096, 0, 1, 0)
    with pytest.raises(WindowsError, match="SEC_E_UNSUPPORTED_FUNCTION "):
        ask(context, sspi.SecPkgContextStreamSizes)


def half_made():
    """Contexts on the way: each kind that exists before it is established."""
    http, sasl = HTTPPair(), SASLPair()
    http.challenge()
    sasl.accept(b"")
    sasl.initialize(b"")
    return [http.server, sasl.server, sasl.client]


def test_what_is_known_early():
    """Sizes, flags, times and package can be asked for at any time; names and keys only once they are proved."""
    for context in half_made():
        assert ask(context, sspi.SecPkgContextSizes).max_token == 4096
        assert ask(context, sspi.SecPkgContextFlags).flags == 0
        assert ask(context, sspi.SecPkgContextNegotiationInfo).negotiation_state == 2
        for kind in (sspi.SecPkgContextNames, sspi.SecPkgContextSessionKey, sspi.SecPkgContextKeyInfo):
            with pytest.raises(WindowsError, match="SEC_E_INVALID_HANDLE "):
                ask(context, kind)


def test_half_made_contexts_do_not_sign():
    """SEC_E_INVALID_HANDLE from all message functions before the context is established."""
    for context in half_made():
        for call in (
            lambda given: sspi.make_signature(given, 0, buffers(), 0),
            lambda given: sspi.verify_signature(given, buffers(), 0),
            lambda given: sspi.encrypt_message(given, 0, buffers(), 0),
            lambda given: sspi.decrypt_message(given, buffers(), 0),
            lambda given: sspi.complete_auth_token(given, buffers()),
        ):
            with pytest.raises(WindowsError, match="SEC_E_INVALID_HANDLE "):
                call(context)


def test_what_is_no_attribute():
    """A type that is none is a TypeError, as in sspilib."""
    with pytest.raises(TypeError, match="SecPkgContext"):
        ask(HTTPPair().login().client, int)


@pytest.mark.obeys("sspi-complete")
def test_there_is_nothing_to_complete_but_for_http_servers():
    """complete_auth_token does nothing on the other three kinds."""
    http, sasl = HTTPPair().login(), SASLPair().login()
    for context in (http.client, sasl.client, sasl.server):
        sspi.complete_auth_token(context, buffers())


def test_a_handle_of_another_kind():
    """A client's context given to a server's function, or the kind changed on the way: SEC_E_INVALID_HANDLE."""
    sasl, http = SASLPair(), HTTPPair()
    sasl.accept(b"")
    with pytest.raises(WindowsError, match="SEC_E_INVALID_HANDLE "):
        sspi.initialize_security_context(
            client_handle(), sasl.server, "ldap/dc1", 0, 0, buffers((TOKEN, b"")), buffers((TOKEN, 4096))
        )
    http.challenge()
    with pytest.raises(WindowsError, match="SEC_E_INVALID_HANDLE "):
        sspi.initialize_security_context(
            client_handle(), http.server, "/x", IscReq.ISC_REQ_HTTP, 0, accept_input(b"x"), buffers((TOKEN, 4096))
        )


def test_output_without_a_buffer():
    """A token that has nowhere to go is SEC_E_INVALID_TOKEN; no token needs no buffer."""
    with pytest.raises(WindowsError) as caught:
        sspi.accept_security_context(server_handle(), None, accept_input(b""), AscReq.ASC_REQ_HTTP, 0, None)
    assert caught.value.status is NtStatus.SEC_E_INVALID_TOKEN
    pair = HTTPPair()
    token = pair.respond(pair.challenge())
    result = sspi.accept_security_context(pair.server_handle, pair.server, accept_input(token), 0, 0, None)
    assert result.status is NtStatus.SEC_E_OK
