"""Outputs with no room for the token: nothing is used up, and the same call can be made again."""

from __future__ import annotations

from typing import Any

import pytest

from digest_http import sspi
from digest_http.sspi import AscReq, CtxtHandle, IscReq, NtStatus, SecBufferDesc
from digest_http.sspi.values.buffers import SecBufferFlags
from tests.sspi.refusals import refused
from tests.sspi.wiring import (
    DATA,
    PARAMS,
    PRIVACY,
    TOKEN,
    HTTPPair,
    SASLPair,
    accept_input,
    buffers,
    client_handle,
    server_handle,
)

READONLY = int(SecBufferFlags.SECBUFFER_READONLY)
ALLOCATE = int(IscReq.ISC_REQ_ALLOCATE_MEMORY)
NO_ROOM = [
    pytest.param(lambda: buffers((TOKEN, 10)), 0, NtStatus.SEC_E_BUFFER_TOO_SMALL, id="small"),
    pytest.param(lambda: buffers((TOKEN, None)), 0, NtStatus.SEC_E_BUFFER_TOO_SMALL, id="no-memory"),
    pytest.param(lambda: buffers((TOKEN | READONLY, 4096)), 0, NtStatus.SEC_E_BUFFER_TOO_SMALL, id="readonly"),
    pytest.param(lambda: buffers((TOKEN | READONLY, 9)), ALLOCATE, NtStatus.SEC_E_BUFFER_TOO_SMALL, id="allocate"),
    pytest.param(lambda: buffers((DATA, 4096)), 0, NtStatus.SEC_E_INVALID_TOKEN, id="no-token"),
    pytest.param(lambda: None, 0, NtStatus.SEC_E_INVALID_TOKEN, id="none"),
]


def refused_then_passed(call: Any, output: Any, extra: int, code: NtStatus) -> tuple[Any, bytes]:
    """A call that is refused twice for its output, which stays as it was, and then passes; (result, token)."""
    for _ in range(2):
        array = output()
        before = [(buffer.data, buffer.count) for buffer in array or ()]
        with refused(code):
            call(array, extra)
        assert before == [(buffer.data, buffer.count) for buffer in array or ()]
    room = buffers((TOKEN, 4096))
    result = call(room, 0)
    return result, room[0].data


@pytest.mark.parametrize(("output", "extra", "code"), NO_ROOM)
def test_http_client(output, extra, code):
    """The first response, the response to a new challenge, and that to the same one: each nc is the next one."""
    pair = HTTPPair()
    first = pair.challenge()
    for challenge, count, context in ((first, b"1", None), (first, b"2", "held"), (pair.challenge(), b"1", "held")):
        held = pair.client if context else None
        given = buffers((TOKEN, challenge), (PARAMS, b"GET"), (PARAMS, b""))

        def respond(array: SecBufferDesc | None, flag: int, given: Any = given, held: Any = held) -> Any:
            flags = IscReq.ISC_REQ_HTTP | flag
            return sspi.initialize_security_context(pair.client_handle, held, "/x", flags, 0, given, array)

        result, token = refused_then_passed(respond, output, extra, code)
        assert b"nc=0000000" + count in token
        pair.client = result.context
        if context is None:
            assert pair.accept(token, pair.server).status is NtStatus.SEC_E_OK
        elif count == b"2":
            found = pair.accept(token, None, url=b"/x").context
            sspi.complete_auth_token(found, accept_input(token, url=b"/x"))
    assert b"nc=00000002" in pair.sign()


