"""A process that authenticates one client over a socket, then signs and seals with it in both directions.

Run with a port to listen on (0: any); prints the port. The user and what it may do come from the test.
"""

from __future__ import annotations

import socket
import struct
import sys

from digest_http import sspi
from digest_http.sspi import AscReq, CredentialUse, NtStatus, SecBuffer, SecBufferDesc, SecBufferType

DATA, TOKEN, PADDING, STREAM = (
    SecBufferType.SECBUFFER_DATA,
    SecBufferType.SECBUFFER_TOKEN,
    SecBufferType.SECBUFFER_PADDING,
    SecBufferType.SECBUFFER_STREAM,
)


def send(connection: socket.socket, octets: bytes) -> None:
    """One message with its length in front."""
    connection.sendall(struct.pack(">I", len(octets)) + octets)


def receive(connection: socket.socket) -> bytes:
    """One whole message."""
    return exactly(connection, struct.unpack(">I", exactly(connection, 4))[0])


def exactly(connection: socket.socket, length: int) -> bytes:
    """That many octets."""
    octets = b""
    while len(octets) < length:
        piece = connection.recv(length - len(octets))
        if not piece:
            raise EOFError
        octets += piece
    return octets


def seal(context: sspi.CtxtHandle, message: bytes) -> bytes:
    """One record."""
    sizes = sspi.query_context_attributes(context, sspi.SecPkgContextSizes)
    room = bytearray(sizes.max_signature + sizes.block_size)
    array = SecBufferDesc([SecBuffer(bytearray(message), DATA), SecBuffer(room, PADDING)])
    sspi.encrypt_message(context, 0, array, 0)
    return array[0].data + array[1].data


def unseal(context: sspi.CtxtHandle, record: bytes) -> bytes:
    """Its message."""
    array = SecBufferDesc([SecBuffer(bytearray(record), STREAM), SecBuffer(None, DATA)])
    sspi.decrypt_message(context, array, 0)
    return array[1].data


def sign(context: sspi.CtxtHandle, message: bytes) -> bytes:
    """Its signature."""
    sizes = sspi.query_context_attributes(context, sspi.SecPkgContextSizes)
    array = SecBufferDesc([SecBuffer(bytearray(sizes.max_signature), TOKEN), SecBuffer(bytearray(message), DATA)])
    sspi.make_signature(context, 0, array, 0)
    return array[0].data


def verify(context: sspi.CtxtHandle, message: bytes, signature: bytes) -> None:
    """Raise unless it is right."""
    array = SecBufferDesc([SecBuffer(bytearray(message), DATA), SecBuffer(bytearray(signature), TOKEN)])
    sspi.verify_signature(context, array, 0)


def authenticate(connection: socket.socket, password: str) -> sspi.CtxtHandle:
    """The server's side of the exchange."""
    credential = sspi.acquire_credentials_handle(
        None, "WDigest", CredentialUse.SECPKG_CRED_INBOUND, auth_data={"alice": password}
    ).credential
    flags = AscReq.ASC_REQ_INTEGRITY | AscReq.ASC_REQ_CONFIDENTIALITY
    context, token, status = None, b"", NtStatus.SEC_I_CONTINUE_NEEDED
    while status is NtStatus.SEC_I_CONTINUE_NEEDED:
        output = SecBufferDesc([SecBuffer(bytearray(4096), TOKEN)])
        given = SecBufferDesc([SecBuffer(bytearray(token), TOKEN)])
        context, _, _, status = sspi.accept_security_context(credential, context, given, flags, 0, output)
        send(connection, output[0].data)
        if status is NtStatus.SEC_I_CONTINUE_NEEDED:
            token = receive(connection)
    if context is None:
        raise RuntimeError("the exchange ended without a context")
    return context


def main(port: int, password: str) -> None:
    """Serve one connection: unseal a message, check a signed one, answer with one of each."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(listener.getsockname()[1], flush=True)  # noqa: T201 - the port is this program's output
        connection, _ = listener.accept()
    with connection:
        context = authenticate(connection, password)
        for _ in range(3):
            secret = unseal(context, receive(connection))
            public = receive(connection)
            verify(context, public, receive(connection))
            send(connection, seal(context, b"sealed:" + secret))
            answer = b"signed:" + public
            send(connection, answer)
            send(connection, sign(context, answer))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
