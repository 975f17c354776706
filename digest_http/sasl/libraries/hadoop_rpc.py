"""Hadoop RPC with a token: the login, its layer, and calls. Protobuf messages go in and out as octets.

Hadoop's "IPC" of version 9 (RpcHeader.proto and IpcConnectionContext.proto). `hadoop.rpc.protection` of a service says
which qop it takes: "authentication" is auth, "integrity" auth-int, "privacy" auth-conf. With a layer, each packet of
either side is one record in a message of its own.

DIGEST-MD5 is Historic (RFC 6331). Users have Kerberos; tokens have no other mechanism, and no SCRAM: keep their lives
short.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, Protocol

from digest_http.errors import (
    ContextExpired,
    LogonDenied,
    MalformedField,
    MessageTooLarge,
    OutOfSequence,
    WrongPrincipal,
)
from digest_http.settings import function, number, text

from .hadoop_tokens import HadoopToken
from .protobuf import OctetReader, Value, delimited, encoded, fields, last_fields, octets_of

__all__ = ["DuplexFile", "HadoopError", "HadoopRPC"]

_PREAMBLE: Final = b"hrpc" + bytes([9, 0, 0xDF])
"""The version, the class of service, and that a SASL login follows."""

_SUCCESS, _NEGOTIATE, _INITIATE, _CHALLENGE, _RESPONSE, _WRAP = range(6)
"""RpcSaslProto.SaslState."""

_SASL_CALL, _CONTEXT_CALL = -33, -3
"""Numbers of what is no call."""

_ERROR: Final = 1
"""RpcStatusProto: 0 is success, this one an error of one call; after 2 the service hangs up."""

_MOST_OCTETS: Final = 128 << 20
"""Hadoop's own default of ipc.maximum.response.length."""

_MOST_TEXT: Final = 500
"""Of an error's text, which may have a whole stack of Java's behind it."""

_MESSAGE: Final = "message of the service"
"""What errors call it."""


class DuplexFile(Protocol):
    """A binary file to read and to write, as a blocking socket's makefile("rwb")."""

    def read(self, size: int, /) -> bytes | None:
        """At most so many octets; b"" at the end."""
        ...

    def write(self, data: bytes, /) -> object:
        """Take all of it."""
        ...

    def flush(self) -> object:
        """Send what was written."""
        ...


class HadoopError(Exception):
    """A call has failed, and the service says so.

    `java_class` is for instance "java.io.FileNotFoundException". The connection goes on, unless the error is `fatal`.
    """

    def __init__(self, java_class: str, told: str, *, fatal: bool = False) -> None:
        super().__init__(java_class, told)
        self.java_class = java_class
        self.fatal = fatal

    def __str__(self) -> str:
        return ": ".join(self.args)


