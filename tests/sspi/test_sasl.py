"""DIGEST-MD5 through the SSPI names: the exchange, and signing and sealing over buffers."""

from __future__ import annotations

import threading

import pytest

from digest_http import sspi
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.sspi import (
    AscReq,
    IscReq,
    NtStatus,
    SaslContextOption,
    SecBuffer,
    SecBufferDesc,
    SecBufferFlags,
    WindowsError,
)
from tests.sspi.wiring import (
    ALICE,
    DATA,
    INTEGRITY,
    NOTHING,
    PADDING,
    PRIVACY,
    STREAM,
    TOKEN,
    SASLPair,
    buffers,
    client_handle,
    server_handle,
)

LAYERS = {"auth-int": (INTEGRITY, ("3des",)), "3des": (PRIVACY, ("3des",)), "rc4": (PRIVACY, ("rc4",))}


@pytest.fixture(params=LAYERS)
def pair(request):
    """Both sides with each layer."""
    flags, ciphers = LAYERS[request.param]
    return SASLPair(client_handle(ciphers=ciphers), client_flags=flags).login()


def refused(code: NtStatus):
    """The error of a code."""
    return pytest.raises(WindowsError, match=f"{code.name} ")


def seal(context, message: bytes) -> bytes:
    """encrypt_message in the documented layout, ready to send."""
    array = buffers((DATA, message), (PADDING, 24))
    sspi.encrypt_message(context, 0, array, 0)
    return array[0].data + array[1].data


def unseal(context, record: bytes) -> bytes:
    """decrypt_message of a whole record."""
    array = buffers((STREAM, record), (DATA, None))
    sspi.decrypt_message(context, array, 0)
    return array[1].data


# --- the exchange ---


def test_the_client_may_speak_first():
    """Without input the client waits: an empty token, SEC_I_CONTINUE_NEEDED."""
    pair = SASLPair()
    assert pair.initialize(b"") == (NtStatus.SEC_I_CONTINUE_NEEDED, b"")
    pair.login()


@pytest.mark.parametrize(
    ("flags", "qop"),
    [
        (NOTHING, b"qop=auth,"),
        (IscReq.ISC_REQ_INTEGRITY, b"qop=auth-int,"),
        (IscReq.ISC_REQ_REPLAY_DETECT, b"qop=auth-int,"),
        (IscReq.ISC_REQ_SEQUENCE_DETECT, b"qop=auth-int,"),
        (IscReq.ISC_REQ_CONFIDENTIALITY, b"qop=auth-conf,"),
    ],
)
def test_flags_choose_the_qop(flags, qop):
    """As documented, and nothing weaker than was asked for."""
    pair = SASLPair(client_flags=flags)
    assert qop in pair.initialize(pair.accept(b"")[1])[1] + b","
    if flags:
        plain = SASLPair(client_flags=flags, server_flags=AscReq(0))
        with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
            plain.initialize(plain.accept(b"")[1])


@pytest.mark.parametrize(
    ("flags", "offered"),
    [
        (AscReq(0), b'qop="auth"'),
        (AscReq.ASC_REQ_SEQUENCE_DETECT, b'qop="auth,auth-int"'),
        (AscReq.ASC_REQ_CONFIDENTIALITY, b'qop="auth,auth-conf"'),
        (AscReq.ASC_REQ_INTEGRITY | AscReq.ASC_REQ_CONFIDENTIALITY, b'qop="auth,auth-int,auth-conf"'),
    ],
)
def test_flags_choose_the_offer(flags, offered):
    """As documented."""
    assert offered in SASLPair(server_flags=flags).accept(b"")[1]


def test_what_is_granted(pair):
    """Integrity and the detection flags with a layer, confidentiality with a cipher, mutual authentication always."""
    sealed = pair.client.digest_context.mechanism.qop == "auth-conf"
    for context, extra in ((pair.client, 0x10000), (pair.server, 0x20000)):
        flags = sspi.query_context_attributes(context, sspi.SecPkgContextFlags).flags
        assert flags == 0x2 | 0x4 | 0x8 | extra | (0x10 if sealed else 0)


