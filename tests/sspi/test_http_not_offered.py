"""Well-formed responses that keep to another offer: one code for them, and a new challenge lets the client in."""

from __future__ import annotations

from typing import Any

import pytest

from digest_http import sspi
from digest_http.sspi import AscReq, NtStatus, WindowsError
from tests.attacks.signing import Signer, parameters
from tests.sspi.wiring import ALICE, TOKEN, accept_input, buffers, server_handle

GONE: dict[str, Any] = {"qop": None, "nc": None, "cnonce": None}


def accept(handle: Any, token: bytes) -> tuple[Any, dict[str, str]]:
    """One call of accept_security_context, and the challenge that it made."""
    output = buffers((TOKEN, 4096))
    result = sspi.accept_security_context(handle, None, accept_input(token, url=b"/x"), AscReq.ASC_REQ_HTTP, 0, output)
    return result.status, parameters(b"Digest " + output[0].data)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"algorithm": "MD5"}, NtStatus.SEC_E_QOP_NOT_SUPPORTED),
        ({"algorithm": "SHA-512-256"}, NtStatus.SEC_E_QOP_NOT_SUPPORTED),
        ({"qop": "auth-int"}, NtStatus.SEC_E_QOP_NOT_SUPPORTED),
        ({"qop": "auth-conf"}, NtStatus.SEC_E_QOP_NOT_SUPPORTED),
        (GONE, NtStatus.SEC_E_QOP_NOT_SUPPORTED),
        ({"late": {"userhash": "true"}}, NtStatus.SEC_E_QOP_NOT_SUPPORTED),
        ({"qop": "auth conf"}, NtStatus.SEC_E_INVALID_TOKEN),
        ({"nc": "1"}, NtStatus.SEC_E_INVALID_TOKEN),
        ({"cnonce": None}, NtStatus.SEC_E_INVALID_TOKEN),
    ],
)
def test_the_code_tells_what_to_do(changes: dict[str, Any], status: NtStatus) -> None:
    """QOP_NOT_SUPPORTED: challenge anew, and the same client gets in; INVALID_TOKEN: it is malformed."""
    handle = server_handle(algorithms=["SHA-256"])
    begun, challenge = accept(handle, b"")
    assert begun is NtStatus.SEC_I_CONTINUE_NEEDED
    signer = Signer(challenge, password=ALICE["alice"])
    token = signer.sign(**changes).removeprefix(b"Digest ")
    if changes.get("qop") == "auth conf":
        token = token.replace(b"qop=auth conf", b'qop="auth conf"')
    with pytest.raises(WindowsError) as caught:
        accept(handle, token)
    assert NtStatus(caught.value.winerror & 0xFFFFFFFF) is status
    _, again = accept(handle, b"")
    assert "stale" not in again
    fresh = Signer(again, password=ALICE["alice"])
    assert accept(handle, fresh.sign().removeprefix(b"Digest "))[0] is NtStatus.SEC_E_OK
