"""HTTP Digest through the SSPI names: handshake, later requests, counts, and what is refused."""

from __future__ import annotations

import hashlib

import pytest

from digest_http import sspi
from digest_http.sspi import AscReq, IscReq, NtStatus, WindowsError
from tests.sspi.wiring import (
    ALICE,
    BINDINGS,
    DATA,
    INTEGRITY,
    PADDING,
    PARAMS,
    TOKEN,
    HTTPPair,
    accept_input,
    buffers,
    client_handle,
    http_message,
    server_handle,
)

ALGORITHMS = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]
BODY = hashlib.md5(b"body").hexdigest().encode()
OTHER_BODY = hashlib.md5(b"other").hexdigest().encode()


def refused(code: NtStatus):
    """The error of a code."""
    return pytest.raises(WindowsError, match=f"{code.name} ")


class Clock:
    """Seconds that a test moves."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("integrity", [False, True], ids=["auth", "auth-int"])
def test_the_documented_sequence(algorithm, integrity):
    """Challenge, response, then signed requests by verify_signature and by complete_auth_token, nc rising by one."""
    pair = HTTPPair(
        server_handle=server_handle(algorithms=[algorithm]),
        client_flags=IscReq.ISC_REQ_HTTP | (INTEGRITY if integrity else IscReq(0)),
        server_flags=AscReq.ASC_REQ_HTTP | (AscReq.ASC_REQ_INTEGRITY if integrity else AscReq(0)),
    ).login(hentity=BODY if integrity else b"")
    hentity = OTHER_BODY if integrity else b""
    for number in range(2, 6):
        token = pair.sign(method=b"POST", url=b"/y?q=1", hentity=hentity)
        assert b"nc=%08x" % number in token
        assert (b'qop="auth-int"' in token) is integrity
        if number % 2:
            given = accept_input(token, b"POST", b"/y?q=1", hentity)
            result = pair.accept(token, method=b"POST", url=b"/y?q=1", hentity=hentity)
            assert result.status is NtStatus.SEC_I_COMPLETE_NEEDED
            assert result.context is pair.server
            sspi.complete_auth_token(result.context, given)
        else:
            message = http_message(token, b"POST", b"/y?q=1", hentity, room=None)
            assert sspi.verify_signature(pair.server, message, 0) == 0


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


def test_the_challenge_names_what_was_asked_for():
    """Realm from its buffer, qop from the flags, an opaque, a nonce that says it can check bindings, UTF-8."""
    token = HTTPPair(server_flags=AscReq.ASC_REQ_REPLAY_DETECT).challenge(realm="other")
    assert token.startswith(b'realm="other", nonce="+Upgraded+v1')
    assert b'qop="auth,auth-int"' in token
    assert b", charset=UTF-8" in token
    assert b', opaque="' in token
    assert b"algorithm=MD5-sess" in token
    assert b'qop="auth"' in HTTPPair().challenge()


@pytest.mark.parametrize("realm", ["prüfung", "\ud800"], ids=["not ASCII", "not UTF-16"])
def test_a_realm_has_to_exist_in_ascii(realm):
    """Other characters in the realm buffer are refused."""
    given = buffers(*[(TOKEN, b"")], *[(PARAMS, b"")] * 3, (PARAMS, realm.encode("utf-16-le", "surrogatepass")))
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        sspi.accept_security_context(server_handle(), None, given, 0, 0, buffers((TOKEN, 4096)))


def test_a_response_may_come_without_its_challenge_handle():
    """HTTP has no connection: a first response is taken by a call that has no context yet."""
    pair = HTTPPair()
    result = pair.accept(pair.respond(pair.challenge()))
    assert result.status is NtStatus.SEC_E_OK
    assert result.context is not pair.server


def test_the_context_is_found_without_opaque():
    """A client that does not echo opaque is recognised by its nonce."""
    pair = HTTPPair()
    challenge = pair.challenge()
    opaque = challenge[challenge.index(b", opaque=") :]
    pair.server = pair.accept(pair.respond(challenge.replace(opaque, b"")), pair.server).context
    token = pair.sign()
    assert b"opaque" not in token
    result = pair.accept(token)
    assert (result.status, result.context) == (NtStatus.SEC_I_COMPLETE_NEEDED, pair.server)


def test_a_context_outlives_its_handle():
    """The server may drop the handle between requests; the credentials keep the context."""
    pair = HTTPPair().login()
    pair.server = None
    result = pair.accept(pair.sign())
    assert result.status is NtStatus.SEC_I_COMPLETE_NEEDED
    assert sspi.query_context_attributes(result.context, sspi.SecPkgContextNames).username == "alice"


def test_each_count_is_taken_once():
    """A replay is out of sequence by either way, and the next count still good."""
    pair = HTTPPair().login()
    token = pair.sign()
    sspi.verify_signature(pair.server, http_message(token), 0)
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.verify_signature(pair.server, http_message(token), 0)
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.complete_auth_token(pair.accept(token).context, accept_input(token))
    sspi.verify_signature(pair.server, http_message(pair.sign()), 0)


def test_a_request_that_was_refused_does_not_count():
    """Altered method, target, body hash or digest: SEC_E_MESSAGE_ALTERED, and the same token is good afterwards."""
    pair = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | INTEGRITY, server_flags=AscReq.ASC_REQ_INTEGRITY)
    pair.login(hentity=BODY)
    token = pair.sign(hentity=BODY)
    digest = token[token.index(b'response="') + 10 :][:32]
    for message in (
        http_message(token, b"PUT", hentity=BODY),
        http_message(token, url=b"/other", hentity=BODY),
        http_message(token, hentity=OTHER_BODY),
        http_message(token.replace(digest, digest[::-1]), hentity=BODY),
    ):
        with refused(NtStatus.SEC_E_MESSAGE_ALTERED):
            sspi.verify_signature(pair.server, message, 0)
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.verify_signature(pair.server, http_message(token, hentity=BODY, room=5), 0)
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        sspi.verify_signature(pair.server, http_message(token), 0)
    assert sspi.verify_signature(pair.server, http_message(token, hentity=BODY), 0) == 0


def test_a_request_that_could_not_be_signed_does_not_count():
    """A PADDING buffer that is one octet short takes no nc."""
    pair = HTTPPair().login()
    length = len(pair.sign())
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        pair.sign(room=length - 1)
    assert b"nc=00000003" in pair.sign(room=length)


def test_the_room_that_is_needed_follows_the_target():
    """A longer target, and one that is escaped in quotes, needs as much more."""
    pair = HTTPPair().login()
    length = len(pair.sign(url=b"/x"))
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        pair.sign(url=b'/x"', room=length + 1)
    assert b'uri="/x\\""' in pair.sign(url=b'/x"', room=length + 2)


def test_a_token_of_another_nonce_is_no_message_of_this_context():
    """Two contexts of one user: each verifies its own."""
    server = server_handle()
    one, other = HTTPPair(server_handle=server).login(), HTTPPair(server_handle=server).login()
    with refused(NtStatus.SEC_E_MESSAGE_ALTERED):
        sspi.verify_signature(one.server, http_message(other.sign()), 0)


def test_another_user_on_the_same_nonce_gets_a_context_of_his_own():
    """A nonce shared between two users (it is no secret) does not give one the other's context."""
    server = server_handle({"alice": "a", "bob": "b"})
    alice = HTTPPair(client_handle("a"), server)
    challenge = alice.challenge()
    first = alice.accept(alice.respond(challenge))
    identity = sspi.WinNTAuthIdentity("bob", None, "b")
    bobs = sspi.acquire_credentials_handle(None, "WDigest", 2, auth_data=identity).credential
    bob = HTTPPair(bobs, server)
    bob.respond(challenge)
    token = bob.respond(challenge)  # nc 2: alice has spent 1
    result = bob.accept(token)
    assert result.status is NtStatus.SEC_E_OK
    assert result.context is not first.context
    assert sspi.query_context_attributes(result.context, sspi.SecPkgContextNames).username == "bob"
    with refused(NtStatus.SEC_E_MESSAGE_ALTERED):
        sspi.verify_signature(first.context, http_message(bob.sign()), 0)


