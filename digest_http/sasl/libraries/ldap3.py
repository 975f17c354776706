"""ldap3 (2.9): logins in which the server proves itself, signing and sealing, for every strategy with one connection.

ldap3's own DIGEST-MD5 reads one record at a time, checks neither sequence numbers nor the server's proof, and cannot
seal.

DIGEST-MD5 is Historic (RFC 6331): use Kerberos (GSSAPI) or a client certificate (EXTERNAL) inside TLS, or SCRAM, if the
directory has one of them.
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
"""An empty request, the response, an empty request after the proof, and one more."""


class _Socket(LayeredSocket):
    """The socket that a strategy's own thread reads. When another thread unbinds, the reader gets the end."""

    _unbound = False

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """As LayeredSocket; b"" after close()."""
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

    `make_client` is called for each bind: a client is used for one login, and ldap3 binds again when it reconnects.
    Call bind() after this function. Raises ConfigurationError for a Connection that is bound already, as after
    auto_bind. bind() returns False for a wrong password, as usual. For a server that does not prove itself it raises
    WrongPrincipal, and the connection is closed.
    """
    if getattr(connection, "bound", False):
        raise ConfigurationError("the connection is bound already: make it without auto_bind, then call bind()")
    connection.do_sasl_bind = partial(_bind, connection, make_client)


def _bind(connection: Any, make_client: Callable[[], DigestMD5Client], controls: Any) -> Any:  # noqa: ANN401
    """ldap3 calls this in place of its own function. Returns the result of the last bind response."""
    if isinstance(connection.socket, LayeredSocket):
        raise ConfigurationError("this connection has a layer already: open another one to log in again")
    with connection.connection_lock:
        connection.last_error = None
        plain, client = connection.socket, make_client()
        # Replaced before the first token: a strategy's own thread may be reading when the layer begins.
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
            # The login was refused: the connection is as before, and another bind may follow.
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
        # A server may send its proof before it reports success. Then the answer is an empty token.
        token = b"" if client.complete else client.step(result.get("saslCreds") or b"")
        if code == _SUCCESS:
            if not client.complete:
                raise WrongPrincipal(
                    "the server says that the bind has succeeded, but it did not prove that it knows the password"
                )
            return result
    raise WrongPrincipal(f"the server did not finish the bind after {_MOST_REQUESTS} requests")
