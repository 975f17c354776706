"""Scenarios of make_signature and verify_signature."""

from __future__ import annotations

from typing import Any

from digest_http import sspi
from digest_http.sspi import CtxtHandle, IscReq
from tests.sspi.scenarios.contexts import body_pair, bound, deleted, on_context, sasl, store_down, unbound, use_up
from tests.sspi.scenarios.registry import case, produces
from tests.sspi.wiring import DATA, PARAMS, TOKEN, buffers, http_message


def make(context: Any, message: Any = None, qop: int = 0, seq_no: int = 0) -> object:
    """make_signature."""
    message = message if message is not None else http_message()
    sspi.make_signature(context, qop, message, seq_no)
    return message


def verify(context: Any, message: Any, seq_no: int = 0) -> int:
    """verify_signature."""
    return sspi.verify_signature(context, message, seq_no)


MAKE = "make_signature"
case(MAKE, "SEC_E_OK", on_context(lambda pair: make(pair.client)))
case(MAKE, "SEC_E_INVALID_HANDLE", lambda: make(CtxtHandle()))
case(MAKE, "SEC_E_INVALID_TOKEN", on_context(lambda pair: make(pair.client, buffers((TOKEN, b""), (PARAMS, b"GET")))))
case(MAKE, "SEC_I_RENEGOTIATE", on_context(lambda pair: make(use_up(pair).client)))
case(MAKE, "SEC_E_QOP_NOT_SUPPORTED", lambda: make(sasl(IscReq(0)).client, buffers((TOKEN, 16), (DATA, b"x"))))
case(MAKE, "SEC_E_BUFFER_TOO_SMALL", on_context(lambda pair: make(pair.client, http_message(room=100))))
case(MAKE, "SEC_E_INVALID_PARAMETER", on_context(lambda pair: make(pair.client, seq_no=1)))
case(MAKE, "SEC_E_CONTEXT_EXPIRED", lambda: make(deleted()))

VERIFY = "verify_signature"
case(VERIFY, "SEC_E_OK", on_context(lambda pair: verify(pair.server, http_message(pair.sign()))))
case(VERIFY, "SEC_E_INVALID_HANDLE", lambda: verify(CtxtHandle(), http_message(b"x")))
case(VERIFY, "SEC_E_INVALID_TOKEN", on_context(lambda pair: verify(pair.server, http_message(b""))))
case(
    VERIFY, "SEC_E_MESSAGE_ALTERED", on_context(lambda pair: verify(pair.server, http_message(pair.sign(), url=b"/y")))
)
case(
    VERIFY,
    "SEC_E_OUT_OF_SEQUENCE",
    on_context(lambda pair: (pair.sign(), verify(pair.server, http_message(pair.sign())))),
)
case(VERIFY, "SEC_E_BUFFER_TOO_SMALL", on_context(lambda pair: verify(pair.server, http_message(pair.sign(), room=9))))
case(VERIFY, "SEC_E_INVALID_PARAMETER", on_context(lambda pair: verify(pair.server, http_message(pair.sign()), 1)))
case(
    VERIFY,
    "STATUS_INVALID_PARAMETER",
    on_context(lambda pair: verify(pair.server, http_message(pair.sign().replace(b"nc=0000", b"nc=zero")))),
)
case(VERIFY, "SEC_E_CONTEXT_EXPIRED", lambda: verify(deleted(), http_message(b"x")))
case(
    VERIFY,
    "SEC_E_WRONG_PRINCIPAL",
    on_context(lambda pair: verify(pair.client, http_message(b'rspauth="00"'))),
)
case(VERIFY, "SEC_E_BAD_BINDINGS", bound(lambda pair: verify(pair.server, http_message(unbound(pair.sign())))))
case(
    VERIFY,
    "SEC_E_NO_AUTHENTICATING_AUTHORITY",
    store_down(lambda pair: verify(pair.server, http_message(pair.sign()))),
)


@produces(VERIFY, "SEC_E_QOP_NOT_SUPPORTED")
def verify_without_body() -> object:
    """A context with integrity, and a request whose body is not covered."""
    pair = body_pair()
    return verify(pair.server, http_message(pair.sign()))