def test_against_the_sasl_room_itself():
    """The tokens are DIGEST-MD5's own: each side works against a plain client and a plain server."""
    pair = SASLPair(client_flags=PRIVACY)
    server = DigestMD5Server(ALICE, service="ldap", host="dc1.example.com", qop="auth-conf")
    _, response = pair.initialize(server.step())
    pair.initialize(server.step(response))
    assert server.unwrap(seal(pair.client, b"hello")) == b"hello"
    client = DigestMD5Client("alice", ALICE["alice"], service="ldap", host="x", qop="auth-int")
    other = SASLPair()
    client.step(other.accept(client.step(other.accept(b"")[1]))[1])
    assert unseal(other.server, client.wrap(b"in clear")) == b"in clear"


@pytest.mark.parametrize("flag", [AscReq.ASC_REQ_STREAM, AscReq.ASC_REQ_DELEGATE, AscReq(0x02000000)])
def test_flags_that_the_page_does_not_list(flag):
    """SEC_E_SECURITY_QOS_FAILED, as for HTTP."""
    with refused(NtStatus.SEC_E_SECURITY_QOS_FAILED):
        SASLPair(server_flags=flag).accept(b"")


@pytest.mark.parametrize("target", ["", "ldap", "ldap/", "/dc1", "ldap/dc1/x/y"])
def test_targets(target):
    """The target is service/host or service/host/name; anything else is SEC_E_TARGET_UNKNOWN."""
    pair = SASLPair(target=target)
    with refused(NtStatus.SEC_E_TARGET_UNKNOWN):
        pair.initialize(pair.accept(b"")[1])


def test_a_target_with_a_service_name():
    """The third part is the replicated service's name."""
    pair = SASLPair(target="ldap/dc1/example.com")
    assert b'digest-uri="ldap/dc1/example.com"' in pair.initialize(pair.accept(b"")[1])[1]


@pytest.mark.parametrize(
    ("domain", "name"),
    [(None, b"alice"), ("FIELD", b"alice"), ("corp", b"corp\\\\alice")],
    ids=["none", "realm", "other"],
)
def test_domains(domain, name):
    """The domain chooses the realm where it is offered; elsewhere it goes in front of the name."""
    pair = SASLPair(client_handle(domain=domain))
    assert b'username="' + name + b'",realm="field"' in pair.initialize(pair.accept(b"")[1])[1]


def test_a_failed_exchange_is_over():
    """After a refusal the context is SEC_E_CONTEXT_EXPIRED, on either side."""
    pair = SASLPair(client_handle("wrong"))
    response = pair.initialize(pair.accept(b"")[1])[1]
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        pair.accept(response)
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        pair.accept(response)
    with refused(NtStatus.SEC_E_WRONG_PRINCIPAL):
        pair.initialize(b"rspauth=" + b"0" * 32)
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        pair.initialize(b"")


def test_an_established_server_accepts_no_more():
    """STATUS_LOGON_FAILURE, as documented; a finished client that gets a challenge authenticates anew."""
    pair = SASLPair(client_flags=PRIVACY).login()
    with refused(NtStatus.STATUS_LOGON_FAILURE):
        pair.accept(b"")
    again = SASLPair(client_flags=PRIVACY, client=pair.client).login()
    assert again.client is pair.client
    assert unseal(again.server, seal(again.client, b"x")) == b"x"


# --- signing ---


def test_the_classic_order_and_the_other(pair):
    """TOKEN, DATA, PADDING as on the Digest page, and DATA, TOKEN as in the general sample: found by type."""
    for sender, receiver in pair.ends():
        for order in (((TOKEN, 16), (DATA, b"m"), (PADDING, b"")), ((DATA, b"m"), (TOKEN, 40))):
            message = buffers(*order)
            sspi.make_signature(sender, 0, message, 0)
            signature = next(buffer for buffer in message if buffer.buffer_type == TOKEN)
            assert signature.count == 16
            assert sspi.verify_signature(receiver, buffers((DATA, b"m"), (TOKEN, signature.data)), 0) == 0


def test_signing_leaves_what_it_is_told_to():
    """READONLY data is signed and left alone; READONLY_WITH_CHECKSUM is skipped, as the Digest page says."""
    pair = SASLPair(client_flags=INTEGRITY).login()
    readonly, skipped = SecBufferFlags.SECBUFFER_READONLY, SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM
    token = SecBuffer(bytearray(16), TOKEN)
    parts = [SecBuffer(bytearray(b"ab"), DATA, readonly), SecBuffer(bytearray(b"--"), DATA, skipped), token,
             SecBuffer(bytearray(b"cd"), DATA)]  # fmt: skip
    sspi.make_signature(pair.client, 0, SecBufferDesc(parts), 0)
    assert [part.data for part in parts if part is not token] == [b"ab", b"--", b"cd"]
    assert sspi.verify_signature(pair.server, buffers((TOKEN, token.data), (DATA, b"abcd")), 0) == 0


