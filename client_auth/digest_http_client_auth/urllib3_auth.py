"""`DigestAuth` for urllib3."""

from __future__ import annotations

from collections.abc import Callable

import urllib3
from urllib3 import HTTPHeaderDict, HTTPResponse

from digest_http.errors import WrongPrincipal
from digest_http.httpauth.origins import Origin

from .base_auth import BaseDigestAuth
from .flow import sync_flow
from .library_errors import errors_also
from .signed_tunnels import Connect
from .urllib3_family import Urllib3Library
from .urllib3_messages import Answer, Message

__all__ = ["DigestAuth"]


class DigestAuth(BaseDigestAuth[Message, Answer]):
    """HTTP Digest (RFC 7616) for urllib3: the credentials of a `DigestPoolManager` or a `DigestProxyManager`.

    Share one object between all managers and threads: it signs in advance as soon as it knows a challenge.
    docs/client.md explains all keywords. Raises ConfigurationError for settings that cannot work. While sending it
    raises WrongPrincipal (the server did not prove that it knows the password) and BodyNotReplayable; both are
    `urllib3.exceptions.HTTPError` too.
    """

    _library = _reader = Urllib3Library()

    def drive(self, message: Message, send: Callable[[Message], Answer]) -> Answer:
        """Send a request, and again if need be; the answer that is the caller's. `send` sends what it is given."""
        flow, asked_for = sync_flow(self._session, self._reader, message), message
        with errors_also(urllib3.exceptions.HTTPError):
            message = next(flow)
            while True:
                answer = send(message)
                # The outcome of a probe is not that of the request.
                if answer.settled and message is asked_for:
                    return answer
                try:
                    message = flow.send(answer)
                except StopIteration:
                    return answer
                except BaseException:
                    _throw_away(answer)
                    raise
                self._reader.drain(answer)

    def tunnel(self, proxy: Origin, target: str, connect: Connect) -> None:
        """Sign a CONNECT to `target` ("host:443"); `connect` sends it with a value of Proxy-Authorization."""
        message = Message("CONNECT", proxy, target.encode("ascii"), HTTPHeaderDict(), proxy=proxy)

        def send(message: Message) -> Answer:
            refusal = connect(message.headers.get("Proxy-Authorization"))
            headers = HTTPHeaderDict(refusal.fields)
            return Answer(HTTPResponse(b"", headers, refusal.status, preload_content=False), proxy)

        self.drive(message, send)

    def leave(self, answer: Answer) -> Answer:
        """Look at the answer of another origin, to which a redirect led. Raises WrongPrincipal."""
        if self._session.demands_proof:
            _throw_away(answer)
            with errors_also(urllib3.exceptions.HTTPError):
                raise WrongPrincipal("a redirect led away from the request whose answer the server could prove")
        if answer.response.status == self._session.status:
            self._session.policy.report("it came from another origin, to which a redirect led")
        return answer


def _throw_away(answer: Answer) -> None:
    """Give the connection of an answer that nobody gets back to its pool."""
    answer.response.close()
    answer.response.release_conn()
