"""ldap3 (2.9): logins that prove the server, signing and sealing, with every strategy that has one connection.

ldap3's own DIGEST-MD5 takes one record a read, checks neither numbers nor the server's proof, and cannot seal.

DIGEST-MD5 is Historic (RFC 6331): Kerberos (GSSAPI) or a client's certificate (EXTERNAL) inside TLS, or SCRAM, where
the directory has it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Final

from digest_http.errors import ConfigurationError, ContextExpired, WrongPrincipal
from digest_http.sasl.client import DigestMD5Client
from digest_http.sasl.streams import LayeredSocket

__all__ = ["use_digest"]

# RFC 4511 §4.1.9.
_SUCCESS: Final = 0
_SASL_BIND_IN_PROGRESS: Final = 14

_MOST_REQUESTS: Final = 4
"""An empty one, the response, an empty one after the proof, and one to spare."""


class _Socket(LayeredSocket):
    """What a strategy's own thread reads from while another unbinds: then it meets the end."""

    _unbound = False

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """As LayeredSocket; b"" once it was closed here."""
        try:
            return super().recv(bufsize, flags)
        except ContextExpired:
            if self._unbound:
                return b""
            raise

    def close(self) -> None:
        """As LayeredSocket."""
        self._unbound = True
        super().close()


def use_digest(connection: Any, make_client: Callable[[], DigestMD5Client]) -> None:  # noqa: ANN401  # it has no types
    """Let a Connection made with `authentication=SASL, sasl_mechanism=DIGEST_MD5` log in with our client.

    `make_client` is called for each bind, since a login is used once and ldap3 binds again when it reconnects. Call
    bind() afterwards; a Connection made with auto_bind has bound already. bind() gives False for a wrong password, as
    ever; a server that does not prove itself raises WrongPrincipal, and the connection is closed.
    """
    if getattr(connection, "bound", False):
        raise ConfigurationError("the connection is bound already: make it without auto_bind, then call bind()")
    connection.do_sasl_bind = partial(_bind, connection, make_client)


def _bind(connection: Any, make_client: Callable[[], DigestMD5Client], controls: Any) -> Any:  # noqa: ANN401
    """What ldap3 calls in the place of its own; the result of the last bind response."""
    if isinstance(connection.socket, LayeredSocket):
        raise ConfigurationError("this connection has a layer already: open another one to log in again")
    with connection.connection_lock:
        connection.last_error = None
        plain, client = connection.socket, make_client()
        # Before the first token: a strategy's own thread may be reading when the layer begins.
        connection.socket = _Socket(plain, client, during_login=True)
        connection.sasl_in_progress = True
        try:
            result = _exchange(connection, client, controls)
        except BaseException:
            connection.strategy.close()
            raise
        finally:
            connection.sasl_in_progress = False
        if not client.complete:
            # Refused: the connection is as it was, and another bind may follow.
            client.close()
            connection.socket = plain
        return result


def _exchange(connection: Any, client: DigestMD5Client, controls: Any) -> Any:  # noqa: ANN401  # as above
    send = import_module("ldap3.protocol.sasl.sasl").send_sasl_negotiation
    token = client.step()
    for _ in range(_MOST_REQUESTS):
        result = send(connection, controls, token or None)
        code = result["result"]
        if code not in {_SUCCESS, _SASL_BIND_IN_PROGRESS}:
            return result
        # A server may send its proof before it says success; it is then sent nothing.
        token = b"" if client.complete else client.step(result.get("saslCreds") or b"")
        if code == _SUCCESS:
            if not client.complete:
                raise WrongPrincipal(
                    "the server says that the bind has succeeded, but it did not prove that it knows the password"
                )
            return result
    raise WrongPrincipal("the server does not finish the bind")