def test_a_signature_that_was_not_made_is_not_counted(pair):
    """A small or missing TOKEN, or no DATA, spends no sequence number."""
    for message, code in (
        (buffers((TOKEN, 15), (DATA, b"m")), NtStatus.SEC_E_BUFFER_TOO_SMALL),
        (SecBufferDesc([SecBuffer(bytearray(16), TOKEN, SecBufferFlags.SECBUFFER_READONLY),
                        SecBuffer(bytearray(b"m"), DATA)]), NtStatus.SEC_E_BUFFER_TOO_SMALL),
        (buffers((DATA, b"m")), NtStatus.SEC_E_INVALID_TOKEN),
        (buffers((TOKEN, 16)), NtStatus.SEC_E_INVALID_TOKEN),
    ):  # fmt: skip
        with refused(code):
            sspi.make_signature(pair.client, 0, message, 0)
    with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
        sspi.make_signature(pair.client, 1, buffers((TOKEN, 16), (DATA, b"m")), 0)
    message = buffers((TOKEN, 16), (DATA, b"m"))
    sspi.make_signature(pair.client, 0, message, 0)
    assert message[0].data.endswith(b"\x00\x01\x00\x00\x00\x00")


def test_replayed_altered_and_misshapen_signatures(pair):
    """Each is told apart, and the first one ends the context."""
    message = buffers((TOKEN, 16), (DATA, b"m"))
    sspi.make_signature(pair.client, 0, message, 0)
    sspi.verify_signature(pair.server, message, 0)
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.verify_signature(pair.server, message, 0)
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        sspi.verify_signature(pair.server, message, 0)
    with refused(NtStatus.SEC_E_MESSAGE_ALTERED):
        sspi.verify_signature(pair.client, buffers((TOKEN, b"short"), (DATA, b"m")), 0)


# --- sealing ---


@pytest.mark.parametrize("size", [0, 1, 5, 6, 7, 8, 13, 14, 4096, 65000])
@pytest.mark.parametrize("memory", [bytearray, lambda octets: memoryview(bytearray(octets))], ids=["bytearray", "view"])
def test_sealing_in_place(pair, size, memory):
    """The caller's memory holds the ciphertext, then again the message; PADDING gets 16 octets, up to 24 with 3des."""
    plain = bytes(number % 251 for number in range(size))
    sealed = pair.client.digest_context.mechanism.qop == "auth-conf"
    for sender, receiver in pair.ends():
        octets = memory(plain)
        array = SecBufferDesc([SecBuffer(octets, DATA), SecBuffer(bytearray(24), PADDING)])
        sspi.encrypt_message(sender, 0, array, 0)
        assert bytes(octets) == array[0].data
        assert size < 8 or (bytes(octets) == plain) is not sealed
        assert 16 <= array[1].count <= 24
        qop = sspi.decrypt_message(receiver, array, 0)
        assert bytes(octets) == array[0].data == plain
        assert qop == (0 if sealed else sspi.QopFlags.SECQOP_WRAP_NO_ENCRYPT)


@pytest.mark.parametrize(
    "layout",
    [
        ((DATA, None), (PADDING, 24)),
        ((DATA, None), (DATA, 24)),
        ((DATA, None), (TOKEN, 24)),
        ((TOKEN, 0), (DATA, None), (PADDING, 24)),
        ((TOKEN, 24), (DATA, None), (PADDING, 8)),
        ((TOKEN, 7), (DATA, None), (PADDING, 24)),
        ((TOKEN, 5), (DATA, None), (TOKEN, 4), (PADDING, 24)),
    ],
)
def test_joined_buffers_are_the_record(pair, layout):
    """In each layout the buffers one after the other are RFC 2831's record, and can be unsealed as one."""
    array = buffers(*((kind, b"the message" if size is None else size) for kind, size in layout))
    sspi.encrypt_message(pair.client, 0, array, 0)
    record = b"".join(buffer.data for buffer in array)
    assert len(record) <= 11 + 24
    assert pair.server.digest_context.mechanism.unwrap(record) == b"the message"


