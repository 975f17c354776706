"""Channel bindings and service names: each policy against each kind of client, for HTTP and for SASL."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import sys
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from digest_http import sspi
from digest_http.errors import ConfigurationError
from digest_http.sspi import AscReq, NtStatus, WindowsError
from tests.sspi.wiring import BINDINGS, TARGET_HOST, HTTPPair, SASLPair, accept_input, http_message

OURS, OTHERS, NONE = (
    sspi.SecChannelBindings(application_data=data).get_sec_buffer_copy().data for data in (b"tls:1", b"tls:2", None)
)
SPN = (TARGET_HOST, b"HTTP/host")
ALLOW, PROXY = AscReq.ASC_REQ_ALLOW_MISSING_BINDINGS, AscReq.ASC_REQ_PROXY_BINDINGS

# policy: (flags, whether the server gives its bindings)
POLICIES = {"never": (0, False), "allow": (ALLOW, True), "require": (0, True), "trusted proxy": (PROXY, False)}
CLIENTS: dict[str, tuple[tuple[int, bytes], ...]] = {
    "silent": (),
    "no TLS": (SPN,),
    "same channel": (SPN, (BINDINGS, OURS)),
    "other channel": (SPN, (BINDINGS, OTHERS)),
}
ACCEPTED = {
    "never": {"silent", "no TLS", "same channel", "other channel"},
    "allow": {"silent", "same channel"},
    "require": {"same channel"},
    "trusted proxy": {"same channel", "other channel"},
}


def bad_bindings() -> Any:
    """The error of a wrong binding."""
    return pytest.raises(WindowsError, match="SEC_E_BAD_BINDINGS ")


@pytest.mark.parametrize(
    "directives",
    [
        b', service-name="HTTP/host"',
        b", channel-binding=00",
        b', hashed-dirs="service-name,channel-binding"',
        b',SERVICE-NAME="x"',
        b", x=service-name",
    ],
)
@pytest.mark.parametrize("requests", [0, 3], ids=["the second request", "a later one"])
def test_directives_that_nothing_covers(directives, requests):
    """Anyone could have added them: refused, whatever was learnt of the client's spelling; the count is not spent."""
    pair = HTTPPair().login()
    for _ in range(requests):
        sspi.verify_signature(pair.server, http_message(pair.sign()), 0)
    token = pair.sign()
    if directives.startswith(b", x="):  # a value is no directive
        assert sspi.verify_signature(pair.server, http_message(token + directives), 0) == 0
        return
    with bad_bindings():
        sspi.verify_signature(pair.server, http_message(token + directives), 0)
    assert sspi.verify_signature(pair.server, http_message(token), 0) == 0


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("policy", POLICIES)
def test_http_policies(policy, client):
    """The table of policies; what is refused has not spent the count."""
    flags, has_bindings = POLICIES[policy]
    pair = HTTPPair(server_flags=AscReq(flags))
    bindings = OURS if has_bindings else None
    token = pair.respond(pair.challenge(bindings=bindings), extra=CLIENTS[client])
    if client in ACCEPTED[policy]:
        assert pair.accept(token, bindings=bindings).status is NtStatus.SEC_E_OK
        return
    with bad_bindings():
        pair.accept(token, bindings=bindings)
    pair.server_flags = AscReq(0)
    assert pair.accept(token).status is NtStatus.SEC_E_OK


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("policy", POLICIES)
def test_sasl_policies(policy, client):
    """The same for DIGEST-MD5, where a client without a service name of its own sends its digest-uri."""
    flags, has_bindings = POLICIES[policy]
    pair = SASLPair(server_flags=AscReq(flags))
    extra = ((BINDINGS, OURS),) if has_bindings else ()
    response = pair.initialize(pair.accept(b"", *extra)[1], *CLIENTS[client])[1]
    if client in ACCEPTED[policy]:
        assert pair.accept(response, *extra)[0] is NtStatus.SEC_E_OK
        return
    with bad_bindings():
        pair.accept(response, *extra)


def test_both_flags_exclude_each_other():
    """PROXY_BINDINGS with ALLOW_MISSING_BINDINGS is SEC_E_SECURITY_QOS_FAILED."""
    with pytest.raises(WindowsError, match="SEC_E_SECURITY_QOS_FAILED "):
        HTTPPair(server_flags=ALLOW | PROXY).challenge()


def test_the_bindings_hold_for_later_requests():
    """The context remembers its policy: the next request needs the same binding, under the same response."""
    pair = HTTPPair(server_flags=AscReq(0))
    token = pair.respond(pair.challenge(), extra=CLIENTS["same channel"])
    pair.server = pair.accept(token, pair.server, bindings=OURS).context
    sspi.complete_auth_token(pair.server, accept_input(pair.sign()))
    stripped = pair.sign().partition(b", hashed-dirs=")[0]
    with bad_bindings():
        sspi.complete_auth_token(pair.server, accept_input(stripped))


@pytest.mark.obeys("sspi-bindings")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'service-name="HTTP/host"', b'service-name="HTTP/evil"'),
        (b'hashed-dirs="service-name,channel-binding"', b'hashed-dirs="service-name"'),
        (b', hashed-dirs="service-name,channel-binding"', b""),
    ],
    ids=["other name", "fewer names", "no names"],
)
def test_directives_that_the_cnonce_does_not_bear_out(old, new):
    """The directives are covered by the cnonce alone, so the cnonce has to fit them, whatever the policy."""
    pair = HTTPPair(server_flags=AscReq(0))
    token = pair.respond(pair.challenge(), extra=CLIENTS["same channel"])
    assert old in token
    with bad_bindings():
        pair.accept(token.replace(old, new))


