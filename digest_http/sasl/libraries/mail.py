"""The standard library's imaplib, smtplib and poplib: a login in one call, also for names that are not ASCII.

Only qop=auth works: these libraries have no place for a layer, and mail servers offer none. Use their *_SSL classes or
STARTTLS. If the server does not prove itself, each call closes the connection and raises WrongPrincipal.

Dovecot hashes names as UTF-8: for Dovecot, make the client with `downgrade=False`.

DIGEST-MD5 is Historic (RFC 6331): use SCRAM-SHA-256 inside TLS if the server has it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from digest_http.errors import MalformedField, QopNotSupported, WrongPrincipal
from digest_http.sasl.client import DigestMD5Client

__all__ = ["imap_login", "pop_login", "smtp_login"]

_CONTINUE: Final = 334
_SUCCEEDED: Final = 235
"""RFC 4954 §4 and §6."""


def imap_login(connection: Any, client: DigestMD5Client) -> None:  # noqa: ANN401  # IMAP4, or what has its calls
    """AUTHENTICATE (RFC 3501) on an imaplib.IMAP4. Raises IMAP4.error for a wrong password.

    Raises WrongPrincipal if the server does not prove itself, QopNotSupported if a layer was negotiated.
    """

    def answer(challenge: bytes) -> bytes:
        return client.step(challenge)

    _proved(client, connection.shutdown, lambda: connection.authenticate("DIGEST-MD5", answer))


def smtp_login(connection: Any, client: DigestMD5Client) -> None:  # noqa: ANN401  # SMTP, or what has its calls
    """AUTH (RFC 4954) on an smtplib.SMTP. Raises SMTPAuthenticationError for a wrong password.

    Raises WrongPrincipal if the server does not prove itself, QopNotSupported if a layer was negotiated.
    """

    def exchange() -> None:
        connection.ehlo_or_helo_if_needed()
        token = client.step()
        code, text = connection.docmd("AUTH", f"DIGEST-MD5 {_encoded(token)}" if token else "DIGEST-MD5")
        while code == _CONTINUE:
            code, text = connection.docmd(_encoded(client.step(_decoded(text))))
        if code != _SUCCEEDED:
            raise import_module("smtplib").SMTPAuthenticationError(code, text)

    _proved(client, connection.close, exchange)


def pop_login(connection: Any, client: DigestMD5Client) -> None:  # noqa: ANN401  # POP3, or what has its calls
    """AUTH (RFC 5034) on a poplib.POP3. Raises error_proto for a wrong password.

    Raises WrongPrincipal if the server does not prove itself, QopNotSupported if a layer was negotiated.
    """

    def exchange() -> None:
        token = client.step()
        # RFC 5034: a challenge is "+ " and base64. poplib's own commands use _shortcmd.
        line = connection._shortcmd(f"AUTH DIGEST-MD5 {_encoded(token)}" if token else "AUTH DIGEST-MD5")  # noqa: SLF001
        while line.startswith(b"+ "):
            line = connection._shortcmd(_encoded(client.step(_decoded(line[2:]))))  # noqa: SLF001  # as above

    _proved(client, connection.close, exchange)


def _proved(client: DigestMD5Client, close: Callable[[], object], exchange: Callable[[], object]) -> None:
    """Run the exchange. Close the connection unless the login is complete and right."""
    try:
        exchange()
        _check(client)
    except BaseException:
        client.close()
        close()
        raise


def _check(client: DigestMD5Client) -> None:
    if not client.complete:
        raise WrongPrincipal(
            "the server says that the login has succeeded, but it did not prove that it knows the password"
        )
    if client.qop != "auth":
        raise QopNotSupported("there is no place for a layer here: make the client with qop='auth'")


def _encoded(token: bytes) -> str:
    return base64.b64encode(token).decode("ascii")


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise MalformedField("the server's challenge is not base64", reason="base64") from error
