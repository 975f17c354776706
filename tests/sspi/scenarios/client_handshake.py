"""Scenarios of initialize_security_context."""

from __future__ import annotations

from typing import Any

from digest_http import sspi
from digest_http.sspi import IscReq
from tests.sspi.scenarios.contexts import deleted, freed, use_up
from tests.sspi.scenarios.registry import case, produces
from tests.sspi.wiring import PARAMS, TOKEN, HTTPPair, SASLPair, buffers, client_handle, server_handle


def initialize(
    credential: Any = None, context: Any = None, given: Any = None, target: str = "/x",
    flags: int = IscReq.ISC_REQ_HTTP, room: int = 4096,
) -> Any:  # fmt: skip
    """initialize_security_context."""
    return sspi.initialize_security_context(credential, context, target, flags, 0, given, buffers((TOKEN, room)))


def challenged(token: bytes = b"", **changes: Any) -> Any:
    """initialize_security_context with a challenge of HTTP; `changes` as for initialize."""
    token = token or HTTPPair().challenge()
    settings = {"credential": client_handle(), "given": buffers((TOKEN, token), (PARAMS, b"GET"), (PARAMS, b""))}
    return initialize(**{**settings, **changes})


ISC = "initialize_security_context"
case(ISC, "SEC_E_OK", challenged)
case(ISC, "SEC_I_CONTINUE_NEEDED", lambda: initialize(client_handle(), target="ldap/dc1", flags=0))
case(ISC, "SEC_E_INVALID_HANDLE", lambda: challenged(credential=freed()))
case(ISC, "SEC_E_INVALID_TOKEN", lambda: challenged(b'realm="open'))
case(ISC, "SEC_E_NO_CREDENTIALS", lambda: challenged(credential=server_handle()))
case(ISC, "SEC_E_TARGET_UNKNOWN", lambda: challenged(target=""))
case(
    ISC,
    "SEC_E_UNSUPPORTED_FUNCTION",
    lambda: challenged(flags=IscReq.ISC_REQ_HTTP | IscReq.ISC_REQ_CONFIDENTIALITY),
)
case(ISC, "SEC_E_QOP_NOT_SUPPORTED", lambda: challenged(b'realm="r", nonce="n", algorithm=SHA3, qop="auth"'))
case(ISC, "SEC_E_BUFFER_TOO_SMALL", lambda: challenged(room=10))
case(ISC, "SEC_E_CONTEXT_EXPIRED", lambda: challenged(context=deleted()))


@produces(ISC, "SEC_E_WRONG_PRINCIPAL")
def wrong_proof() -> object:
    """The server's rspauth is of another password."""
    pair = SASLPair()
    pair.initialize(pair.accept(b"")[1])
    return pair.initialize(b"rspauth=" + b"0" * 32)


@produces(ISC, "SEC_E_OUT_OF_SEQUENCE")
def nonce_used_up() -> object:
    """The same challenge again, after its nc has reached ffffffff."""
    pair = HTTPPair()
    challenge = pair.challenge()
    pair.respond(challenge)
    use_up(pair)
    return pair.respond(challenge)
