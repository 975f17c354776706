"""Which context a response finds or begins on the server, with HTTP having no connection."""

from __future__ import annotations

from digest_http import sspi
from digest_http.sspi import NtStatus
from tests.sspi.refusals import refused
from tests.sspi.wiring import TOKEN, HTTPPair, accept_input, buffers, client_handle, http_message, server_handle


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


def test_the_other_challenge_of_a_token():
    """Each has a nonce of its own: a client may change over to the other, but not with the nonce of the first."""
    server = server_handle(algorithms=["SHA-256", "MD5"])
    pair = HTTPPair(client_handle(algorithms=["SHA-256"]), server)
    challenge = pair.challenge()
    pair.accept(pair.respond(challenge))
    weaker = HTTPPair(client_handle(algorithms=["MD5"]), server)
    assert weaker.accept(weaker.respond(challenge)).status is NtStatus.SEC_E_OK
    first = challenge.partition(b", Digest ")[0]
    mixed = weaker.respond(first.replace(b"algorithm=SHA-256", b"algorithm=MD5"))
    assert weaker.accept(mixed).status is NtStatus.SEC_I_CONTINUE_NEEDED


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
