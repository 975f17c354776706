"""The login at a data node of HDFS (datatransfer.proto), with the token of a block or the key of a block pool.

`dfs.data.transfer.protection` of a node says which qop it accepts: "authentication" is auth, "integrity" auth-int,
"privacy" auth-conf. With `dfs.encrypt.data.transfer` the node needs auth-conf and a key, which a NameNode gives
(getDataEncryptionKey). Nodes may use AES in place of the layer if the client asks for it; this client does not ask.

DIGEST-MD5 is Historic (RFC 6331). Users have Kerberos. Tokens have no other mechanism, not even SCRAM: let them expire
soon.
"""

from __future__ import annotations

import base64
import io
from typing import Any, Final

from digest_http.errors import LogonDenied, MalformedField, MessageTooLarge
from digest_http.sasl.client import DigestMD5Client
from digest_http.sasl.files import LayeredFile

from .hadoop_rpc import DuplexFile
from .hadoop_tokens import HadoopToken
from .protobuf import delimited, encoded, last_fields, octets_of

__all__ = ["block_client", "data_node_login", "pool_client"]

_MAGIC: Final = bytes.fromhex("deadbeef")
"""No transfer begins with these octets: the first two octets of a transfer are its version."""

_STEPS: Final = 2
"""The node's challenge and its proof. As the second token the client accepts only the proof."""

_LENGTH_OCTETS: Final = 2
"""Seven bits in each: a message of the login has a few hundred octets, and never more than 16383."""

_MOST_TEXT: Final = 500
"""The most characters of a node's error text that are shown."""

_MESSAGE: Final = "message of the data node"
"""Its name in errors."""


def block_client(token: HadoopToken, **settings: Any) -> DigestMD5Client:  # noqa: ANN401  # DigestMD5Client's own
    """A client for the token that a NameNode gives together with the location of a block."""
    return token.client(**{"service": "hdfs", "host": "0"} | settings)


def pool_client(
    key_id: int,
    pool: str,
    nonce: bytes,
    key: bytes,
    **settings: Any,  # noqa: ANN401  # as above
) -> DigestMD5Client:
    """A client for keyId, blockPoolId, nonce and encryptionKey of a DataEncryptionKeyProto; auth-conf by default.

    `nonce` and `key` are raw octets.
    """
    given: dict[str, Any] = {"service": "hdfs", "host": "0", "qop": "auth-conf", "enforce_maxbuf": False} | settings
    name = f"{key_id} {pool} {base64.b64encode(nonce).decode('ascii')}"
    return DigestMD5Client(name, base64.b64encode(key).decode("ascii"), **given)


def data_node_login(file: DuplexFile, client: DigestMD5Client) -> DuplexFile:
    """Log in before a transfer begins. Returns the file for the transfer: the same file if there is no layer.

    `file` is a blocking socket's makefile("rwb"). The returned file works in the same way: it buffers until flush(),
    and read() returns as many octets as were asked for. After an error close the connection. Raises LogonDenied if the
    node refuses the login, and the errors of the client: WrongPrincipal for a wrong proof, MalformedField for none.
    """
    try:
        file.write(_MAGIC)
        token = b""
        for _ in range(_STEPS):
            file.write(delimited(encoded((1, 0), (2, token))))
            file.flush()
            token = client.step(_payload(_received(file)))
    except BaseException:
        client.close()
        raise
    if client.qop == "auth":
        return file
    layered = LayeredFile(client, file, _Flushed(file))
    return io.BufferedRWPair(layered, layered)


class _Flushed:
    """The file below the layer. It flushes at each write, so the records of the layer are sent at once."""

    def __init__(self, file: DuplexFile) -> None:
        self._file: Final = file

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._file.flush()
        return len(data)


def _payload(message: bytes) -> bytes:
    """The token of a DataTransferEncryptorMessageProto. Raises LogonDenied if the message reports an error."""
    known = last_fields(message, _MESSAGE)
    if known.get(1) != 0:
        told = octets_of(known.get(3, b""), _MESSAGE).decode("utf-8", "replace")[:_MOST_TEXT]
        raise LogonDenied(f"the data node refused the login: {told!a}")
    return octets_of(known.get(2, b""), _MESSAGE)


def _received(file: DuplexFile) -> bytes:
    """One message. No octet after it is read: those are for the layer."""
    length = 0
    for place in range(_LENGTH_OCTETS):
        octet = _exactly(file, 1)[0]
        length |= (octet & 0x7F) << 7 * place
        if not octet & 0x80:
            return _exactly(file, length)
    raise MessageTooLarge("the data node announces a message of more than 16383 octets")


def _exactly(file: DuplexFile, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        part = file.read(count - len(octets))
        if not part:
            raise MalformedField("the data node closed the connection, or the file does not block", reason="truncated")
        octets += part
    return octets
