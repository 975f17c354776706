"""Hadoop RPC with a token: the login, its layer, and calls. Protobuf messages go in and out as octets.

This is Hadoop's "IPC", version 9 (RpcHeader.proto and IpcConnectionContext.proto). `hadoop.rpc.protection` of a service
says which qop it accepts: "authentication" is auth, "integrity" auth-int, "privacy" auth-conf. With a layer, each
packet of either side is one record in its own message.

DIGEST-MD5 is Historic (RFC 6331). Users have Kerberos. Tokens have no other mechanism, not even SCRAM: let them expire
soon.
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
"""The version (9), the class of service (0), and the number that announces a SASL login."""

_SUCCESS, _NEGOTIATE, _INITIATE, _CHALLENGE, _RESPONSE, _WRAP = range(6)
"""RpcSaslProto.SaslState."""

_SASL_CALL, _CONTEXT_CALL = -33, -3
"""Call numbers of messages that are not calls."""

_ERROR: Final = 1
"""RpcStatusProto: 0 is success, 1 is an error of one call. After 2 the service closes the connection."""

_MOST_OCTETS: Final = 128 << 20
"""The same as Hadoop's default of ipc.maximum.response.length."""

_MOST_TEXT: Final = 500
"""The most characters of an error text that are shown. A whole Java stack trace may follow the text."""

_MESSAGE: Final = "message of the service"
"""Its name in errors."""


class DuplexFile(Protocol):
    """A binary file to read and to write, as a blocking socket's makefile("rwb")."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` octets; b"" at the end."""
        ...

    def write(self, data: bytes, /) -> object:
        """Take all octets of `data`."""
        ...

    def flush(self) -> object:
        """Send what was written."""
        ...


class HadoopError(Exception):
    """The service reports that a call has failed.

    `java_class` is for instance "java.io.FileNotFoundException". The connection can still be used unless the error is
    `fatal`.
    """

    def __init__(self, java_class: str, told: str, *, fatal: bool = False) -> None:
        super().__init__(java_class, told)
        self.java_class = java_class
        self.fatal = fatal

    def __str__(self) -> str:
        return ": ".join(self.args)


class HadoopRPC:
    """One connection to one protocol of a service, logged in with a token; one call at a time.

    * `file`: a blocking socket's makefile("rwb"), before anything was sent over it. close() leaves it open.
    * `protocol`: a Java name, as "org.apache.hadoop.hdfs.protocol.ClientProtocol", and its `version`.
    * `longest`: the longest answer that is accepted, in octets.
    * `random(n)`: returns n random octets, for the client's id.
    * `settings`: keywords of DigestMD5Client, above all `qop`. "auth" proves who speaks, but does not protect calls.

    Raises LogonDenied if the service refuses the token or accepts no tokens, WrongPrincipal if it does not prove itself
    or asks for no login, and the errors of DigestMD5Client.
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
        # The digest-uri is not taken from the service's offer: a stranger must not choose where a token logs in.
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
        """The qop that was negotiated."""
        return self._login.qop

    def call(self, method: str, request: bytes) -> bytes:
        """Call a method and return the answer. `request` and the answer are encoded Protobuf messages.

        Raises HadoopError if the call failed. After any other error the connection cannot be used: its next message
        might be the answer to this call.
        """
        if not self._alive:
            raise ContextExpired("the connection has failed, or was closed: make a new HadoopRPC")
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
        while True:  # A second challenge ends it: step() accepts one challenge and one proof.
            state, token, _ = self._receive_sasl()
            if state == _SUCCESS:
                if token:
                    self._login.step(token)
                break
            if state != _CHALLENGE:
                raise OutOfSequence("the service sent a message that is not the next step of the login")
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
        """(State, token, offers) of the next message about the login or its layer."""
        reader = OctetReader(self._exactly(self._length(self._exactly(4))), _MESSAGE)
        header = last_fields(reader.delimited(), _MESSAGE)
        if not self._login.complete and (refusal := _refusal(header)) is not None:
            raise LogonDenied(f"the service refused the login: {str(refusal)!a}")
        if header.get(1) != _SASL_CALL % (1 << 32):
            raise OutOfSequence("the service sent a message that belongs neither to the login nor to its layer")
        message = list(fields(reader.delimited(), _MESSAGE))
        known = dict(message)
        offers = [octets_of(value, _MESSAGE) for field, value in message if field == 4]  # noqa: PLR2004  # its number
        state = known.get(2)
        if not isinstance(state, int):
            raise MalformedField("a message of the service has no state", reason="form")
        return state, octets_of(known.get(3, b""), _MESSAGE), offers

    def _answer(self, call: int) -> OctetReader:
        """The octets after the header of the answer to this call."""
        read = self._exactly if self._login.qop == "auth" else self._verified
        reader = OctetReader(read(self._length(read(4))), _MESSAGE)
        header = last_fields(reader.delimited(), _MESSAGE)
        if (refusal := _refusal(header)) is not None:
            raise refusal
        if header.get(1) != call:
            raise OutOfSequence("the service answered another call")
        return reader

    def _verified(self, count: int) -> bytes:
        """`count` octets out of records. A message that is not a record is refused."""
        while len(self._clear) < count:
            state, record, _ = self._receive_sasl()
            if state != _WRAP:
                raise OutOfSequence("the service sent a message without the layer")
            self._clear += self._login.unwrap(record)
        taken = bytes(self._clear[:count])
        del self._clear[:count]
        return taken

    def _exactly(self, count: int) -> bytes:
        """`count` octets of the file."""
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
            raise MessageTooLarge(f"a message of {length} octets is announced; at most {self._longest} are accepted")
        return length


def _packet(call: int, client_id: bytes, *messages: bytes) -> bytes:
    """A length, then a header (RpcRequestHeaderProto: Protobuf, a final packet) and messages, each with its length."""
    # sint32 keeps the sign in the lowest bit. A message that is not a call is never retried: its retry count is -1.
    signed = (call << 1) ^ (call >> 31)
    header = encoded((1, 2), (2, 0), (3, signed), (4, client_id), (5, 0 if call > 0 else 1))
    body = b"".join(map(delimited, (header, *messages)))
    return len(body).to_bytes(4, "big") + body


def _token_login(offers: list[bytes]) -> tuple[bytes, bytes]:
    """(The offer to send back, the challenge) of the offer that is for tokens. Raises LogonDenied."""
    for offer in offers:
        known = last_fields(offer, _MESSAGE)
        if known.get(1) == b"TOKEN" and known.get(2) == b"DIGEST-MD5" and 5 in known:  # noqa: PLR2004  # the challenge
            return encoded(*((field, known[field]) for field in (1, 2, 3, 4) if field in known)), octets_of(
                known[5], _MESSAGE
            )
    raise LogonDenied("the service does not accept tokens with DIGEST-MD5")


def _refusal(header: dict[int, Value]) -> HadoopError | None:
    """The error that an RpcResponseHeaderProto reports, or None."""
    status = header.get(2)
    if status == 0:
        return None
    java_class, told = (octets_of(header.get(field, b""), _MESSAGE).decode("utf-8", "replace") for field in (4, 5))
    # A Java stack trace follows the first line.
    return HadoopError(java_class[:_MOST_TEXT], told.partition("\n")[0][:_MOST_TEXT], fatal=status != _ERROR)
