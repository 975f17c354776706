"""initialize_security_context: the client's side of both kinds of exchange ("InitializeSecurityContext (Digest)")."""

from __future__ import annotations

from typing import Final, NamedTuple

from .contexts.context import Context, CtxtHandle, handle_for
from .contexts.credential import CredHandle, DigestIdentity
from .contexts.http_client_context import HTTPClientContext
from .contexts.http_layouts import read_initialize
from .contexts.sasl_client_context import SASLClientContext
from .values.arguments import checked
from .values.buffers import SecBufferDesc, SecBufferType, emit, find, room_for_token
from .values.constants import SECURITY_MAX_EXPIRY, TargetDataRep
from .values.request_flags import ISC_INTEGRITY, IscReq, IscRet
from .values.status import NtStatus, Translation, failure

__all__ = ["InitializeContextResult", "initialize_security_context"]

_REFUSED: Final = IscReq.ISC_REQ_DELEGATE | IscReq.ISC_REQ_PROMPT_FOR_CREDS
_HTTP: Final = IscReq.ISC_REQ_HTTP | IscReq.ISC_REQ_USE_HTTP_STYLE

#: Flags that are granted if they were asked for: request and result have the same bit.
_ECHOED: Final = IscRet.ISC_RET_ALLOCATED_MEMORY | IscRet.ISC_RET_CONNECTION

_OF_TARGETS: Final = Translation(
    {"qop": NtStatus.SEC_E_QOP_NOT_SUPPORTED, "control-character": NtStatus.SEC_E_TARGET_UNKNOWN}
)


class InitializeContextResult(NamedTuple):
    """The context, what it grants so far, its expiry as a FILETIME, and SEC_E_OK or SEC_I_CONTINUE_NEEDED."""

    context: CtxtHandle
    attributes: IscRet
    expiry: int
    status: NtStatus


class _Call(NamedTuple):
    given: CtxtHandle | None
    target: str
    flags: IscReq
    inputs: SecBufferDesc | None
    outputs: SecBufferDesc | None


@checked
def initialize_security_context(  # noqa: PLR0917 - sspilib's signature
    credential: CredHandle | None,
    context: CtxtHandle | None,
    target_name: str,
    context_req: IscReq | int,
    target_data_rep: TargetDataRep | int,  # noqa: ARG001 - Digest is text and knows no byte order
    input_buffers: SecBufferDesc | None,
    output_buffers: SecBufferDesc | None,
) -> InitializeContextResult:
    """Take the server's token and make the client's. The layouts and codes are in docs/sspi-functions.md.

    `target_name` is the request target for HTTP, service/host[/name] for SASL. In the first call `context` is None or
    an empty handle.
    """
    flags = IscReq(context_req)
    call = _Call(context, target_name, flags, input_buffers, output_buffers)
    held = context.digest_context if context is not None else None
    if held is not None:
        held.check_open()
    if flags & _REFUSED:
        raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)
    with _OF_TARGETS:
        if held is None and _is_http(flags, input_buffers):
            held = HTTPClientContext(_identity(credential))
        elif held is None:
            options = context.sasl_options if context is not None else None
            held = SASLClientContext(_identity(credential), options)
        if isinstance(held, HTTPClientContext):
            return _http(held, call)
        if isinstance(held, SASLClientContext):
            return _sasl(held, call)
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)


def _http(state: HTTPClientContext, call: _Call) -> InitializeContextResult:
    if call.flags & IscReq.ISC_REQ_CONFIDENTIALITY:
        raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)
    # RFC 7616 §3.4.5: uri is the target exactly as in the request line, where it is ASCII.
    if not call.target or not call.target.isascii():
        raise failure(NtStatus.SEC_E_TARGET_UNKNOWN)
    request = read_initialize(call.inputs)
    room = room_for_token(call.outputs, allocate=bool(call.flags & IscReq.ISC_REQ_ALLOCATE_MEMORY))
    token = state.respond(request, call.target.encode(), integrity=bool(call.flags & ISC_INTEGRITY), room=room)
    return _result(state, call, token, NtStatus.SEC_E_OK)


def _sasl(state: SASLClientContext, call: _Call) -> InitializeContextResult:
    token, host, bindings = (
        buffer.data if buffer is not None and buffer.count else None
        for buffer in (
            find(call.inputs, kind)
            for kind in (
                SecBufferType.SECBUFFER_TOKEN,
                SecBufferType.SECBUFFER_TARGET_HOST,
                SecBufferType.SECBUFFER_CHANNEL_BINDINGS,
            )
        )
    )
    begun = call.given is not None and call.given.digest_context is state
    answer = state.unsent_answer(token or b"")
    if answer is None:
        try:
            answer = state.step(token or b"", call.target, call.flags, host, bindings)
        except BaseException:
            if begun:
                state.close()
            raise
    status = NtStatus.SEC_E_OK if state.established else NtStatus.SEC_I_CONTINUE_NEEDED
    with state.kept_unless_sent(token or b"", answer):
        return _result(state, call, answer, status)


def _result(state: Context, call: _Call, token: bytes, status: NtStatus) -> InitializeContextResult:
    emit(call.outputs, token, allocate=bool(call.flags & IscReq.ISC_REQ_ALLOCATE_MEMORY))
    attributes = IscRet(state.granted) | (IscRet(int(call.flags)) & _ECHOED)
    state.granted = attributes
    return InitializeContextResult(handle_for(state, call.given), attributes, SECURITY_MAX_EXPIRY, status)


def _is_http(flags: IscReq, message: SecBufferDesc | None) -> bool:
    # curl sets USE_HTTP_STYLE, .NET no flag at all; both pass PKG_PARAMS, which SASL does not have.
    return bool(flags & _HTTP) or find(message, SecBufferType.SECBUFFER_PKG_PARAMS) is not None


def _identity(credential: CredHandle | None) -> DigestIdentity:
    held = credential.digest_credential if credential is not None else None
    if held is None:
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)
    if held.identity is None:
        raise failure(NtStatus.SEC_E_NO_CREDENTIALS)
    return held.identity