def test_readonly_buffers_are_left_alone(pair):
    """A READONLY DATA buffer is neither enciphered nor written into; one that may be written is found behind it."""
    header = SecBuffer(bytearray(b"header"), DATA, SecBufferFlags.SECBUFFER_READONLY)
    body, trailer = SecBuffer(bytearray(b"message"), DATA), SecBuffer(bytearray(24), PADDING)
    sspi.encrypt_message(pair.client, 0, SecBufferDesc([header, body, trailer]), 0)
    assert header.data == b"header"
    assert unseal(pair.server, body.data + trailer.data) == b"message"


def test_a_record_that_was_not_made_is_not_counted(pair):
    """Too little room, no DATA, READONLY DATA only, another qop, too long a message: no sequence number is spent."""
    readonly = SecBuffer(bytearray(b"m"), DATA, SecBufferFlags.SECBUFFER_READONLY)
    longest = sspi.query_context_attributes(pair.client, sspi.SecPkgContextStreamSizes).maximum_message
    for message, code in (
        (buffers((DATA, b"m"), (PADDING, 15)), NtStatus.SEC_E_BUFFER_TOO_SMALL),
        (buffers((DATA, b"m")), NtStatus.SEC_E_BUFFER_TOO_SMALL),
        (buffers((DATA, longest + 1), (PADDING, 24)), NtStatus.SEC_E_BUFFER_TOO_SMALL),
        (buffers((PADDING, 24)), NtStatus.SEC_E_INVALID_TOKEN),
        (SecBufferDesc([readonly, SecBuffer(bytearray(24), PADDING)]), NtStatus.SEC_E_INVALID_TOKEN),
    ):
        with refused(code):
            sspi.encrypt_message(pair.client, 0, message, 0)
    with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
        sspi.encrypt_message(pair.client, 7, buffers((DATA, b"m"), (PADDING, 24)), 0)
    assert unseal(pair.server, seal(pair.client, b"m")) == b"m"
    assert unseal(pair.server, seal(pair.client, bytes(longest))) == bytes(longest)


def test_a_short_record_waits_for_the_rest(pair):
    """SEC_E_INCOMPLETE_MESSAGE leaves the context alive; the whole record then passes."""
    record = seal(pair.client, b"")
    for end in (0, 10, 15):
        with refused(NtStatus.SEC_E_INCOMPLETE_MESSAGE):
            unseal(pair.server, record[:end])
    assert unseal(pair.server, record) == b""


def test_the_receiver_may_have_one_buffer(pair):
    """A whole record in DATA becomes the message in place, with its count."""
    octets = bytearray(seal(pair.client, b"message"))
    array = SecBufferDesc([SecBuffer(octets, DATA)])
    sspi.decrypt_message(pair.server, array, 0)
    assert array[0].data == octets[:7] == b"message"


def test_a_small_receiver_is_told_before_the_record_is_used_up(pair):
    """SEC_E_BUFFER_TOO_SMALL where the message cannot fit, and the same record passes with more room."""
    record = seal(pair.client, bytes(100))
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.decrypt_message(pair.server, buffers((TOKEN, record), (DATA, 0)), 0)
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.decrypt_message(
            pair.server, buffers((TOKEN, record[:60]), (DATA, record[60:90]), (PADDING, record[90:])), 0
        )
    assert unseal(pair.server, record) == bytes(100)


def test_a_readonly_receiver_is_too_small(pair):
    """Nothing is written into a READONLY buffer, and the record is not used up."""
    record = seal(pair.client, b"message")
    readonly = SecBufferDesc([SecBuffer(bytearray(record), DATA, SecBufferFlags.SECBUFFER_READONLY)])
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.decrypt_message(pair.server, readonly, 0)
    assert unseal(pair.server, record) == b"message"


