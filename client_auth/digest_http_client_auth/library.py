"""The one door to a client library: all that the core asks of its messages. Each plug has a class of this shape.

The core (exchange, preemptive, session, proof, proxies, cookies, saved_challenges) touches no message itself. Names of
fields are lower-case octets here; a plug spells them as is usual when it sets one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final, Protocol, TypeVar, runtime_checkable

from digest_http.algorithms import Algorithm, Hash
from digest_http.httpauth.origins import Origin

__all__ = [
    "BAD_REQUEST",
    "UNTOLD",
    "AsyncBodyReader",
    "BodyReader",
    "Library",
    "MakesProbes",
    "Replay",
    "RequestT",
    "ResponseT",
    "TellsProxy",
]

#: What `TellsProxy.proxy_of` gives where it is not known which way a request goes.
UNTOLD: Final = Origin("", "", 0)

#: From here on a status is an error, which proves nothing; and this one may be about our own field.
BAD_REQUEST: Final = 400

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
_RequestT_contra = TypeVar("_RequestT_contra", contravariant=True)
_ResponseT_contra = TypeVar("_ResponseT_contra", contravariant=True)


class BodyReader(Protocol[_RequestT_contra, _ResponseT_contra]):
    """What a blocking library reads bodies with."""

    def hash_request(self, request: _RequestT_contra, entity: Hash, /) -> None:
        """Hash the octets of a request's body, as they will be transferred, and leave it so that they can be sent.

        What can be read twice stays where it is (octets, a file that can seek); of anything else the pieces are kept.
        """
        ...

    def read_response(self, response: _ResponseT_contra, /) -> None:
        """Read the body of a response into memory."""
        ...


class AsyncBodyReader(Protocol[_RequestT_contra, _ResponseT_contra]):
    """What an asynchronous library reads bodies with."""

    async def ahash_request(self, request: _RequestT_contra, entity: Hash, /) -> None:
        """Hash the octets of a request's body, and leave it so that they can be sent; see `BodyReader`."""
        ...

    async def aread_response(self, response: _ResponseT_contra, /) -> None:
        """Read the body of a response into memory."""
        ...


@runtime_checkable
class MakesProbes(Protocol[RequestT]):
    """What a library has besides, if it can make a request of another: then `probe=True` works with it."""

    def probe(self, request: RequestT, /) -> RequestT:
        """A HEAD request for the same URL and target, without a body, to be sent before a body that is sent once only.

        It has the fields, time limits and other settings of `request`, which is not changed, but for what describes the
        body (Content-*, Transfer-Encoding, Trailer, Expect) and Authorization or Proxy-Authorization. It is sent as any
        other: redirects of it may be followed.
        """
        ...


@runtime_checkable
class TellsProxy(Protocol[_RequestT_contra]):
    """What a library has besides, if it knows the proxy of a request: then requests can be signed for it in advance."""

    def proxy_of(self, request: _RequestT_contra, /) -> Origin | None:
        """The proxy that reads the header section of a request; None if a server reads it, UNTOLD if nobody knows.

        A request that goes through a tunnel (https) is read by the server; the CONNECT before it by the proxy.
        """
        ...


class Replay(Protocol[_RequestT_contra]):
    """How to send the body of one request again. Made before the first sending."""

    def restore(self, request: _RequestT_contra, /) -> None:
        """Make the body of `request` ready to be sent; raises BodyNotReplayable, and then nothing was changed."""
        ...


class Library(Protocol[RequestT, ResponseT]):
    """A client library's requests and responses, as the core sees them."""

    # --- requests ---

    def request_to(self, url: str, /) -> RequestT:
        """A GET request for a URL; raises what the library raises for one that it cannot read."""
        ...

    def origin(self, request: RequestT, /) -> Origin:
        """The origin of its URL."""
        ...

    def origin_key(self, request: RequestT, /) -> Hashable:
        """What stands for its origin and costs little; equal keys mean equal origins, the reverse need not hold."""
        ...

    def method(self, request: RequestT, /) -> bytes:
        """The method."""
        ...

    def target(self, request: RequestT, /) -> bytes:
        """The request target as it goes over the wire, octet for octet."""
        ...

    def plain_request(self, request: RequestT, /) -> tuple[Hashable, bytes, bytes] | None:
        """`origin_key`, `method` and `target` of a request, in one look; None if not `holds_body`."""
        ...

    def request_values(self, request: RequestT, name: bytes, /) -> list[bytes]:
        """The values of all field lines of a name, as they are sent."""
        ...

    def set_field(self, request: RequestT, name: bytes, value: bytes, /) -> None:
        """Set a field to octets, replacing what was there."""
        ...

    def remove_field(self, request: RequestT, name: bytes, /) -> None:
        """Take out a field that is there."""
        ...

    def holds_body(self, request: RequestT, /) -> bool:
        """Whether the body is octets in memory, in whatever pieces, or none: it can be sent as often as need be."""
        ...

    def replay(self, request: RequestT, /) -> Replay[RequestT]:
        """How to send again a body that is not in memory."""
        ...

    # --- responses ---

    def status(self, response: ResponseT, /) -> int:
        """The status code."""
        ...

    def request_of(self, response: ResponseT, sent: RequestT, /) -> RequestT:
        """The request that it answers: after a redirect another one than was sent."""
        ...

    def plain_answer(self, response: ResponseT, sent: RequestT, name: bytes, /) -> Sequence[bytes] | None:
        """`response_values` of what is no error and answers the very request that was sent; None for anything else."""
        ...

    def has_field(self, response: ResponseT, name: bytes, /) -> bool:
        """Whether there is a field of this name."""
        ...

    def response_values(self, response: ResponseT, name: bytes, /) -> list[bytes]:
        """The values of all field lines of a name, as the octets that came."""
        ...

    def record(self, response: ResponseT, algorithm: Algorithm, /) -> Callable[[], bytes | Hash]:
        """Called before the body is read; the function gives it, once it was read, as it was transferred.

        A body that is not kept as it was transferred is hashed while it passes, and the function gives the hash object.
        """
        ...

    def withhold(self, response: ResponseT, /) -> None:
        """Take the body away, read or not: it reads as empty, and what is left of it is thrown away."""
        ...

    def cookies_for(self, response: ResponseT, request: RequestT, /) -> bytes:
        """The Cookie field that the Set-Cookie fields of a response give for a request; empty for none."""
        ...

    def peer_address(self, response: ResponseT, /) -> tuple[str, int] | None:
        """Address and port of who is at the other end of the connection; None if that is not told."""
        ...

    def history(self, response: ResponseT, /) -> Sequence[ResponseT]:
        """The redirects that the library followed before this response, oldest first."""
        ...

    def set_history(self, response: ResponseT, hops: Sequence[ResponseT], /) -> None:
        """Tell the caller what led to this response."""
        ...
