"""Inputs that were reported for the SSPI names: several buffers, flags, codes, types and looks."""

from __future__ import annotations

import pytest

from digest_http import sspi
from digest_http.buffers import HTTPMessage
from digest_http.sspi import IscReq, NtStatus, SecBuffer, SecBufferDesc, SecBufferFlags
from tests.sspi.records import seal, unseal
from tests.sspi.refusals import refused
from tests.sspi.scenarios.contexts import use_up
from tests.sspi.wiring import (
    DATA,
    EMPTY,
    INTEGRITY,
    PADDING,
    PARAMS,
    PRIVACY,
    STREAM_HEADER,
    STREAM_TRAILER,
    TOKEN,
    HTTPPair,
    SASLPair,
    accept_input,
    buffers,
    client_handle,
)

READONLY, CHECKSUM = SecBufferFlags.SECBUFFER_READONLY, SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM


@pytest.fixture(params=[(INTEGRITY, "3des"), (PRIVACY, "3des"), (PRIVACY, "rc4")], ids=["auth-int", "3des", "rc4"])
def pair(request):
    """Both sides, once with each layer."""
    flags, cipher = request.param
    return SASLPair(client_handle(ciphers=[cipher]), client_flags=flags).login()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        pytest.param([(DATA, b"first"), (DATA, b"the second one, of 30 octets.."), (PADDING, 24)], (0, 1), id="1"),
        pytest.param([(TOKEN, 24), (DATA, b"first"), (DATA, b"the second one")], (1, 2), id="1-token"),
        pytest.param([(DATA, b"text"), (PADDING, 24), (DATA | READONLY, b"header")], (0,), id="2-header-last"),
        pytest.param([(DATA | CHECKSUM, b"header"), (DATA, b"text"), (TOKEN, 24)], (1,), id="2-dce"),
        pytest.param([(STREAM_HEADER, 0), (DATA, b"text"), (STREAM_TRAILER, 24), (EMPTY, 0)], (1,), id="4"),
    ],
)
def test_arrays_that_lost_data_or_did_not_come_back(pair, parts, message):
    """All data arrives, what is marked is untouched, and the sender's own array is opened again."""
    for sender, receiver in pair.ends():
        array = buffers(*parts)
        before = [buffer.data for buffer in array]
        sspi.encrypt_message(sender, 0, array, 0)
        record = b"".join(buffer.data for buffer in array if not buffer.readonly)
        assert unseal(receiver, record) == b"".join(before[place] for place in message)
        array = buffers(*parts)
        sspi.encrypt_message(sender, 0, array, 0)
        sspi.decrypt_message(receiver, array, 0)
        assert [array[place].data for place in message] == [before[place] for place in message]
        assert all(buffer.data == before[place] for place, buffer in enumerate(array) if buffer.readonly)


def test_2_a_context_that_a_wrong_record_ended_says_so(pair):
    """It is CONTEXT_EXPIRED for the right record, and its repr says closed."""
    record = seal(pair.client, b"message")
    with refused(NtStatus.SEC_E_MESSAGE_ALTERED):
        unseal(pair.server, b"?" * 8 + record[8:])
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        unseal(pair.server, record)
    assert repr(pair.server) == "<CtxtHandle SASLServerContext: closed>"


@pytest.mark.parametrize("flag", [READONLY, CHECKSUM])
def test_3_read_only_data_is_not_signed(pair, flag):
    """A signature holds with another READONLY buffer, or with none."""
    token = SecBuffer(bytearray(16), TOKEN)
    data = SecBuffer(bytearray(b"signed"), DATA)
    marked = SecBuffer(bytearray(b"marked"), DATA, flag)
    sspi.make_signature(pair.client, 0, SecBufferDesc([marked, data, token]), 0)
    assert sspi.verify_signature(pair.server, SecBufferDesc([data, token]), 0) == 0


def test_5_make_signature_asks_for_a_new_handshake_when_its_counts_are_used_up():
    """SEC_I_RENEGOTIATE comes up, where it was SEC_E_OUT_OF_SEQUENCE."""
    pair = use_up(HTTPPair().login())
    with refused(NtStatus.SEC_I_RENEGOTIATE):
        pair.sign()


def test_8_a_retry_after_too_small_an_output():
    """HTTP: the retry on the same handle has the same nc. SASL: the last step gives its proof once there is room."""
    http = HTTPPair().login()
    challenge = http.challenge()
    given = buffers((TOKEN, challenge), (PARAMS, b"GET"), (PARAMS, b""))
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.initialize_security_context(
            http.client_handle, http.client, "/x", IscReq.ISC_REQ_HTTP, 0, given, buffers((TOKEN, 10))
        )
    assert http.accept(http.respond(challenge), http.server).status is NtStatus.SEC_E_OK
    sasl = SASLPair()
    response = sasl.initialize(sasl.accept(b"")[1])[1]
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.accept_security_context(
            None, sasl.server, buffers((TOKEN, response)), sasl.server_flags, 0, buffers((TOKEN, 10))
        )
    status, proof = sasl.accept(response)
    assert status is NtStatus.SEC_E_OK
    assert sasl.initialize(proof)[0] is NtStatus.SEC_E_OK


