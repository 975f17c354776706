"""accept_security_context and complete_auth_token ("AcceptSecurityContext (Digest)", "CompleteAuthToken")."""

from __future__ import annotations

from typing import Final, NamedTuple

from digest_http.credentials import Credentials
from digest_http.httpauth.verdict import Verdict

from .contexts.context import Context, CtxtHandle, context_of, handle_for
from .contexts.credential import CredHandle, ServerSide
from .contexts.extended_protection import Requirement
from .contexts.http_layouts import read_accept
from .contexts.http_realms import HTTPService
from .contexts.http_server_context import HTTPServerContext
from .contexts.sasl_server_context import SASLServerContext
from .values.arguments import checked
from .values.buffers import SecBufferDesc, SecBufferType, emit, find
from .values.constants import SECURITY_MAX_EXPIRY, TargetDataRep
from .values.request_flags import ASC_INTEGRITY, AscReq, AscRet
from .values.status import NtStatus, failure, translated

__all__ = ["AcceptContextResult", "accept_security_context", "complete_auth_token"]

_COMMON: Final = (
    ASC_INTEGRITY
    | AscReq.ASC_REQ_ALLOCATE_MEMORY
    | AscReq.ASC_REQ_CONNECTION
    | AscReq.ASC_REQ_EXTENDED_ERROR
    | AscReq.ASC_REQ_ALLOW_MISSING_BINDINGS
    | AscReq.ASC_REQ_PROXY_BINDINGS
)
#: MUTUAL_AUTH is not on the page. But rspauth is mutual authentication, and sspilib asks for it by default.
_SASL: Final = _COMMON | AscReq.ASC_REQ_CONFIDENTIALITY | AscReq.ASC_REQ_MUTUAL_AUTH

_ECHOED: Final = AscRet.ASC_RET_ALLOCATED_MEMORY | AscRet.ASC_RET_CONNECTION


class AcceptContextResult(NamedTuple):
    """The context, what it grants so far, its expiry as a FILETIME, and SEC_E_OK or a SEC_I_* code."""

    context: CtxtHandle
    attributes: AscRet
    expiry: int
    status: NtStatus


class _Call(NamedTuple):
    given: CtxtHandle | None
    flags: AscReq
    inputs: SecBufferDesc | None
    outputs: SecBufferDesc | None


@checked
def accept_security_context(  # noqa: PLR0917 - sspilib's signature
    credential: CredHandle | None,
    context: CtxtHandle | None,
    input_buffers: SecBufferDesc | None,
    context_req: AscReq | int,
    target_data_rep: TargetDataRep | int,  # noqa: ARG001 - Digest is text and knows no byte order
    output_buffers: SecBufferDesc | None,
) -> AcceptContextResult:
    """Make a challenge, or check the client's token. The layouts and codes are in docs/sspi-functions.md.

    HTTP: if the nonce has a context already, this context is returned with SEC_I_COMPLETE_NEEDED. Then call
    complete_auth_token.
    """
    flags = AscReq(context_req)
    call = _Call(context, flags, input_buffers, output_buffers)
    held = context.digest_context if context is not None else None
    if held is not None:
        held.check_open()
        if held.established:
            raise failure(NtStatus.STATUS_LOGON_FAILURE)
    with translated:
        # A call that continues an exchange may leave the credential out.
        server = _server(credential) if credential is not None or held is None else None
        if isinstance(held, HTTPServerContext):
            return _http(server.http if server is not None else held.service, held, call)
        if isinstance(held, SASLServerContext):
            _check_flags(flags, _SASL)
            return _sasl(held, call)
        if server is None:
            raise failure(NtStatus.SEC_E_NO_CREDENTIALS)
        if held is not None:
            raise failure(NtStatus.SEC_E_INVALID_HANDLE)
        # ASC_REQ_HTTP has the same bit as ALLOW_MISSING_BINDINGS, so the buffers decide.
        if find(input_buffers, SecBufferType.SECBUFFER_PKG_PARAMS) is not None:
            return _http(server.http, None, call)
        _check_flags(flags, _SASL)
        options = context.sasl_options if context is not None else None
        return _sasl(SASLServerContext(server.accounts, flags, options), call)