def test_another_algorithm_on_the_same_nonce():
    """Both challenges of a token share a nonce; a client that changes over is looked up again and let in."""
    server = server_handle(algorithms=["SHA-256", "MD5"])
    pair = HTTPPair(client_handle(algorithms=["SHA-256"]), server)
    challenge = pair.challenge()
    pair.accept(pair.respond(challenge))
    weaker = HTTPPair(client_handle(algorithms=["MD5"]), server)
    weaker.respond(challenge)
    assert weaker.accept(weaker.respond(challenge)).status is NtStatus.SEC_E_OK


def test_an_old_nonce_and_the_right_password():
    """After its lifetime the answer is a new challenge with stale=true, which the client takes up at once."""
    clock = Clock()
    pair = HTTPPair(server_handle=server_handle(lifetime=60, clock=clock)).login()
    token = pair.sign()
    clock.now += 61
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        sspi.verify_signature(pair.server, http_message(token), 0)
    output = buffers((TOKEN, 4096))
    result = sspi.accept_security_context(pair.server_handle, None, accept_input(token), AscReq.ASC_REQ_HTTP, 0, output)
    assert result.status is NtStatus.SEC_I_CONTINUE_NEEDED
    assert b"stale=true" in output[0].data
    again = pair.respond(output[0].data)
    assert b"nc=00000001" in again
    assert pair.accept(again, result.context).status is NtStatus.SEC_E_OK
    wrong = HTTPPair(client_handle("wrong"), pair.server_handle)
    token = wrong.respond(wrong.challenge())
    clock.now += 61
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        wrong.accept(token)