def test_11_stale_after_out_of_sequence():
    """The array whose count was refused makes a challenge with stale=true, with the context alive."""
    pair = HTTPPair().login()
    pair.sign()
    token = pair.sign()
    given = accept_input(token, url=b"/x")
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.complete_auth_token(pair.accept(token, url=b"/x").context, given)
    output = buffers((TOKEN, 4096))
    answer = sspi.accept_security_context(pair.server_handle, None, given, 0, 0, output)
    assert (answer.status, b"stale=true" in output[0].data) == (NtStatus.SEC_I_CONTINUE_NEEDED, True)


def test_6_the_packed_layout_is_what_the_functions_take():
    """HTTPMessage.to_buffers goes into make_signature, and what comes out into verify_signature."""
    pair = HTTPPair().login()
    request = HTTPMessage(b"", b"GET", b"/x").to_buffers()
    sspi.make_signature(pair.client, 0, request, 0)
    assert sspi.verify_signature(pair.server, HTTPMessage(request[4].data, b"GET", b"/x").to_buffers(), 0) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda _: sspi.make_signature(None, 0, buffers(), 0),  # type: ignore[arg-type]  # that it is refused
        lambda pair: sspi.encrypt_message(pair.client, 0, [], 0),  # type: ignore[arg-type]  # as above
        lambda _: sspi.query_context_attributes(None, sspi.SecPkgContextSizes),  # type: ignore[arg-type]  # as above
        lambda _: sspi.query_security_package_info(None),  # type: ignore[arg-type]  # as above
    ],
)
def test_7_wrong_types(pair, call):
    """A handle, a list for an array, flags and a package of None: TypeError, not AttributeError or ValueError."""
    with pytest.raises(TypeError, match="must be"):
        call(pair)


@pytest.mark.parametrize(
    ("domain", "shown"),
    [("DOMAIN", "DOMAIN\\user"), (None, "user"), ("", "user")],
    ids=["9-domain", "9-none", "9-empty"],
)
def test_how_identities_show_themselves(domain, shown):
    """DOMAIN, a backslash and the user; packed ones too, which are Unicode; no password, no credential."""
    identity = sspi.WinNTAuthIdentity("user", domain, "s3cret")
    kind = sspi.WinNTAuthCredentialType.SEC_WINNT_AUTH_DATA_TYPE_KEYTAB
    packed = sspi.WinNTAuthIdentityPackedCredential(kind, b"s3cret", username="user", domain=domain)
    assert str(identity) == shown
    assert str(packed).endswith(f" for {shown}")
    for each in (identity, packed):
        assert each.flags & sspi.WinNTAuthFlags.SEC_WINNT_AUTH_IDENTITY_UNICODE
        assert "s3cret" not in repr(each) + str(each)


def test_9_a_buffer_keeps_its_type():
    """It is of the enum, for type checkers as well, and cannot be set."""
    buffer = SecBuffer(bytearray(1), TOKEN)
    assert type(buffer.buffer_type) is sspi.SecBufferType
    with pytest.raises(AttributeError):
        buffer.buffer_type = sspi.SecBufferType.SECBUFFER_DATA  # type: ignore[misc]  # that it is refused


def test_12_a_long_target_is_longer_than_cb_max_token():
    """A target of 5,000 octets: 4,096 octets are too few, and that is all that happens."""
    pair = HTTPPair()
    given = buffers((TOKEN, pair.challenge()), (PARAMS, b"GET"), (PARAMS, b""))
    target = "/" + "x" * 5000

    def respond(room: int) -> sspi.InitializeContextResult:
        output = buffers((TOKEN, room))
        return sspi.initialize_security_context(pair.client_handle, None, target, 0, 0, given, output)

    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        respond(4096)
    assert respond(6000).status is NtStatus.SEC_E_OK


def test_10_a_client_loop_that_was_written_for_ntlm():
    """The client's first call has nothing to say, and says that it goes on; nothing may be wrapped yet."""
    pair = SASLPair(client_flags=PRIVACY)
    assert pair.initialize(b"") == (NtStatus.SEC_I_CONTINUE_NEEDED, b"")
    with refused(NtStatus.SEC_E_INVALID_HANDLE):
        sspi.encrypt_message(pair.client, 0, buffers((DATA, b"message"), (PADDING, 24)), 0)
    # A loop that sends its empty message asks for the challenge, and all goes well.
    for sender, receiver in pair.login().ends():
        assert unseal(receiver, seal(sender, b"message")) == b"message"
