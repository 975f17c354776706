"""The plug for niquests, blocking and asynchronous."""

from __future__ import annotations

from typing import Any

from .base_auth import BaseDigestAuth
from .requests_call import AsyncCall, Call
from .requests_family import AsyncRequestsLibrary, RequestsLibrary
from .requests_glances import Answer
from .requests_proxies import AsyncProxyAdapter, AsyncProxySigner, ProxyAdapter, ProxySigner

try:
    import niquests
    from niquests.adapters import AsyncHTTPAdapter, HTTPAdapter
    from niquests.auth import AsyncAuthBase, AuthBase
except ModuleNotFoundError as error:
    if error.name != "niquests":
        raise
    raise ModuleNotFoundError(
        "DigestAuth for niquests needs niquests: pip install 'digest-http[niquests]'", name="niquests"
    ) from None

__all__ = ["AsyncDigestAuth", "AsyncDigestProxyAdapter", "DigestAuth", "DigestProxyAdapter"]


class DigestAuth(BaseDigestAuth[niquests.PreparedRequest, Answer], AuthBase):
    """HTTP Digest (RFC 7616) for `niquests.Session`; a drop-in for `niquests.auth.HTTPDigestAuth`.

    Share one object by all requests, sessions and threads: it signs in advance what it has learnt to sign. All keywords
    are explained in docs/client.md. Raises ConfigurationError for settings that cannot work; while sending,
    WrongPrincipal (the server did not prove itself) and BodyNotReplayable, both of them also `RequestException`.
    """

    _library = _reader = RequestsLibrary[niquests.PreparedRequest](niquests)

    def __call__(self, r: niquests.PreparedRequest) -> niquests.PreparedRequest:
        """Called by niquests for each request that is prepared with this object."""
        call = Call(self._session, self._reader, niquests, r.url, r.body)
        hooked: Any = r  # the method has no types
        hooked.register_hook("pre_request", call.begin)
        hooked.register_hook("response", call.answered)
        return r

    def proxy_signer(self) -> ProxySigner:
        """What `DigestProxyAdapter` signs with."""
        return ProxySigner(niquests, self._session, self._reader)


class AsyncDigestAuth(BaseDigestAuth[niquests.PreparedRequest, Answer], AsyncAuthBase):
    """The same for `niquests.AsyncSession`; a drop-in for `niquests.auth.AsyncHTTPDigestAuth`."""

    _library = _reader = AsyncRequestsLibrary[niquests.PreparedRequest](niquests)

    async def __call__(self, r: niquests.PreparedRequest) -> niquests.PreparedRequest:
        """Called by niquests for each request that is prepared with this object."""
        call = AsyncCall(self._session, self._reader, niquests, r.url, r.body)
        hooked: Any = r  # the method has no types
        hooked.register_hook("pre_request", call.begin)
        hooked.register_hook("response", call.answered)
        return r

    def proxy_signer(self) -> AsyncProxySigner:
        """What `AsyncDigestProxyAdapter` signs with."""
        return AsyncProxySigner(niquests, self._session, self._reader)


class DigestProxyAdapter(ProxyAdapter, HTTPAdapter):
    """An adapter for a proxy that wants Digest, for http and https (CONNECT) URLs: mount it on a niquests `Session`.

    `proxy_auth` is a `DigestAuth(..., proxy=True)`; the other keywords are those of `HTTPAdapter`. Which proxy it is
    says the session, as ever (`proxies=`). Raises ConfigurationError for another kind of object.
    """

    _kind = DigestAuth


class AsyncDigestProxyAdapter(AsyncProxyAdapter, AsyncHTTPAdapter):
    """The same for a niquests `AsyncSession`; `proxy_auth` is an `AsyncDigestAuth(..., proxy=True)`."""

    _kind = AsyncDigestAuth
