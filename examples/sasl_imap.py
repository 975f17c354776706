"""IMAP with DIGEST-MD5, through the standard library's imaplib.

RFC 6331 made this mechanism Historic: take SCRAM-SHA-256 inside TLS where the server has it.
"""  # noqa: INP001  # a script, not a package

from __future__ import annotations

import imaplib

from digest_http.sasl import DigestMD5Client
from digest_http.sasl.libraries.mail import imap_login


def log_in(host: str, port: int, username: str, password: str, *, name: str | None = None) -> imaplib.IMAP4:
    """An authenticated connection; `name` is the server's name in its certificate, where `host` is an address.

    For real use take imaplib.IMAP4_SSL: DIGEST-MD5 keeps the password off the wire and nothing else.
    """
    # Dovecot hashes names in UTF-8 as they are.
    client = DigestMD5Client(username, password, service="imap", host=name or host, downgrade=False)
    connection = imaplib.IMAP4(host, port)
    imap_login(connection, client)
    return connection
