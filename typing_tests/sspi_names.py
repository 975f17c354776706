"""The SSPI names as code written for sspilib uses them, for type checkers only: whole logins, buffers, attributes."""

from __future__ import annotations

from digest_http import sspi
from digest_http.buffers import HTTPMessage


def client(package: str, target: str, username: str, password: str) -> sspi.CtxtHandle:
    """A client's loop, the tokens of the peer coming from elsewhere."""
    credential, _ = sspi.acquire_credentials_handle(
        None,
        package,
        sspi.CredentialUse.SECPKG_CRED_OUTBOUND,
        auth_data=sspi.WinNTAuthIdentity(username=username, password=password),
    )
    context: sspi.CtxtHandle | None = None
    token: bytearray | None = received()
    while token is not None:
        output = sspi.SecBufferDesc([sspi.SecBuffer(None, sspi.SecBufferType.SECBUFFER_TOKEN)])
        result = sspi.initialize_security_context(
            credential=credential,
            context=context,
            target_name=target,
            context_req=sspi.IscReq.ISC_REQ_ALLOCATE_MEMORY | sspi.IscReq.ISC_REQ_CONFIDENTIALITY,
            target_data_rep=sspi.TargetDataRep.SECURITY_NATIVE_DREP,
            input_buffers=sspi.SecBufferDesc([sspi.SecBuffer(token, sspi.SecBufferType.SECBUFFER_TOKEN)]),
            output_buffers=output,
        )
        context = result.context
        granted: sspi.IscRet = result.attributes
        if result.status == sspi.NtStatus.SEC_E_OK and granted & sspi.IscRet.ISC_RET_CONFIDENTIALITY:
            return context
        token = received(output[0].data)
    raise ConnectionError


def server(token: bytearray) -> tuple[sspi.CtxtHandle, bytes]:
    """One call of a server."""
    accounts = sspi.DigestAccounts({"alice": "s3cret"}, realm="example.com")
    credential = sspi.acquire_credentials_handle(
        principal=None,
        package="WDigest",
        credential_use=sspi.CredentialUse.SECPKG_CRED_INBOUND,
        auth_data=accounts,
    ).credential
    output = sspi.SecBufferDesc([sspi.SecBuffer(bytearray(4096), sspi.SecBufferType.SECBUFFER_TOKEN)])
    result = sspi.accept_security_context(
        credential=credential,
        context=None,
        input_buffers=sspi.SecBufferDesc([sspi.SecBuffer(token, sspi.SecBufferType.SECBUFFER_TOKEN)]),
        context_req=sspi.AscReq.ASC_REQ_INTEGRITY,
        target_data_rep=0,
        output_buffers=output,
    )
    granted: sspi.AscRet = result.attributes
    return result.context, output[0].data if granted else b""


def wrap(context: sspi.CtxtHandle, data: bytes) -> bytes:
    """A record, its buffers looked at as sspilib types them."""
    sizes = sspi.query_context_attributes(context, sspi.SecPkgContextSizes)
    buffers = sspi.SecBufferDesc(
        [
            sspi.SecBuffer(bytearray(sizes.security_trailer), sspi.SecBufferType.SECBUFFER_TOKEN),
            sspi.SecBuffer(
                bytearray(b"head"),
                sspi.SecBufferType.SECBUFFER_DATA,
                sspi.SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM,
            ),
            sspi.SecBuffer(bytearray(data), sspi.SecBufferType.SECBUFFER_DATA),
        ]
    )
    sspi.encrypt_message(context=context, qop=0, message=buffers, seq_no=0)
    kinds: list[sspi.SecBufferType] = [buffer.buffer_type for buffer in buffers]
    flags: list[sspi.SecBufferFlags] = [buffer.buffer_flags for buffer in buffers]
    views: list[memoryview] = [buffer.dangerous_get_view() for buffer in buffers]
    return b"".join(views) if kinds and flags else b""


def unwrap(context: sspi.CtxtHandle, record: bytes) -> tuple[bytes, bool]:
    """A message, and whether it was sealed."""
    stream = sspi.SecBuffer(bytearray(record), sspi.SecBufferType.SECBUFFER_STREAM)
    data = sspi.SecBuffer(None, sspi.SecBufferType.SECBUFFER_DATA)
    qop: int = sspi.decrypt_message(context=context, message=sspi.SecBufferDesc([stream, data]), seq_no=0)
    return data.data, not qop & sspi.QopFlags.SECQOP_WRAP_NO_ENCRYPT


def sign(context: sspi.CtxtHandle) -> bytes:
    """The packed layout of the kernel is an array of the SSPI names."""
    request: sspi.SecBufferDesc = HTTPMessage(b"", b"GET", b"/").to_buffers()
    sspi.make_signature(context, 0, request, 0)
    return request[4].data


def names(context: sspi.CtxtHandle) -> tuple[str, str, bytes]:
    """Attributes come as their types."""
    native = sspi.query_context_attributes(context, sspi.SecPkgContextNativeNames)
    return native.client_name, native.server_name, sspi.query_context_attributes(
        context, sspi.SecPkgContextSessionKey
    ).session_key  # fmt: skip


def received(_: bytes | None = None) -> bytearray | None:
    """The peer's next token."""
    return None