class HadoopRPC:
    """One connection to one protocol of a service, logged in with a token; one call at a time.

    * `file`: a blocking socket's makefile("rwb"), before anything went over it. It stays open at the end.
    * `protocol`: a Java name, as "org.apache.hadoop.hdfs.protocol.ClientProtocol", and its `version`.
    * `longest`: octets of the longest answer that is taken.
    * `settings`: DigestMD5Client's own, above all `qop`. "auth" proves who speaks, and protects no call.

    Raises LogonDenied if the service refuses the token or takes none, WrongPrincipal if it does not prove itself, or
    asks for no login; and what DigestMD5Client raises.
    """

    def __init__(
        self,
        file: DuplexFile,
        token: HadoopToken,
        protocol: str,
        *,
        version: int = 1,
        longest: int = _MOST_OCTETS,
        random: Callable[[int], bytes] = os.urandom,
        **settings: Any,  # noqa: ANN401  # DigestMD5Client's own, checked there
    ) -> None:
        # The digest-uri is not taken from the service's offer: a token must not log in wherever a stranger says.
        self._login: Final = token.client(**{"service": "", "host": "default"} | settings)
        self._file: Final = file
        self._protocol: Final = text(
            "protocol", protocol, example="org.apache.hadoop.hdfs.protocol.ClientProtocol"
        ).encode()
        self._version: Final = number("version", version, 0, example=1)
        self._longest: Final = number("longest", longest, 1, example=_MOST_OCTETS)
        self._client_id: Final = function("random", random, 1, example="os.urandom")(16)
        self._calls = 0
        self._clear = bytearray()
        self._alive = True
        try:
            self._log_in()
            self._send(_CONTEXT_CALL, encoded((3, self._protocol)))
        except BaseException:
            self.close()
            raise

    @property
    def qop(self) -> str | None:
        """What was negotiated."""
        return self._login.qop

    def call(self, method: str, request: bytes) -> bytes:
        """The answer to a call, both encoded Protobuf messages.

        Raises HadoopError if the call failed. After any other error the connection is lost: what would come next may
        be the answer to this call.
        """
        if not self._alive:
            raise ContextExpired("the connection has failed, or was closed: make another")
        self._calls += 1
        header = encoded((1, method.encode()), (2, self._protocol), (3, self._version))
        try:
            self._send(self._calls, header, request)
            return self._answer(self._calls).delimited()
        except HadoopError as error:
            if error.fatal:
                self.close()
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the layer and forget its keys. The file stays open."""
        self._alive = False
        self._login.close()

    def _log_in(self) -> None:
        self._file.write(_PREAMBLE)
        self._send_sasl((2, _NEGOTIATE))
        state, _, offers = self._receive_sasl()
        if state != _NEGOTIATE:
            raise WrongPrincipal("the service asks for no login, so it cannot prove that it knows the password")
        chosen, challenge = _token_login(offers)
        self._send_sasl((2, _INITIATE), (3, self._login.step(challenge)), (4, chosen))
        while True:  # A challenge too many ends it: step() takes one, and one proof.
            state, token, _ = self._receive_sasl()
            if state == _SUCCESS:
                if token:
                    self._login.step(token)
                break
            if state != _CHALLENGE:
                raise OutOfSequence("the service sent something else than the next step of the login")
            self._send_sasl((2, _RESPONSE), (3, self._login.step(token)))
        if not self._login.complete:
            raise WrongPrincipal(
                "the service says that the login has succeeded, but it did not prove that it knows the password"
            )

    def _send(self, call: int, *messages: bytes) -> None:
        packet = _packet(call, self._client_id, *messages)
        if self._login.qop == "auth":
            self._file.write(packet)
            self._file.flush()
        else:
            self._send_sasl((2, _WRAP), (3, self._login.wrap(packet)))

    def _send_sasl(self, *message: tuple[int, Value]) -> None:
        self._file.write(_packet(_SASL_CALL, b"", encoded(*message)))
        self._file.flush()

    def _receive_sasl(self) -> tuple[int, bytes, list[bytes]]:
        """(State, token, what is offered) of the next message about the login or its layer."""
        reader = OctetReader(self._exactly(self._length(self._exactly(4))), _MESSAGE)
        header = last_fields(reader.delimited(), _MESSAGE)
        if not self._login.complete and (refusal := _refusal(header)) is not None:
            raise LogonDenied(f"the service refused the login: {str(refusal)!a}")
        if header.get(1) != _SASL_CALL % (1 << 32):
            raise OutOfSequence("the service sent something else than the next message of the login or the layer")
        message = list(fields(reader.delimited(), _MESSAGE))
        known = dict(message)
        offers = [octets_of(value, _MESSAGE) for field, value in message if field == 4]  # noqa: PLR2004  # its number
        state = known.get(2)
        if not isinstance(state, int):
            raise MalformedField("a message of the service has no state", reason="form")
        return state, octets_of(known.get(3, b""), _MESSAGE), offers

    def _answer(self, call: int) -> OctetReader:
        """What stands behind the header of the answer to this call."""
        read = self._exactly if self._login.qop == "auth" else self._verified
        reader = OctetReader(read(self._length(read(4))), _MESSAGE)
        header = last_fields(reader.delimited(), _MESSAGE)
        if (refusal := _refusal(header)) is not None:
            raise refusal
        if header.get(1) != call:
            raise OutOfSequence("the service answered another call")
        return reader

    def _verified(self, count: int) -> bytes:
        """So many octets out of records; what is not in a record is refused."""
        while len(self._clear) < count:
            state, record, _ = self._receive_sasl()
            if state != _WRAP:
                raise OutOfSequence("the service sent something that no layer protects")
            self._clear += self._login.unwrap(record)
        taken = bytes(self._clear[:count])
        del self._clear[:count]
        return taken

    def _exactly(self, count: int) -> bytes:
        """So many octets of the file."""
        parts: list[bytes] = []
        while count:
            part = self._file.read(count)
            if not part:
                raise MalformedField(
                    "the service closed the connection, or the file does not block", reason="truncated"
                )
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _length(self, octets: bytes) -> int:
        length = int.from_bytes(octets, "big")
        if length > self._longest:
            raise MessageTooLarge(f"a message of {length} octets is announced; at most {self._longest} are taken")
        return length


def _packet(call: int, client_id: bytes, *messages: bytes) -> bytes:
    """A length, then a header (RpcRequestHeaderProto: Protobuf, a final packet) and messages, each with its length."""
    # sint32: a sign is kept in the lowest bit. What is no call is not repeated either: -1.
    signed = (call << 1) ^ (call >> 31)
    header = encoded((1, 2), (2, 0), (3, signed), (4, client_id), (5, 0 if call > 0 else 1))
    body = b"".join(map(delimited, (header, *messages)))
    return len(body).to_bytes(4, "big") + body


def _token_login(offers: list[bytes]) -> tuple[bytes, bytes]:
    """(What to answer with, the challenge) of the offer that is for tokens. Raises LogonDenied."""
    for offer in offers:
        known = last_fields(offer, _MESSAGE)
        if known.get(1) == b"TOKEN" and known.get(2) == b"DIGEST-MD5" and 5 in known:  # noqa: PLR2004  # the challenge
            return encoded(*((field, known[field]) for field in (1, 2, 3, 4) if field in known)), octets_of(
                known[5], _MESSAGE
            )
    raise LogonDenied("the service takes no tokens with DIGEST-MD5")


def _refusal(header: dict[int, Value]) -> HadoopError | None:
    """The error that an RpcResponseHeaderProto tells, or None."""
    status = header.get(2)
    if status == 0:
        return None
    java_class, told = (octets_of(header.get(field, b""), _MESSAGE).decode("utf-8", "replace") for field in (4, 5))
    # Behind the first line comes a stack of Java's.
    return HadoopError(java_class[:_MOST_TEXT], told.partition("\n")[0][:_MOST_TEXT], fatal=status != _ERROR)
