"""Sends the requests of a probe, each within its time, and follows nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import httpx

from .answer import Answer

__all__ = ["MAX_BODY_OCTETS", "Wire"]

#: Octets of a body that are read where a proof covers it. Pages are smaller; a camera's picture stream never ends.
MAX_BODY_OCTETS: Final = 1 << 20

_RECEIVED: Final = "fields as received"


class Wire:
    """The way to one URL. `seconds` is how long each exchange may take in all, however slowly octets drip in."""

    def __init__(self, client: httpx.AsyncClient, url: httpx.URL, method: str, seconds: float) -> None:
        client.event_hooks["response"].append(_set_location_aside)
        self._client: Final = client
        self._seconds: Final = seconds
        self.url: Final = url
        self.method: Final = method
        #: The request target, as it is sent and signed.
        self.target: Final = url.raw_path

    async def ask(self, field: bytes | None = None, needs_body: Callable[[Answer], bool] | None = None) -> Answer:
        """Send one request with `field` as Authorization. Raises the library's errors, and TimeoutError.

        The body is read if `needs_body` says so, and only if it is not longer than MAX_BODY_OCTETS.
        """
        headers = [(b"Accept-Encoding", b"identity"), (b"User-Agent", b"digest-http probe")]
        if field is not None:
            headers.append((b"Authorization", field))
        async with asyncio.timeout(self._seconds):
            request = self._client.build_request(self.method, self.url, headers=headers)
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                answer = Answer(response.status_code, response.extensions[_RECEIVED])
                if needs_body is not None and needs_body(answer):
                    return Answer(answer.status, answer.fields, await _body(response))
                return answer
            finally:
                await response.aclose()


async def _set_location_aside(response: httpx.Response) -> None:
    # httpx makes the next request of a redirect even if it follows none, and raises if Location is not a URL.
    response.extensions[_RECEIVED] = tuple(response.headers.raw)
    if "Location" in response.headers:
        del response.headers["Location"]


async def _body(response: httpx.Response) -> bytes | None:
    body = b""
    async for octets in response.aiter_raw():
        body += octets
        if len(body) > MAX_BODY_OCTETS:
            return None
    return body