@checked
def complete_auth_token(context: CtxtHandle, token: SecBufferDesc) -> None:
    """Check the request that was matched to a live context; `token` is the array given to accept_security_context.

    For SASL and for clients it does nothing.
    """
    context_of(context).complete(token)


def _check_flags(flags: AscReq, allowed: AscReq) -> None:
    if int(flags) & ~int(allowed):
        raise failure(NtStatus.SEC_E_SECURITY_QOS_FAILED)


def _http(service: HTTPService, held: HTTPServerContext | None, call: _Call) -> AcceptContextResult:
    _check_flags(call.flags, _COMMON)
    request = read_accept(call.inputs)
    requirement = _requirement(call.flags, request.bindings)
    integrity = bool(call.flags & ASC_INTEGRITY)
    realm = service.realm(request.realm or service.default_realm, integrity=integrity)
    token = request.message.token
    credentials = Credentials.parse(token) if token else None
    if credentials is not None:
        live = service.find(credentials)
        if live is not None and not live.is_refused(token):
            return _result(live, call, b"", NtStatus.SEC_I_COMPLETE_NEEDED)
        if request.realm is None:
            realm = service.known_realm(credentials.realm, integrity=integrity) or realm
    state = held or HTTPServerContext(service, realm, requirement)
    if credentials is None:
        return _result(state, call, state.challenge(realm), NtStatus.SEC_I_CONTINUE_NEEDED)
    verdict = state.authenticate(request.message, credentials, realm, requirement)
    if verdict is Verdict.ACCEPTED:
        return _result(state, call, b"", NtStatus.SEC_E_OK)
    if verdict.stale:
        # The digest was right: RFC 7616 §3.3, stale, lets the client try again without asking its user.
        return _result(state, call, state.challenge(realm, stale=True), NtStatus.SEC_I_CONTINUE_NEEDED)
    raise failure(NtStatus.SEC_E_LOGON_DENIED)


def _sasl(state: SASLServerContext, call: _Call) -> AcceptContextResult:
    token, bindings = (
        buffer.data if buffer is not None and buffer.count else None
        for buffer in (
            find(call.inputs, SecBufferType.SECBUFFER_TOKEN),
            find(call.inputs, SecBufferType.SECBUFFER_CHANNEL_BINDINGS),
        )
    )
    requirement = _requirement(call.flags, bindings)
    answer = state.unsent_answer(token or b"")
    if answer is None:
        try:
            answer = state.step(token or b"", requirement)
        except BaseException:
            state.close()
            raise
    status = NtStatus.SEC_E_OK if state.established else NtStatus.SEC_I_CONTINUE_NEEDED
    with state.kept_unless_sent(token or b"", answer):
        return _result(state, call, answer, status)


def _requirement(flags: AscReq, bindings: bytes | None) -> Requirement:
    return Requirement.of(
        bindings,
        allow_missing=bool(flags & AscReq.ASC_REQ_ALLOW_MISSING_BINDINGS),
        proxy=bool(flags & AscReq.ASC_REQ_PROXY_BINDINGS),
    )


def _result(state: Context, call: _Call, token: bytes, status: NtStatus) -> AcceptContextResult:
    emit(call.outputs, token, allocate=bool(call.flags & AscReq.ASC_REQ_ALLOCATE_MEMORY))
    attributes = AscRet(state.granted) | (AscRet(int(call.flags)) & _ECHOED)
    state.granted = attributes
    return AcceptContextResult(handle_for(state, call.given), attributes, SECURITY_MAX_EXPIRY, status)


def _server(credential: CredHandle | None) -> ServerSide:
    given = credential.digest_credential if credential is not None else None
    if given is None or given.server is None:
        raise failure(NtStatus.SEC_E_NO_CREDENTIALS)
    return given.server