def test_a_count_out_of_order_without_a_context_is_stale():
    """A first response with nc 2 is right but for its count: a new challenge, no access."""
    pair = HTTPPair()
    challenge = pair.challenge()
    pair.respond(challenge)
    result = pair.accept(pair.respond(challenge))
    assert result.status is NtStatus.SEC_I_CONTINUE_NEEDED
    assert not result.attributes


def test_unknown_user_and_wrong_realm_are_denied_alike():
    """SEC_E_LOGON_DENIED, whatever was wrong."""
    stranger = HTTPPair(server_handle=server_handle({"bob": "x"}))
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        stranger.accept(stranger.respond(stranger.challenge()))
    pair = HTTPPair()
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        pair.accept(pair.respond(pair.challenge().replace(b'realm="field"', b'realm="meadow"')))


def test_realms_of_one_handle():
    """A response is checked in the realm that it names, if a challenge named it, with or without the buffer."""
    pair = HTTPPair()
    for realm in ("one", "two"):
        pair.client = None
        token = pair.respond(pair.challenge(realm=realm))
        context = pair.accept(token).context
        assert sspi.query_context_attributes(context, sspi.SecPkgContextAuthority).authority_name == realm


def test_a_stale_answer_stays_in_its_realm():
    """The new challenge names the realm of the response, not the default one."""
    clock = Clock()
    pair = HTTPPair(server_handle=server_handle(clock=clock))
    token = pair.respond(pair.challenge(realm="other"))
    clock.now += 3600
    output = buffers((TOKEN, 4096))
    sspi.accept_security_context(pair.server_handle, None, accept_input(token), AscReq.ASC_REQ_HTTP, 0, output)
    assert output[0].data.startswith(b'realm="other"')
    assert b"stale=true" in output[0].data


def test_the_target_is_compared_where_it_is_given():
    """accept_security_context's third buffer: empty is no check, another target is refused."""
    pair = HTTPPair()
    token = pair.respond(pair.challenge())
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        pair.accept(token, url=b"/other")
    assert pair.accept(token, url=b"/x").status is NtStatus.SEC_E_OK


def test_authentication_info():
    """PADDING with room gets the server's proof, which the client checks through its own verify_signature."""
    pair = HTTPPair().login()
    message = http_message(pair.sign())
    sspi.verify_signature(pair.server, message, 0)
    proof = message[4].data
    assert proof.startswith(b'rspauth="')
    assert sspi.verify_signature(pair.client, http_message(proof), 0) == 0
    with refused(NtStatus.SEC_E_WRONG_PRINCIPAL):
        sspi.verify_signature(pair.client, http_message(proof.replace(b'rspauth="', b'rspauth="0')), 0)


def test_authentication_info_over_a_body():
    """With auth-int the proof covers the answer's body: make_signature on the server, once the body is known."""
    pair = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | INTEGRITY, server_flags=AscReq.ASC_REQ_INTEGRITY)
    pair.login(hentity=BODY)
    message = http_message(pair.sign(hentity=BODY), hentity=BODY)
    sspi.verify_signature(pair.server, message, 0)
    assert b"rspauth" not in message[4].data
    answer = http_message(hentity=OTHER_BODY)
    sspi.make_signature(pair.server, 0, answer, 0)
    proof = answer[4].data
    assert sspi.verify_signature(pair.client, http_message(proof, hentity=OTHER_BODY), 0) == 0
    with refused(NtStatus.SEC_E_WRONG_PRINCIPAL):
        sspi.verify_signature(pair.client, http_message(proof, hentity=BODY), 0)