def test_one_thread_encrypts_while_another_decrypts():
    """Both directions of one context at full speed in two threads: every record arrives."""
    pair = SASLPair(client_flags=PRIVACY).login()
    incoming = [seal(pair.server, b"to the client %d" % number) for number in range(300)]
    received: list[bytes] = []
    sent: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: received.extend(unseal(pair.client, record) for record in incoming)),
        threading.Thread(target=lambda: sent.extend(seal(pair.client, b"to the server %d" % n) for n in range(300))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert received == [b"to the client %d" % number for number in range(300)]
    assert [unseal(pair.server, record) for record in sent] == [b"to the server %d" % number for number in range(300)]


def test_sequence_numbers_of_the_caller_are_not_looked_at(pair):
    """sspilib counts its calls; the records are counted here."""
    array = buffers((DATA, b"m"), (PADDING, 24))
    sspi.encrypt_message(pair.client, 0, array, 41)
    assert sspi.decrypt_message(pair.server, array, 7) in (0, sspi.QopFlags.SECQOP_WRAP_NO_ENCRYPT)


# --- options ---


def test_sizes_agreed_through_options():
    """RECV_SIZE is announced as maxbuf, SEND_SIZE limits the own records, whatever the peer would take."""
    handle = sspi.CtxtHandle()
    assert sspi.sasl_get_context_option(handle, SaslContextOption.SASL_OPTION_RECV_SIZE) == 0xFFFF
    sspi.sasl_set_context_option(handle, SaslContextOption.SASL_OPTION_SEND_SIZE, 1024)
    sspi.sasl_set_context_option(handle, SaslContextOption.SASL_OPTION_RECV_SIZE, 2048)
    pair = SASLPair(client_flags=INTEGRITY, client=handle)
    challenge = pair.accept(b"")[1]
    result = sspi.sasl_initialize_security_context(
        pair.client_handle,
        handle,
        pair.target,
        INTEGRITY,
        0,
        buffers((TOKEN, challenge)),
        output := buffers((TOKEN, 4096)),
    )
    assert result.context is handle
    assert b"maxbuf=2048" in output[0].data
    pair.initialize(pair.accept(output[0].data)[1])

    def longest(context):
        return sspi.query_context_attributes(context, sspi.SecPkgContextStreamSizes).maximum_message

    assert (longest(handle), longest(pair.server)) == (1024 - 16, 2048 - 16)
    assert len(seal(handle, bytes(1024 - 16))) == 1024
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        seal(handle, bytes(1024 - 15))


def test_the_server_learns_whom_the_client_acts_as():
    """AUTHZ_STRING on the server after the login; a policy may allow another identity."""
    accounts = server_handle(
        authorize=lambda username, realm, authzid: (username, realm, authzid) == ("alice", "field", "root")
    )
    client, server = sspi.CtxtHandle(), sspi.CtxtHandle()
    sspi.sasl_set_context_option(client, SaslContextOption.SASL_OPTION_AUTHZ_STRING, "root")
    output = buffers((TOKEN, 4096))
    sspi.sasl_accept_security_context(accounts, server, None, 0, 0, output)
    response = buffers((TOKEN, 4096))
    sspi.sasl_initialize_security_context(
        client_handle(), client, "ldap/dc1", 0, 0, buffers((TOKEN, output[0].data)), response
    )
    sspi.sasl_accept_security_context(accounts, server, buffers((TOKEN, response[0].data)), 0, 0, output)
    assert sspi.sasl_get_context_option(server, SaslContextOption.SASL_OPTION_AUTHZ_STRING) == "root"


def test_the_server_may_forbid_authorization_identities():
    """AUTHZ_PROCESSING set to forbidden refuses a client that names one, even itself."""
    server, client = sspi.CtxtHandle(), sspi.CtxtHandle()
    option = SaslContextOption.SASL_OPTION_AUTHZ_PROCESSING
    sspi.sasl_set_context_option(server, option, sspi.SaslAuthzIdState.Sasl_AuthZIDForbidden)
    assert sspi.sasl_get_context_option(server, option) == 0
    sspi.sasl_set_context_option(client, SaslContextOption.SASL_OPTION_AUTHZ_STRING, "alice")
    accounts, output, response = server_handle(), buffers((TOKEN, 4096)), buffers((TOKEN, 4096))
    sspi.sasl_accept_security_context(accounts, server, None, 0, 0, output)
    sspi.sasl_initialize_security_context(
        client_handle(), client, "ldap/dc1", 0, 0, buffers((TOKEN, output[0].data)), response
    )
    with refused(NtStatus.SEC_E_ALGORITHM_MISMATCH):
        sspi.sasl_accept_security_context(accounts, server, buffers((TOKEN, response[0].data)), 0, 0, output)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (SaslContextOption.SASL_OPTION_AUTHZ_STRING, 7),
        (SaslContextOption.SASL_OPTION_RECV_SIZE, "big"),
        (SaslContextOption.SASL_OPTION_AUTHZ_PROCESSING, 2),
        (SaslContextOption.SASL_OPTION_AUTHZ_PROCESSING, "no"),
    ],
)
def test_values_of_the_wrong_kind(option, value):
    """In C such a value does not fit its buffer: SEC_E_BUFFER_TOO_SMALL."""
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.sasl_set_context_option(sspi.CtxtHandle(), option, value)
