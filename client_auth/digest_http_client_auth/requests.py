"""The plug for requests."""

from __future__ import annotations

from typing import Any

from digest_http.errors import DigestError

from .base_auth import BaseDigestAuth
from .library_errors import errors_also
from .preemptive import Preemptive
from .requests_call import Call
from .requests_family import RequestsLibrary
from .requests_glances import Answer
from .requests_plain import begin_plain
from .requests_proxies import ProxyAdapter, ProxySigner

try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase
except ModuleNotFoundError as error:
    if error.name != "requests":
        raise
    raise ModuleNotFoundError(
        "DigestAuth for requests needs requests: pip install 'digest-http[requests]'", name="requests"
    ) from None

__all__ = ["DigestAuth", "DigestProxyAdapter"]


class DigestAuth(BaseDigestAuth[requests.PreparedRequest, Answer], AuthBase):
    """HTTP Digest (RFC 7616) for requests; a drop-in for `requests.auth.HTTPDigestAuth`.

    Share one object between all requests, sessions and threads: it signs in advance as soon as it knows a challenge.
    docs/client.md explains all keywords. Raises ConfigurationError for settings that cannot work. While sending it
    raises WrongPrincipal (the server did not prove that it knows the password) and BodyNotReplayable; both are
    `RequestException` too.
    """

    _library = _reader = RequestsLibrary[requests.PreparedRequest](requests)

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Called by requests for each request that is prepared with this object."""
        session, reader = self._session, self._reader
        # Who reads a request, a server or a proxy, is told when its answer comes: `Call` notes it for the next one.
        if not session.proxy:
            try:
                plain = begin_plain(session, reader.glances, self._go_on, r)
            except DigestError:
                with errors_also(requests.RequestException, request=r, response=None):
                    raise
            if plain is not None:
                # What `register_hook` does, without asking whether this can be called.
                r.hooks["response"].append(plain.answered)
                return r
        call = Call(session, reader, requests, r.url, r.body)
        call.begin(r)
        r.hooks["response"].append(call.answered)
        return r

    def _go_on(
        self,
        url: str,
        signed: tuple[requests.PreparedRequest, Any, Preemptive] | None,
        response: Any,
        settings: dict[str, Any],
    ) -> Any:
        """What is left of a call that seemed to be plain; see `requests_plain.GoOn`."""
        call = Call(self._session, self._reader, requests, url, None)
        if signed is not None:
            call.take_over(*signed)
        return call.answered(response, **settings)

    def proxy_signer(self) -> ProxySigner:
        """What `DigestProxyAdapter` signs with."""
        return ProxySigner(requests, self._session, self._reader)


class DigestProxyAdapter(ProxyAdapter, HTTPAdapter):
    """An adapter for a proxy that wants Digest, for http and https (CONNECT) URLs: mount it on a requests `Session`.

    `proxy_auth` is a `DigestAuth(..., proxy=True)`; the other keywords are those of `HTTPAdapter`. The proxy
    itself is set in the session, as usual (`proxies=`). Raises ConfigurationError for another kind of object.
    """

    _kind = DigestAuth
