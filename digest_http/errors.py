"""The error tree. A leaf but for the numbers of sspi_status.py: every other file may import it.

Expected outcomes (a wrong password, a stale nonce) are values, never exceptions. What is raised:

* DigestError
  + MalformedField         octets that break the grammar or a rule of the protocol
    - FieldTooLarge        a header field over its limit
  + NotOffered             an answer to another offer than ours: another algorithm or qop, or a userhash
  + BodyTooLarge           an entity body over the limit that auth-int may buffer
  + UnsupportedAlgorithm   an algorithm that is unknown, not allowed, or missing from this Python build
  + SourceUnavailable      the nonce store or the source of users failed or took too long
  + WrongPrincipal         the server's proof (rspauth) is missing, wrong, or of another request
  + BodyNotReplayable      a request body that cannot be sent a second time
  + LogonDenied            SASL: wrong name, password, realm or service, or the authorization identity is refused
  + QopNotSupported        SASL: no qop or cipher in common, or a layer is asked for that was not negotiated
  + MessageAltered         SASL: the MAC or the padding of a record is wrong
  + OutOfSequence          SASL: a record, or a token, that is not the next one
  + MessageTooLarge        SASL: a message or record over maxbuf
  + ContextExpired         SASL: used after a failure, after close(), or after 2**32 records
* ConfigurationError       a setting that cannot work; a ValueError, raised where the setting is made
* SecurityWarning          a choice that works and protects little; a UserWarning

Each DigestError class carries the HTTP status a server answers with and the SSPI status code that
Microsoft's Digest package uses for the same meaning ("SSPI status codes", sspi.h and winerror.h).
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

from .sspi_status import (
    SEC_E_BUFFER_TOO_SMALL,
    SEC_E_CONTEXT_EXPIRED,
    SEC_E_INTERNAL_ERROR,
    SEC_E_INVALID_TOKEN,
    SEC_E_LOGON_DENIED,
    SEC_E_MESSAGE_ALTERED,
    SEC_E_NO_AUTHENTICATING_AUTHORITY,
    SEC_E_OUT_OF_SEQUENCE,
    SEC_E_QOP_NOT_SUPPORTED,
    SEC_E_WRONG_PRINCIPAL,
)

__all__ = [
    "BodyNotReplayable",
    "BodyTooLarge",
    "ConfigurationError",
    "ContextExpired",
    "DigestError",
    "FieldTooLarge",
    "LogonDenied",
    "MalformedField",
    "MessageAltered",
    "MessageTooLarge",
    "NotOffered",
    "OutOfSequence",
    "QopNotSupported",
    "SecurityWarning",
    "SourceUnavailable",
    "UnsupportedAlgorithm",
    "WrongPrincipal",
]


class DigestError(Exception):
    """Base of what this package raises; catch it around any call.

    `reason` is a stable short code for logs and metrics; the text says what was wrong and what to do.
    Neither ever holds a password, H(A1), a key or a digest.
    """

    http_status: ClassVar[int] = 500
    sspi_status: ClassVar[int] = SEC_E_INTERNAL_ERROR
    default_reason: ClassVar[str] = "error"

    def __init__(self, text: str, *, reason: str | None = None) -> None:
        super().__init__(text)
        self.reason = reason or self.default_reason

    def __reduce__(self) -> tuple[object, ...]:
        """Keep `reason` across pickling (multiprocessing pools carry exceptions that way)."""
        return (_rebuild, (type(self), str(self), self.reason))


def _rebuild(kind: type[DigestError], text: str, reason: str) -> DigestError:
    return kind(text, reason=reason)


E = TypeVar("E", bound=Exception)


def caused(error: E, cause: BaseException | None) -> E:
    """Give an error its cause, None for one that is not to be shown.

    To be written `raise caused(E(...), cause) from cause`: compiled code leaves out what stands behind `from`, so a
    cause would be lost, and what `from None` hides would be shown.
    """
    error.__cause__ = cause  # and so Python shows no other context
    return error


class MalformedField(DigestError):
    """A header field or token that breaks the grammar, or lacks, repeats or contradicts a parameter."""

    http_status = 400
    sspi_status = SEC_E_INVALID_TOKEN
    default_reason = "malformed"


class FieldTooLarge(MalformedField):
    """A header field longer than the limit (RFC 6585 §5 names the status)."""

    http_status = 431
    sspi_status = SEC_E_INVALID_TOKEN
    default_reason = "field-too-large"


class NotOffered(DigestError):
    """Well-formed credentials with an algorithm, qop or userhash that is not on offer (any more): challenge anew.

    The status of a proxy is 407.
    """

    http_status = 401
    sspi_status = SEC_E_QOP_NOT_SUPPORTED
    default_reason = "not-offered"


class BodyTooLarge(DigestError):
    """An entity body larger than auth-int is allowed to hold in memory."""

    http_status = 413
    sspi_status = SEC_E_BUFFER_TOO_SMALL
    default_reason = "body-too-large"


class UnsupportedAlgorithm(DigestError):
    """An algorithm that is unknown, not allowed here, or missing from this build of Python."""

    http_status = 400
    sspi_status = SEC_E_QOP_NOT_SUPPORTED
    default_reason = "algorithm"


class SourceUnavailable(DigestError):
    """The nonce store or the source of users failed. The request was not checked and must not pass."""

    http_status = 503
    sspi_status = SEC_E_NO_AUTHENTICATING_AUTHORITY
    default_reason = "source-unavailable"


class WrongPrincipal(DigestError):
    """The server did not prove that it knows the password, or proved it for another request."""

    http_status = 502
    sspi_status = SEC_E_WRONG_PRINCIPAL
    default_reason = "rspauth"


class BodyNotReplayable(DigestError):
    """The first request has used up the body. A second one would send an empty body, signed as if it were right."""

    http_status = 500
    sspi_status = SEC_E_INVALID_TOKEN
    default_reason = "body-not-replayable"


class LogonDenied(DigestError):
    """The peer has not proved who it is, or may not act as the user it names. The text does not tell the peer which."""

    http_status = 401
    sspi_status = SEC_E_LOGON_DENIED
    default_reason = "logon-denied"


class QopNotSupported(DigestError):
    """No quality of protection or cipher in common, or a layer used that was not negotiated."""

    http_status = 400
    sspi_status = SEC_E_QOP_NOT_SUPPORTED
    default_reason = "qop"


class MessageAltered(DigestError):
    """A record whose MAC or padding is wrong: changed on the way, or made with another key."""

    http_status = 400
    sspi_status = SEC_E_MESSAGE_ALTERED
    default_reason = "mac"


class OutOfSequence(DigestError):
    """A record that was replayed, dropped or reordered, or a token after the exchange was over."""

    http_status = 400
    sspi_status = SEC_E_OUT_OF_SEQUENCE
    default_reason = "sequence"


class MessageTooLarge(DigestError):
    """A message that does not fit the peer's maxbuf, or a record over our own."""

    http_status = 413
    sspi_status = SEC_E_BUFFER_TOO_SMALL
    default_reason = "maxbuf"


class ContextExpired(DigestError):
    """A security context that failed or was closed; make a new one and authenticate again."""

    http_status = 500
    sspi_status = SEC_E_CONTEXT_EXPIRED
    default_reason = "expired"


class ConfigurationError(ValueError):
    """A setting that cannot work; raised where the setting is made, never while serving."""


class SecurityWarning(UserWarning):
    """A setting that works and protects little, with the document that says so."""
