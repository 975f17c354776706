"""https through a proxy that wants Digest: a connection of urllib3, or of its fork, that signs its CONNECT.

The library makes the tunnel and shows nothing of the proxy's refusal but its status. So the challenge is fetched by a
CONNECT of our own, on a connection that is closed again: once for a proxy that is new, and where a nonce has expired.
"""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeAlias

from digest_http.httpauth.origins import Origin

__all__ = ["AsyncConnect", "AsyncSign", "Connect", "Refusal", "Sign", "async_connection_class", "connection_class"]

#: RFC 9110 §15.5.8.
PROXY_AUTHENTICATION_REQUIRED = 407


class Refusal(NamedTuple):
    """What a proxy answered to a CONNECT: the status, and its field lines."""

    status: int
    fields: tuple[tuple[str, str], ...] = ()


#: Sends one CONNECT with this value of Proxy-Authorization.
Connect: TypeAlias = Callable[[str | None], Refusal]

#: Drives a call of CONNECT: the proxy, the target ("host:443"), and what sends.
Sign: TypeAlias = Callable[[Origin, str, Connect], None]

#: The same two for asynchronous connections.
AsyncConnect: TypeAlias = Callable[[str | None], Awaitable[Refusal]]
AsyncSign: TypeAlias = Callable[[Origin, str, AsyncConnect], Awaitable[None]]


def connection_class(base: Any, sign: Sign) -> Any:
    """The class of connections `base` (urllib3's HTTPSConnection, or the fork's) with signed tunnels."""
    return type("DigestHTTPSConnection", (_SignedTunnel, base), {"sign": staticmethod(sign)})


def async_connection_class(base: Any, sign: AsyncSign) -> Any:
    """The same for the asynchronous connections of the fork."""
    return type("AsyncDigestHTTPSConnection", (_AsyncSignedTunnel, base), {"sign": staticmethod(sign)})


class _SignedTunnel:
    """Joined with the library's class, whose methods these are."""

    sign: ClassVar[Any]
    host: Any
    port: Any
    timeout: Any
    proxy_config: Any
    _signed_to: tuple[str, int | None, Mapping[str, str], str] | None = None

    def set_tunnel(
        self, host: str, port: int | None = None, headers: Mapping[str, str] | None = None, scheme: str = "http"
    ) -> None:
        """Note where the tunnel leads; see the library."""
        self._signed_to = (host, port, dict(headers or {}), scheme)
        self._signed_with(None)

    def connect(self) -> Any:
        """Connect, by a tunnel if one is wanted; see the library. Raises OSError if the proxy refuses."""
        if self._signed_to is None:
            self._signed_connect()
            return
        host, port, _, scheme = self._signed_to
        shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
        refused: OSError | None = None
        status = 200

        def send(field: str | None) -> Refusal:
            nonlocal refused, status
            answer = self._signed_ask(shown) if field is None else Refusal(200)
            if answer.status == http.client.OK:
                try:
                    answer = self._signed_attempt(field)
                except OSError as error:
                    refused = _refusal(error)
                    answer = self._signed_ask(shown)
            status = answer.status
            return answer

        try:
            type(self).sign(Origin.of(scheme, self.host, self.port), f"{shown}:{port or 443}", send)
        except BaseException:
            self._signed_close()
            raise
        if status != http.client.OK:
            raise refused or OSError(f"Tunnel connection failed: {status}")

    def _signed_attempt(self, field: str | None) -> Refusal:
        self._signed_with(field)
        self._signed_connect()
        return self._signed_answer()

    def _signed_answer(self) -> Refusal:
        told: Any = getattr(self, "get_proxy_response_headers", None)  # from Python 3.12 on
        fields = told() if told is not None else None
        return Refusal(200, tuple(fields.items()) if fields is not None else ())

    def _signed_with(self, field: str | None) -> None:
        assert self._signed_to is not None  # noqa: S101  # it was noted before
        host, port, headers, scheme = self._signed_to
        fields = dict(headers)
        if field is not None:
            fields["Proxy-Authorization"] = field
        library: Any = super()
        library.set_tunnel(host, port=port, headers=fields, scheme=scheme)

    def _signed_connect(self) -> None:
        library: Any = super()
        library.connect()

    def _signed_close(self) -> None:
        library: Any = super()
        library.close()

    def _signed_ask(self, shown: str) -> Refusal:
        """Send an unsigned CONNECT on a connection of its own, and close that whatever the answer."""
        assert self._signed_to is not None  # noqa: S101  # it was noted before
        _, port, headers, scheme = self._signed_to
        # urllib3 has a word of its own for "none was set".
        timeout = self.timeout if isinstance(self.timeout, (int, float)) else None
        if scheme == "https":
            context = self.proxy_config.ssl_context if self.proxy_config else None
            asking: http.client.HTTPConnection = http.client.HTTPSConnection(
                self.host, self.port, timeout=timeout, context=context
            )
        else:
            asking = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        fields = {name: value for name, value in headers.items() if name.lower() != "proxy-authorization"}
        target = f"{shown}:{port or 443}"
        try:
            asking.request("CONNECT", target, headers={"Host": target, **fields})
            answer = asking.getresponse()
            return Refusal(answer.status, tuple(answer.getheaders()))
        except http.client.HTTPException as error:
            raise OSError(f"Tunnel connection failed: {type(error).__name__}") from error
        finally:
            asking.close()


class _AsyncSignedTunnel(_SignedTunnel):
    """The same for an asynchronous connection."""

    async def connect(self) -> None:
        """Connect; see `_SignedTunnel`."""
        library: Any = super(_SignedTunnel, self)
        if self._signed_to is None:
            await library.connect()
            return
        host, port, _, scheme = self._signed_to
        shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
        refused: OSError | None = None
        status = 200

        async def send(field: str | None) -> Refusal:
            nonlocal refused, status
            # It blocks, so it has a thread of its own; it is rare.
            answer = await asyncio.to_thread(self._signed_ask, shown) if field is None else Refusal(200)
            if answer.status == http.client.OK:
                try:
                    self._signed_with(field)
                    await library.connect()
                    answer = self._signed_answer()
                except OSError as error:
                    refused = _refusal(error)
                    answer = await asyncio.to_thread(self._signed_ask, shown)
            status = answer.status
            return answer

        try:
            await type(self).sign(Origin.of(scheme, self.host, self.port), f"{shown}:{port or 443}", send)
        except BaseException:
            await library.close()
            raise
        if status != http.client.OK:
            raise refused or OSError(f"Tunnel connection failed: {status}")


def _refusal(error: OSError) -> OSError:
    """The error that tells of a 407; any other is raised. The library has no other word for it than its text."""
    if f" {PROXY_AUTHENTICATION_REQUIRED}" not in str(error):
        raise error
    return error