def test_directives_beside_a_plain_cnonce():
    """Directives that somebody added to the response of a client that said nothing."""
    pair = HTTPPair(server_flags=AscReq(0))
    token = pair.respond(pair.challenge())
    with bad_bindings():
        pair.accept(token + b', service-name="HTTP/host"')


def test_a_server_that_cannot_check_is_told_nothing():
    """Without +Upgraded+v1 in its nonce the client sends no directives."""
    pair = HTTPPair()
    token = pair.respond(b'realm="r", nonce="n", algorithm=MD5, qop="auth"', extra=CLIENTS["same channel"])
    assert b"hashed-dirs" not in token
    assert b"+Upgraded" not in token


@pytest.mark.obeys("sspi-bindings")
def test_a_nonce_robbed_of_its_prefix_is_not_ours():
    """A man in the middle cannot talk the client out of bindings: the nonce without its prefix was never issued."""
    pair = HTTPPair(server_flags=AscReq(0))
    token = pair.respond(pair.challenge().replace(b"+Upgraded+v1", b""), extra=CLIENTS["same channel"])
    assert pair.accept(token).status is NtStatus.SEC_I_CONTINUE_NEEDED
    pair.client = None
    token = pair.respond(pair.challenge().replace(b"+Upgraded+v1", b"-Upgraded+v1"), extra=CLIENTS["same channel"])
    assert pair.accept(token).status is NtStatus.SEC_I_CONTINUE_NEEDED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_the_service_name_comes_in_either_encoding(encoding):
    """The page says UTF-8, .NET passes UTF-16LE; both ends of the context know the name."""
    pair = HTTPPair(server_flags=AscReq(0))
    token = pair.respond(pair.challenge(), extra=((TARGET_HOST, "HTTP/höst".encode(encoding)),))
    context = pair.accept(token).context
    for end in (context, pair.client):
        found = sspi.query_context_attributes(end, sspi.SecPkgContextClientSpecifiedTarget)
        assert found.target_name == "HTTP/höst"


def test_without_a_claim_there_is_no_such_attribute():
    """CLIENT_SPECIFIED_TARGET is SEC_E_UNSUPPORTED_FUNCTION where the client sent none."""
    pair, sasl = HTTPPair().login(), SASLPair().login()
    for context in (pair.client, pair.server, sasl.client, sasl.server):
        with pytest.raises(WindowsError, match="SEC_E_UNSUPPORTED_FUNCTION "):
            sspi.query_context_attributes(context, sspi.SecPkgContextClientSpecifiedTarget)


def test_the_blob_round_trips():
    """All fields of SEC_CHANNEL_BINDINGS survive the blob, and addresses count in the hash."""
    full = sspi.SecChannelBindings(
        initiator_addr_type=2, initiator_addr=b"ab", acceptor_addr_type=3, acceptor_addr=b"cde", application_data=b"t"
    )
    again = sspi.SecChannelBindings.parse(full.get_sec_buffer_copy().data)
    assert vars(again) == vars(full)
    assert repr(again) == repr(full)
    expected = b"\2\0\0\0\2\0\0\0ab\3\0\0\0\3\0\0\0cde\1\0\0\0t"
    assert full.digest() == hashlib.md5(expected).hexdigest().encode()
    assert sspi.SecChannelBindings().digest() == b"0" * 32


def certificate(key: Any, algorithm: Any) -> bytes:
    """A self-signed certificate, DER."""
    name = x509.Name([])
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + dt.timedelta(days=1))
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


# Made once with openssl req -x509 -sha1: builds of OpenSSL sign no certificates with SHA-1 any more.
SIGNED_WITH_SHA1 = base64.b64decode(
    "MIIBEjCBugIUbBIobHk7ewZaLegBLxW6KPT0Rg4wCQYHKoZIzj0EATAMMQowCAYDVQQDDAFoMCAXDTI2MTEyMTE0MTgyNVoYDzIx"
    "MjYxMDI4MTQxODI1WjAMMQowCAYDVQQDDAFoMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEX9DltIxNRhlMdHn0PAs6tjdPu/k1"
    "beafj0LZLNw8ylsVGmF5bUwWgRK2sb4Bzfl64V99ETsCvq/W8SlFo3C3vTAJBgcqhkjOPQQBA0gAMEUCIFxvV/ILZ3HzSQCE2ieu"
    "/BcU2PXw654B4cmiFJ4wXNs5AiEA4U9dC+XefKrEI4IOqryB74pqjHHpNDIU6UQXSHLl1Uw="
)


@pytest.mark.obeys("sspi-end-point")
@pytest.mark.parametrize(
    ("signed", "hashed"), [(None, "sha256"), (hashes.SHA256(), "sha256"), (hashes.SHA384(), "sha384")],
    ids=["sha1", "sha256", "sha384"],
)  # fmt: skip
def test_tls_server_end_point(signed, hashed):
    """RFC 5929 §4.1: the hash of the certificate's signature, but SHA-256 for MD5 and SHA-1."""
    der = SIGNED_WITH_SHA1 if signed is None else certificate(ec.generate_private_key(ec.SECP256R1()), signed)
    bindings = sspi.tls_server_end_point(der)
    assert bindings.application_data == b"tls-server-end-point:" + hashlib.new(hashed, der).digest()


def test_tls_server_end_point_needs_a_hash():
    """Ed25519 names no hash of its own: RFC 5929 has no binding for it."""
    with pytest.raises(ValueError, match="names no hash"):
        sspi.tls_server_end_point(certificate(ed25519.Ed25519PrivateKey.generate(), None))


def test_tls_server_end_point_without_cryptography(monkeypatch):
    """The missing package is named; nothing else in the module needs it."""
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(ConfigurationError, match="cryptography"):
        sspi.tls_server_end_point(b"")
