"""Scenarios of accept_security_context and complete_auth_token."""

from __future__ import annotations

from typing import Any

from digest_http import sspi
from digest_http.sspi import AscReq, CtxtHandle, NtStatus
from tests.sspi.scenarios.client_handshake import initialize
from tests.sspi.scenarios.contexts import body_pair, bound, deleted, logged_in, on_context, store_down, unbound
from tests.sspi.scenarios.registry import case, produces
from tests.sspi.wiring import ALICE, TOKEN, HTTPPair, accept_input, buffers, client_handle, server_handle


class BrokenUsers:
    """A directory that is down."""

    def ha1(self, *_: object) -> bytes:
        """Raise."""
        raise OSError("down")


def accept(
    credential: Any = None, context: Any = None, given: Any = None, flags: int = AscReq.ASC_REQ_HTTP, room: int = 4096
) -> Any:
    """accept_security_context, by default a first call for HTTP."""
    return sspi.accept_security_context(
        credential if credential is not None else server_handle(),
        context,
        given if given is not None else accept_input(b""),
        flags,
        0,
        buffers((TOKEN, room)),
    )


def answered(server: sspi.CredHandle | None = None, password: str = ALICE["alice"], **changes: Any) -> Any:
    """A challenge, its response, and accept_security_context with it."""
    pair = HTTPPair(client_handle(password), server if server is not None else server_handle())
    return pair.accept(pair.respond(pair.challenge()), **changes)


ASC = "accept_security_context"
case(ASC, "SEC_E_OK", answered)
case(ASC, "SEC_I_CONTINUE_NEEDED", accept)
case(ASC, "SEC_E_LOGON_DENIED", lambda: answered(password="wrong"))
case(ASC, "SEC_E_INVALID_TOKEN", lambda: accept(given=accept_input(b"username=")))
case(ASC, "SEC_E_NO_CREDENTIALS", lambda: accept(client_handle()))
case(ASC, "SEC_E_NO_AUTHENTICATING_AUTHORITY", lambda: answered(server_handle(BrokenUsers())))
case(ASC, "SEC_E_SECURITY_QOS_FAILED", lambda: accept(flags=AscReq.ASC_REQ_CONFIDENTIALITY))
case(ASC, "SEC_E_BUFFER_TOO_SMALL", lambda: accept(room=10))
case(ASC, "SEC_E_CONTEXT_EXPIRED", lambda: accept(context=deleted()))
case(ASC, "STATUS_LOGON_FAILURE", lambda: accept(context=logged_in().server))


@produces(ASC, "SEC_I_COMPLETE_NEEDED")
def next_request() -> object:
    """The second request of a nonce."""
    pair = logged_in()
    return pair.accept(pair.sign())


@produces(ASC, "SEC_E_QOP_NOT_SUPPORTED")
def algorithm_not_offered() -> object:
    """A response with an algorithm that the challenge did not name."""
    pair = HTTPPair()
    return pair.accept(pair.respond(pair.challenge()).replace(b"MD5-sess", b"SHA-256"))


@produces(ASC, "SEC_E_BAD_BINDINGS")
def binding_required() -> object:
    """The server has bindings to compare, the client says nothing of any."""
    blob = sspi.SecChannelBindings(application_data=b"tls").get_sec_buffer_copy().data
    pair = HTTPPair(server_flags=AscReq(0))
    return pair.accept(pair.respond(pair.challenge()), bindings=blob)


@produces(ASC, "SEC_E_INVALID_HANDLE")
def half_made_client() -> object:
    """The handle of a client that waits for its server."""
    context = initialize(client_handle(), target="ldap/dc1", flags=0).context
    return accept(context=context)


def complete(pair: HTTPPair, token: bytes, **parts: Any) -> object:
    """complete_auth_token."""
    sspi.complete_auth_token(pair.server, accept_input(token, **parts))
    return NtStatus.SEC_E_OK


COMPLETE = "complete_auth_token"
case(COMPLETE, "SEC_E_OK", on_context(lambda pair: complete(pair, pair.sign())))
case(COMPLETE, "SEC_E_INVALID_HANDLE", lambda: sspi.complete_auth_token(CtxtHandle(), accept_input(b"")))
case(COMPLETE, "SEC_E_INVALID_TOKEN", on_context(lambda pair: complete(pair, b"")))
case(COMPLETE, "SEC_E_MESSAGE_ALTERED", on_context(lambda pair: complete(pair, pair.sign(), method=b"PUT")))
case(COMPLETE, "SEC_E_OUT_OF_SEQUENCE", on_context(lambda pair: (pair.sign(), complete(pair, pair.sign()))))
case(COMPLETE, "SEC_E_CONTEXT_EXPIRED", lambda: sspi.complete_auth_token(deleted(), accept_input(b"")))
case(COMPLETE, "SEC_E_NO_AUTHENTICATING_AUTHORITY", store_down(lambda pair: complete(pair, pair.sign())))
case(COMPLETE, "SEC_E_BAD_BINDINGS", bound(lambda pair: complete(pair, unbound(pair.sign()))))


@produces(COMPLETE, "SEC_E_QOP_NOT_SUPPORTED")
def complete_without_body() -> object:
    """A context with integrity, and a request whose body is not covered."""
    pair = body_pair()
    return complete(pair, pair.sign())
