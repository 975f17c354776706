"""The buffers of HTTP contexts: their order, their room, and what is misshapen."""

from __future__ import annotations

import pytest

from digest_http import sspi
from digest_http.sspi import AscReq, IscReq, NtStatus
from tests.sspi.refusals import refused
from tests.sspi.wiring import BINDINGS, DATA, PADDING, PARAMS, TOKEN, HTTPPair, buffers, client_handle, http_message


def test_the_room_that_is_needed_follows_the_target():
    """A longer target, and one that is escaped in quotes, needs as much more."""
    pair = HTTPPair().login()
    length = len(pair.sign(url=b"/x"))
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        pair.sign(url=b'/x"', room=length + 1)
    assert b'uri="/x\\""' in pair.sign(url=b'/x"', room=length + 2)


@pytest.mark.obeys("sspi-buffers")
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


def test_bindings_buffer_that_points_outside_itself():
    """A SEC_CHANNEL_BINDINGS blob with a wild offset, or cut short, is SEC_E_INVALID_TOKEN."""
    for blob in (b"\0" * 31, b"\0" * 24 + b"\xff\0\0\0\x20\0\0\0tls"):
        pair = HTTPPair(server_flags=AscReq(0))
        with refused(NtStatus.SEC_E_INVALID_TOKEN):
            pair.respond(pair.challenge(), extra=((BINDINGS, blob),))
        with refused(NtStatus.SEC_E_INVALID_TOKEN):
            pair.challenge(bindings=blob)