def test_nextnonce_is_taken_up():
    """Near the end of a nonce the server hands out the next; the client signs with it, and a new context begins."""
    clock = Clock()
    handle = server_handle(lifetime=100, clock=clock, algorithms=["MD5"])
    pair = HTTPPair(server_handle=handle).login()
    clock.now += 90
    message = http_message(pair.sign())
    sspi.verify_signature(pair.server, message, 0)
    assert b"nextnonce=" in message[4].data
    sspi.verify_signature(pair.client, http_message(message[4].data), 0)
    clock.now += 20
    token = pair.sign()
    assert b"nc=00000001" in token
    assert pair.accept(token).status is NtStatus.SEC_E_OK


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


def test_rfc_2069():
    """A challenge without qop is answered without; a server that allows it takes each nonce once."""
    pair = HTTPPair(server_handle=server_handle(algorithms=["MD5"], allow_rfc2069=True))
    challenge = pair.challenge().replace(b', qop="auth"', b"")
    token = pair.respond(challenge)
    assert b"nc=" not in token
    context = pair.accept(token).context
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.complete_auth_token(context, accept_input(token))


def test_the_strongest_of_several_challenges():
    """One token with two challenges; a client that may not use the stronger one takes the other."""
    server = server_handle(algorithms=["MD5", "SHA-256"])
    for allowed, chosen in ((None, b'"SHA-256"'), (["MD5"], b'"MD5"')):
        pair = HTTPPair(client_handle(algorithms=allowed), server)
        challenge = pair.challenge()
        assert challenge.count(b"Digest realm=") == 1
        token = pair.respond(challenge)
        assert b"algorithm=" + chosen in token
        assert pair.accept(token).status is NtStatus.SEC_E_OK


def test_userhash():
    """With userhash the name goes out hashed, and the server's context knows the name."""
    pair = HTTPPair(server_handle=server_handle(algorithms=["SHA-256"], userhash=True))
    token = pair.respond(pair.challenge())
    assert b"alice" not in token
    context = pair.accept(token).context
    assert sspi.query_context_attributes(context, sspi.SecPkgContextNames).username == "alice"


@pytest.mark.parametrize(
    ("domain", "name"), [("field", b"alice"), ("FIELD", b"alice"), ("", b"alice"), ("CORP", b"CORP\\\\alice")]
)
def test_domains(domain, name):
    """A domain that is the realm is left out of the name, another stands in front of it."""
    pair = HTTPPair(client_handle(domain=domain), server_handle({**ALICE, "CORP\\alice": ALICE["alice"]}))
    token = pair.respond(pair.challenge())
    assert b'username="' + name + b'"' in token
    assert pair.accept(token).status is NtStatus.SEC_E_OK


@pytest.mark.parametrize("flags", [IscReq.ISC_REQ_HTTP, IscReq.ISC_REQ_USE_HTTP_STYLE, IscReq.ISC_REQ_CONNECTION])
def test_what_says_http_to_a_client(flags):
    """The documented flag, curl's flag, or .NET's PKG_PARAMS buffers alone."""
    pair = HTTPPair(client_flags=flags)
    assert b'uri="/x"' in pair.respond(pair.challenge())


@pytest.mark.parametrize("message", [
    buffers((TOKEN, b"")),
    buffers((TOKEN, b"x"), (PARAMS, b"GET"), (PARAMS, b"/x"), (PADDING, 4096), (PARAMS, b"")),
    buffers((DATA, b"x"), (PARAMS, b"GET"), (PARAMS, b"/x"), (PARAMS, b""), (PADDING, 4096)),
], ids=["too few", "wrong order", "no TOKEN"])  # fmt: skip
def test_misshapen_messages(message):
    """Too few buffers, or the wrong type in a place, is SEC_E_INVALID_TOKEN for signing and for verifying."""
    pair = HTTPPair().login()
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        sspi.make_signature(pair.client, 0, message, 0)
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        sspi.verify_signature(pair.server, message, 0)


