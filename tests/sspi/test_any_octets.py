"""Whatever a peer sends, a function ends in a code: WindowsError or a result, never another exception."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from digest_http import sspi
from digest_http.credentials import Credentials
from digest_http.sspi import SecChannelBindings, WindowsError
from tests.sspi.wiring import (
    BINDINGS,
    DATA,
    PARAMS,
    PRIVACY,
    STREAM,
    TARGET_HOST,
    TOKEN,
    HTTPPair,
    SASLPair,
    accept_input,
    buffers,
    client_handle,
    http_message,
    server_handle,
)

CLIENT, SERVER = client_handle(), server_handle()
VALUE = st.binary(max_size=40) | st.sampled_from(
    [b"alice", b"field", b"auth", b"MD5-sess", b"00000001", b"+Upgraded+v1"]
)
NAME = st.sampled_from(
    b"username realm nonce uri response algorithm qop nc cnonce opaque hashed-dirs service-name channel-binding "
    b"digest-uri charset cipher maxbuf authzid rspauth stale".split()
)
LISTS = st.lists(st.tuples(NAME, VALUE), max_size=14).map(
    lambda pairs: b",".join(name + b'="' + value.replace(b'"', b"") + b'"' for name, value in pairs)
)
OCTETS = st.binary(max_size=300) | LISTS


def changed(token: bytes, position: int, octets: bytes) -> bytes:
    """A token with something else in one place."""
    position %= len(token)
    return token[:position] + octets + token[position + len(octets) :]


@given(OCTETS, st.sampled_from([0, 0x10000000, 0x10000]))
def test_challenges(token, flags):
    """A client given any challenge, for HTTP and for SASL."""
    for target, given_ in (
        ("/x", buffers((TOKEN, token), (PARAMS, b"GET"), (PARAMS, b""))),
        ("ldap/dc1", buffers((TOKEN, token))),
    ):
        with contextlib.suppress(WindowsError):
            sspi.initialize_security_context(CLIENT, None, target, flags, 0, given_, buffers((TOKEN, 8192)))


@given(OCTETS)
def test_responses(token):
    """A server given any response, for HTTP and for SASL."""
    with contextlib.suppress(WindowsError):
        sspi.accept_security_context(SERVER, None, accept_input(token), 0, 0, buffers((TOKEN, 8192)))
    pair = SASLPair(server_handle=SERVER)
    pair.accept(b"")
    with contextlib.suppress(WindowsError):
        pair.accept(token)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_altered_requests_are_refused(position, octets):
    """A signed request with anything in it changed: never accepted, unless the change means the same."""
    pair = HTTPPair(CLIENT, SERVER).login()
    token = pair.sign()
    other = changed(token, position, octets)
    accepted = False
    with contextlib.suppress(WindowsError):
        sspi.verify_signature(pair.server, http_message(other), 0)
        accepted = True
    if accepted:
        # What no digest covers: opaque, letter case and blanks of the list itself.
        assert pair.server.digest_context._last.credentials._replace(opaque=None) == (  # noqa: SLF001 - what was read
            Credentials.parse(token)._replace(opaque=None)
        )


@given(st.binary(max_size=80), st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_records(octets, position, change):
    """Any octets as a record or a signature, and any change of a right one: never a message."""
    pair = SASLPair(client_flags=PRIVACY, client_handle=CLIENT, server_handle=SERVER).login()
    sealing = buffers((DATA, b"a message"), (TOKEN, 24))
    sspi.encrypt_message(pair.client, 0, sealing, 0)
    record = sealing[0].data + sealing[1].data
    for tried in (octets, changed(record, position, change)):
        array = buffers((STREAM, tried), (DATA, None))
        with contextlib.suppress(WindowsError):
            sspi.decrypt_message(pair.server, array, 0)
            assert tried == record
    with contextlib.suppress(WindowsError):
        sspi.verify_signature(pair.client, buffers((DATA, b"m"), (TOKEN, octets)), 0)
        raise AssertionError("no signature was made")


@given(st.binary(max_size=120), st.binary(max_size=40))
def test_bindings(blob, name):
    """Any octets as SEC_CHANNEL_BINDINGS, and as a service name."""
    with contextlib.suppress(WindowsError):
        SecChannelBindings.parse(blob).digest()
    pair = HTTPPair(CLIENT, SERVER)
    with contextlib.suppress(WindowsError):
        pair.respond(pair.challenge(), extra=((TARGET_HOST, name), (BINDINGS, blob)))


@given(st.binary(max_size=20), st.binary(max_size=20), st.binary(max_size=40), st.binary(max_size=20))
def test_requests(method, url, hentity, realm):
    """Any method, target, body hash and realm, on all functions that take them."""
    pair = HTTPPair(CLIENT, SERVER).login()
    for call in (
        lambda: sspi.make_signature(pair.client, 0, http_message(b"", method, url, hentity), 0),
        lambda: sspi.verify_signature(pair.server, http_message(pair.sign(), method, url, hentity), 0),
        lambda: sspi.accept_security_context(
            SERVER, None, buffers((TOKEN, b""), *[(PARAMS, octets) for octets in (method, url, hentity, realm)]), 0, 0,
            buffers((TOKEN, 8192)),
        ),
    ):  # fmt: skip
        with contextlib.suppress(WindowsError):
            call()
