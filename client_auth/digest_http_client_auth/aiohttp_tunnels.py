"""https through a proxy that wants Digest: a connector of aiohttp that signs CONNECT."""

from __future__ import annotations

from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict

from digest_http.errors import ConfigurationError

from .aiohttp_auth import DigestAuth
from .aiohttp_messages import Answer, Message

__all__ = ["ProxyConnector"]

#: RFC 9110 §15.5.8.
_PROXY_AUTHENTICATION_REQUIRED: Final = 407


class ProxyConnector(aiohttp.TCPConnector):
    """A connector for `aiohttp.ClientSession(connector=..., proxy=...)`.

    `proxy_auth` is a `DigestAuth(..., proxy=True)`; the other arguments are those of `aiohttp.TCPConnector`. An open
    tunnel is used again, as usual. For http URLs pass `proxy_auth` to the session too, in its middlewares.
    """

    def __init__(self, proxy_auth: DigestAuth, **keywords: Any) -> None:  # those of aiohttp.TCPConnector
        given: object = proxy_auth
        if not isinstance(given, DigestAuth) or not given.is_for_proxies:
            raise ConfigurationError("proxy_auth is a DigestAuth of this module that was made with proxy=True")
        super().__init__(**keywords)  # pyright: ignore[reportUnknownMemberType]  # aiohttp leaves some open
        self._proxy_auth: Final = proxy_auth

    # aiohttp documents this method as the one that subclasses override.
    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp's own signature
    ) -> ResponseHandler:
        proxy = req.proxy
        if proxy is None or not req.is_ssl():
            return await super()._create_connection(req, traces, timeout)
        create = super()._create_connection
        connection: ResponseHandler | None = None
        refused: aiohttp.ClientHttpProxyError | None = None
        # The session keeps tunnels apart by these fields, so what belongs to one CONNECT must not stay in them.
        fields = req.proxy_headers

        async def connect(message: Message) -> Answer:
            nonlocal connection, refused
            signed = CIMultiDict(fields or ())
            signed.update(message.fields)
            req.proxy_headers = signed
            try:
                connection = await create(req, traces, timeout)
            except aiohttp.ClientHttpProxyError as error:
                if error.status != _PROXY_AUTHENTICATION_REQUIRED:
                    raise
                refused = error
                return Answer(error.status, error.headers)
            finally:
                req.proxy_headers = fields
            return Answer(200, None)

        try:
            await self._proxy_auth.tunnel(Message.connect(req, proxy), connect)
        except BaseException:
            if connection is not None:
                # No farewell of TLS: the event loop may end before an answer to it comes.
                connection.abort()
            raise
        if connection is None:
            assert refused is not None  # noqa: S101  # a call ends with an answer
            raise refused
        return connection