@pytest.mark.parametrize("given", [
    None,
    buffers((DATA, b"x")),
    buffers((TOKEN, b"x"), (PARAMS, b"GET")),
    buffers((TOKEN, b"x"), (PARAMS, b""), (PARAMS, b""), (PARAMS, b"")),
], ids=["nothing", "no TOKEN", "too few", "no method"])  # fmt: skip
def test_misshapen_input_of_accept(given):
    """A response needs TOKEN, method, target and HEntity buffers."""
    pair = HTTPPair()
    pair.challenge()
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        sspi.accept_security_context(pair.server_handle, pair.server, given, 0, 0, buffers((TOKEN, 4096)))


def test_qop_and_sequence_numbers_have_to_be_zero():
    """fQOP and MessageSeqNo other than 0 are refused, and nothing is counted."""
    pair = HTTPPair().login()
    with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
        sspi.make_signature(pair.client, 1, http_message(), 0)
    with refused(NtStatus.SEC_E_INVALID_PARAMETER):
        sspi.make_signature(pair.client, 0, http_message(), 2)
    assert b"nc=00000002" in pair.sign()


@pytest.mark.parametrize("flag", [IscReq.ISC_REQ_DELEGATE, IscReq.ISC_REQ_PROMPT_FOR_CREDS])
def test_flags_that_digest_refuses(flag):
    """Delegation and prompting are SEC_E_UNSUPPORTED_FUNCTION."""
    pair = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | flag)
    with refused(NtStatus.SEC_E_UNSUPPORTED_FUNCTION):
        pair.respond(b'realm="r", nonce="n", qop="auth"')


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


def test_no_credential_is_needed_for_the_second_call():
    """The context knows its credentials; they may even be freed by then."""
    pair = HTTPPair()
    token = pair.respond(pair.challenge())
    sspi.free_credentials_handle(pair.server_handle)
    result = sspi.accept_security_context(None, pair.server, accept_input(token), 0, 0, buffers((TOKEN, 4096)))
    assert result.status is NtStatus.SEC_E_OK


def test_a_deleted_context_is_found_no_more():
    """After delete_security_context the nonce is counted on, in a context of its own."""
    pair = HTTPPair().login()
    sspi.delete_security_context(pair.server)
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        sspi.verify_signature(pair.server, http_message(b"x"), 0)
    result = pair.accept(pair.sign())
    assert result.status is NtStatus.SEC_E_OK
    assert result.context is not pair.server


def test_both_roles_on_one_handle():
    """A handle acquired for BOTH signs and checks."""
    identity = sspi.WinNTAuthIdentity("alice", "field", "secret")
    both = sspi.acquire_credentials_handle("alice", "WDigest", 3, auth_data=identity).credential
    HTTPPair(both, both).login()


def test_bindings_buffer_that_points_outside_itself():
    """A SEC_CHANNEL_BINDINGS blob with a wild offset, or cut short, is SEC_E_INVALID_TOKEN."""
    for blob in (b"\0" * 31, b"\0" * 24 + b"\xff\0\0\0\x20\0\0\0tls"):
        pair = HTTPPair(server_flags=AscReq(0))
        with refused(NtStatus.SEC_E_INVALID_TOKEN):
            pair.respond(pair.challenge(), extra=((BINDINGS, blob),))
        with refused(NtStatus.SEC_E_INVALID_TOKEN):
            pair.challenge(bindings=blob)


def test_misshapen_input_of_initialize():
    """A challenge without its method, or no challenge, is SEC_E_INVALID_TOKEN; so is signing without a target."""
    challenge = HTTPPair().challenge()
    for given in (
        buffers((TOKEN, challenge)),
        buffers((TOKEN, b""), (PARAMS, b"GET")),
        buffers((TOKEN, challenge), (PARAMS, b"")),
    ):
        with refused(NtStatus.SEC_E_INVALID_TOKEN):
            sspi.initialize_security_context(
                client_handle(), None, "/x", IscReq.ISC_REQ_HTTP, 0, given, buffers((TOKEN, 4096))
            )
    pair = HTTPPair().login()
    for parts in ({"url": b""}, {"method": b""}):
        with refused(NtStatus.SEC_E_INVALID_TOKEN):
            pair.sign(**parts)
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        sspi.verify_signature(pair.client, http_message(b""), 0)
