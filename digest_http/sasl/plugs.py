"""Adapters: DigestMD5Client behind the interfaces of other SASL libraries, for programs that take such a client.

* PureSASLClient: pure-sasl's `SASLClient`, which Apache Thrift's TSaslClientTransport and kazoo use.
* ThriftSASLClient: the client that `thrift_sasl`'s TSaslClientTransport (impyla, Hive) gets from its factory.

RFC 6331 made DIGEST-MD5 Historic: if the service has Kerberos or SCRAM inside TLS, use that and no plug.

If qop=auth was negotiated, both pass clear text through unchanged, as their callers expect.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from digest_http.errors import ConfigurationError, DigestError

from .client import DigestMD5Client
from .directives import DEFAULT_MAXBUF, MAX_MAXBUF
from .framing import Deframer, frame
from .policy import DEFAULT_QOP

__all__ = ["PureSASLClient", "ThriftSASLClient", "verifying"]


class PureSASLClient:
    """The calls of pure-sasl's SASLClient, with layers that work; further keywords go to DigestMD5Client.

    RFC 6331 made this mechanism Historic: use Kerberos or SCRAM inside TLS if the service has them.

    `qops` and `max_buffer` (octets) are pure-sasl's names for qop and maxbuf, `authorization_id` for authzid. Neither
    side's maxbuf is enforced by default: Thrift and Hadoop send records of any length, whatever they announce.
    """

    def __init__(
        self,
        host: str,
        service: str,
        mechanism: str = "DIGEST-MD5",
        authorization_id: str | None = None,
        *,
        username: str,
        password: str | None = None,
        qops: str | Iterable[str] = DEFAULT_QOP,
        max_buffer: int = DEFAULT_MAXBUF,
        enforce_maxbuf: bool = False,
        **settings: Any,  # noqa: ANN401  # DigestMD5Client's own keywords, checked there
    ) -> None:
        _check(mechanism)
        self.mechanism = mechanism
        self._client = DigestMD5Client(
            username,
            password,
            service=service,
            host=host,
            authzid=authorization_id,
            qop=qops,
            maxbuf=max_buffer,
            enforce_maxbuf=enforce_maxbuf,
            **settings,
        )

    @property
    def complete(self) -> bool:
        """Whether the server has proved itself."""
        return self._client.complete

    @property
    def qop(self) -> str | None:
        """The qop that was negotiated; None before."""
        return self._client.qop

    def process(self, challenge: bytes | None = None) -> bytes:
        """Take the server's token and return the token to send. Raises a DigestError."""
        return self._client.step(challenge)

    def wrap(self, message: bytes) -> bytes:
        """One bare record, or the message itself with qop=auth."""
        return message if self._client.complete and self._client.qop == "auth" else self._client.wrap(message)

    def unwrap(self, record: bytes) -> bytes:
        """The message of a bare record, or the record itself with qop=auth."""
        return record if self._client.complete and self._client.qop == "auth" else self._client.unwrap(record)

    def dispose(self) -> None:
        """Do nothing: the end of the exchange drops the password, and after this call the layer must still work."""


class ThriftSASLClient:
    """The calls that thrift_sasl makes. Results are (ok, value), and each record has its length in front.

    RFC 6331 made this mechanism Historic: use Kerberos or SCRAM inside TLS if the service has them.

    Make the class of the transport with verifying(). Otherwise the server's proof is never checked, and nothing can be
    sent.
    """

    def __init__(self, client: DigestMD5Client) -> None:
        self._client = client
        self._error = ""
        # thrift_sasl does its own framing and limits its own reads.
        self._deframer = Deframer(limit=MAX_MAXBUF)

    @property
    def complete(self) -> bool:
        """Whether the server has proved itself."""
        return self._client.complete

    def start(self, mechanism: str | bytes) -> tuple[bool, str, bytes]:
        """Choose the mechanism and begin: (ok, mechanism, first token). Raises ConfigurationError for another one."""
        name = mechanism.decode("ascii") if isinstance(mechanism, bytes) else mechanism
        _check(name)
        return True, name, self._client.step()

    def step(self, challenge: bytes | str) -> tuple[bool, bytes]:
        """Take the server's token; the value is the token to send. thrift_sasl passes an empty token as text."""
        try:
            return True, self._client.step(challenge.encode("latin-1") if isinstance(challenge, str) else challenge)
        except DigestError as error:
            return self._failed(error)

    def encode(self, message: bytes) -> tuple[bool, bytes]:
        """A record with its length, or the message itself with qop=auth."""
        if self._client.complete and self._client.qop == "auth":
            return True, message
        try:
            return True, frame(self._client.wrap(message))
        except DigestError as error:
            return self._failed(error)

    def decode(self, data: bytes) -> tuple[bool, bytes]:
        """The messages of records with their lengths."""
        if self._client.complete and self._client.qop == "auth":
            return True, data
        try:
            return True, b"".join(map(self._client.unwrap, self._deframer.feed(data)))
        except DigestError as error:
            return self._failed(error)

    def getError(self) -> str:  # noqa: N802  # the caller's spelling
        """The text of the last error."""
        return self._error

    def _failed(self, error: DigestError) -> tuple[bool, bytes]:
        self._error = str(error)
        return False, b""


def verifying(transport: type[Any]) -> type[Any]:
    """A subclass of thrift_sasl's TSaslClientTransport that passes on the data which comes with COMPLETE.

    This data is the server's proof (rspauth), which thrift_sasl drops. Without the proof the transport does not open.
    """
    receive = transport._recv_sasl_message  # noqa: SLF001  # the one place where the data passes

    def receive_and_verify(self: Any) -> tuple[int, bytes | str]:  # noqa: ANN401  # thrift_sasl has no types
        status, payload = receive(self)
        if status == self.COMPLETE:
            ok, _ = self.sasl.step(payload)
            if not ok:
                return self.BAD, self.sasl.getError()
            # A token that the client could answer is not the proof: the transport would open to any server.
            if not self.sasl.complete:
                return (
                    self.BAD,
                    "the server says that the login is complete, but it did not prove that it knows the password",
                )
        return status, payload

    return type("VerifyingTransport", (transport,), {"_recv_sasl_message": receive_and_verify})


def _check(mechanism: str) -> None:
    if mechanism != "DIGEST-MD5":
        raise ConfigurationError(f"the only mechanism here is DIGEST-MD5, not {mechanism!r}; write 'DIGEST-MD5'")