def test_a_response_that_is_refused_leaves_the_context_as_it_was():
    """Too small an output, a broken challenge, a method that is none: the old nonce is signed with as before."""
    pair = HTTPPair().login()
    fresh = HTTPPair(server_handle=pair.server_handle).challenge()
    for challenge, method, room in ((fresh, b"GET", 10), (b'realm="', b"GET", 4096), (fresh, b"no token", 4096)):
        with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL if room == 10 else NtStatus.SEC_E_INVALID_TOKEN):
            sspi.initialize_security_context(
                pair.client_handle, pair.client, "/y", IscReq.ISC_REQ_HTTP, 0,
                buffers((TOKEN, challenge), (PARAMS, method), (PARAMS, b"")), buffers((TOKEN, room)),
            )  # fmt: skip
    token = pair.sign()
    assert b"nc=00000002" in token
    assert sspi.query_context_attributes(pair.client, sspi.SecPkgContextNativeNames).server_name == "/x"
    found = pair.accept(token, url=b"/x").context
    sspi.complete_auth_token(found, accept_input(token, url=b"/x"))


def test_a_challenge_without_qop_has_no_count_to_take_back():
    """RFC 2069 counts nothing: when the server then offers qop for the same nonce, its first count is 1."""
    pair = HTTPPair()
    plain = b'realm="field", nonce="n", algorithm=MD5'
    pair.respond(plain)
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.initialize_security_context(
            pair.client_handle, pair.client, "/x", IscReq.ISC_REQ_HTTP, 0,
            buffers((TOKEN, plain), (PARAMS, b"GET"), (PARAMS, b"")), buffers((TOKEN, 10)),
        )  # fmt: skip
    assert b"nc=00000001" in pair.respond(plain + b', qop="auth"')


@pytest.mark.parametrize(("output", "extra", "code"), NO_ROOM)
@pytest.mark.parametrize("begun", [False, True], ids=["first-call", "empty-call-before"])
def test_sasl_every_step(output, extra, code, begun):
    """Challenge, response and proof: each is refused, then made, and the layers of both sides fit together."""
    pair = SASLPair(client_handle(), server_handle(), client_flags=PRIVACY)
    if begun:
        pair.initialize(b"")

    def accept(token: bytes) -> Any:
        return lambda array, flag: sspi.accept_security_context(
            pair.server_handle, pair.server, buffers((TOKEN, token)), AscReq(int(pair.server_flags) | flag), 0, array
        )

    def initialize(token: bytes) -> Any:
        return lambda array, flag: sspi.initialize_security_context(
            pair.client_handle, pair.client, pair.target, IscReq(int(PRIVACY) | flag), 0, buffers((TOKEN, token)), array
        )

    result, challenge = refused_then_passed(accept(b""), output, extra, code)
    pair.server = result.context
    result, response = refused_then_passed(initialize(challenge), output, extra, code)
    pair.client = result.context
    held = pair.server
    with refused(code):
        accept(response)(output(), extra)
    # The peer has no proof yet, so there is no context to use.
    with refused(NtStatus.SEC_E_INVALID_HANDLE):
        sspi.encrypt_message(held, 0, buffers((DATA, b"early"), (TOKEN, 24)), 0)
    result, proof = refused_then_passed(accept(response), output, extra, code)
    assert result.status is NtStatus.SEC_E_OK
    assert pair.initialize(proof) == (NtStatus.SEC_E_OK, b"")
    array = buffers((DATA, b"sealed"), (TOKEN, 24))
    sspi.encrypt_message(result.context, 0, array, 0)
    sspi.decrypt_message(pair.client, array, 0)
    assert array[0].data == b"sealed"
    with refused(NtStatus.STATUS_LOGON_FAILURE):
        accept(response)(buffers((TOKEN, 4096)), 0)


def test_a_kept_answer_is_for_its_token_alone():
    """Another response in the place of the one whose proof had no room ends the context."""
    pair = SASLPair(client_flags=PRIVACY)
    _, response = pair.initialize(pair.accept(b"")[1])
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.accept_security_context(
            None, pair.server, buffers((TOKEN, response)), pair.server_flags, 0, buffers((TOKEN, 3))
        )
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        pair.accept(response.replace(b"alice", b"bob"))
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        pair.accept(response)


def test_an_empty_handle_is_not_filled_by_a_refused_call():
    """As sspilib's classes pass it."""
    handle = CtxtHandle()
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.accept_security_context(server_handle(), handle, None, 0, 0, buffers((TOKEN, 3)))
    assert repr(handle) == "<CtxtHandle, empty>"
