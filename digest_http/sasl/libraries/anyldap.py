"""anyldap (0.2), LDAP for asyncio and trio: logins, signing and sealing for its LDAPClient.

Its other interface, `anyldap.ldap`, cannot be used: it drops the data of the last bind response, which is the server's
proof.

DIGEST-MD5 is Historic (RFC 6331): use Kerberos (GSSAPI) or a client certificate (EXTERNAL) inside TLS, or SCRAM, if the
directory has one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from digest_http.errors import ConfigurationError, WrongPrincipal
from digest_http.sasl.client import DigestMD5Client
from digest_http.sasl.integrity import Octets
from digest_http.sasl.records import Records
from digest_http.secrecy import HoldsSecrets

__all__ = ["LayeredByteStream", "log_in"]

# RFC 4511 §4.1.9.
_SUCCESS: Final = 0
_SASL_BIND_IN_PROGRESS: Final = 14

_MOST_REQUESTS: Final = 4
"""An empty request, the response, an empty request after the proof, and one more."""


async def log_in(stream: Any, client: DigestMD5Client, task_group: Any) -> Any:  # noqa: ANN401  # anyio's
    """Log in on a connected stream of anyio. Returns an LDAPClient that is bound and has the negotiated layer.

    It reads in a task of the group, as anyldap's own clients do: an altered record ends the group with MessageAltered.
    Raises anyldap's own error for a wrong password, and a DigestError if the server does not prove itself. The stream
    is closed then. `client` is used once.
    """
    ldap = import_module("anyldap.protocols.ldap.ldapclient").LDAPClient()
    await ldap.attach_stream(LayeredByteStream(stream, client), task_group)
    try:
        await _bind(ldap, client)
    except BaseException:
        await ldap.aclose()
        raise
    return ldap


async def _bind(ldap: Any, client: DigestMD5Client) -> None:  # noqa: ANN401  # as above
    request = import_module("anyldap.protocols.pureldap").LDAPBindRequest
    refusal = import_module("anyldap.protocols.ldap.ldaperrors").get_exception
    token = client.step()
    for _ in range(_MOST_REQUESTS):
        answer = await ldap.send(request(dn="", auth=("DIGEST-MD5", token or None), sasl=True))
        if answer.resultCode not in {_SUCCESS, _SASL_BIND_IN_PROGRESS}:
            raise refusal(answer.resultCode, answer.errorMessage)
        # A server may send its proof before it reports success. Then the answer is an empty token.
        token = b"" if client.complete else client.step(answer.serverSaslCreds or b"")
        if answer.resultCode == _SUCCESS:
            if not client.complete:
                raise WrongPrincipal(
                    "the server says that the bind has succeeded, but it did not prove that it knows the password"
                )
            return
    raise WrongPrincipal(f"the server did not finish the bind after {_MOST_REQUESTS} requests")


class LayeredByteStream(HoldsSecrets):
    """An anyio ByteStream over another. Octets pass unchanged until the login is complete.

    The rules and errors are those of LayeredSocket with `during_login`.
    """

    def __init__(self, stream: Any, context: DigestMD5Client) -> None:  # noqa: ANN401  # anyio is not imported
        self._stream: Final = stream
        self._records: Final = Records(context, during_login=True)
        self._closed = False

    @property
    def extra_attributes(self) -> Mapping[Any, Any]:
        """The attributes of the stream below."""
        attributes: Mapping[Any, Any] = self._stream.extra_attributes
        return attributes

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """Verified octets, at most `max_bytes`. At its end the stream raises the error of the stream below.

        If the end is inside a record, it is MalformedField.
        """
        if max_bytes < 1:
            raise ConfigurationError("max_bytes must be at least 1")
        while not (message := self._records.read(max_bytes)):
            try:
                data = await self._stream.receive()
            except Exception:
                if not self._closed:
                    self._records.received_end()
                raise
            self._records.received(data)
        return message

    async def send(self, item: Octets) -> None:
        """Send all octets, in as many records as the peer needs."""
        octets = self._records.sent(item)
        try:
            await self._stream.send(octets)
        except BaseException:
            # A part of a record may have been sent.
            self._records.close()
            raise

    async def send_eof(self) -> None:
        """As the stream below."""
        await self._stream.send_eof()

    async def aclose(self) -> None:
        """End the layer, then close the stream below."""
        self._closed = True
        self._records.close()
        await self._stream.aclose()
