"""A request as the guard sees it, and one made of what servers have in octets or in text."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Protocol, TypeAlias, cast

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.errors import MalformedField

from .uploads import too_large

__all__ = ["Body", "Fields", "GivenRequest", "Request", "same_page"]

# The absolute form of a target (RFC 9112 §3.2.2), as proxies get it; the group is path and query.
_absolute: Final = re.compile(rb"https?://[^/?#]*([/?].*|)", re.IGNORECASE | re.DOTALL)

Text: TypeAlias = str | bytes
Fields: TypeAlias = Mapping[str, str] | Iterable[tuple[Text, Text]]
Body: TypeAlias = bytes | Callable[[], bytes]


class Request(Protocol):
    """What a plug of the guard shows of a request."""

    @property
    def method(self) -> bytes:
        """The method, as it stands in the request line."""
        ...

    @property
    def fields(self) -> Iterable[tuple[bytes, bytes]]:
        """The header section: names in lower case, and values."""
        ...

    def is_named_by(self, uri: bytes) -> bool:
        """Whether the signed uri names this request."""
        ...

    def hash_body(self, algorithm: Algorithm, /) -> bytes | Awaitable[Any]:
        """HEntity, the hash of the body in hex; perhaps awaitable. Asked for with auth-int only. Raises BodyTooLarge.

        Hashed as it arrives, and kept as it came: the app is to have the same octets once the request is accepted.
        A request may give an awaitable of a part of its body. It then has a method `hash_received(algorithm, part)`,
        which gives what this one gives; so a body that is all in its first part needs no coroutine of its own.
        """
        ...


def same_page(uri: bytes, target: bytes) -> bool:
    """Whether a uri names the target of a request to a proxy: the same octets, or the path in an absolute form.

    Many clients (curl) sign no more than the path, as if they spoke to the server itself.
    """
    if uri == target:
        return True
    absolute = _absolute.fullmatch(target)
    return absolute is not None and uri == (absolute[1] if absolute[1].startswith(b"/") else b"/" + absolute[1])


class GivenRequest:
    """A request of which all is at hand. Raises MalformedField for text that no octets were read from."""

    __slots__ = ("_body", "_limit", "_same_target", "_target", "client", "fields", "method")

    def __init__(
        self,
        method: Text,
        target: Text,
        fields: Fields,
        body: Body | Callable[[], Awaitable[bytes]],
        *,
        limit: int,
        same_target: Callable[[bytes, bytes], bool],
        client: str | None = None,
    ) -> None:
        pairs = cast("Mapping[str, str]", fields).items() if isinstance(fields, Mapping) else fields
        self.method: Final = _octets(method, "method")
        self.fields: Final = [(_octets(name, "field").lower(), _octets(value, "field")) for name, value in pairs]
        self._target: Final = _octets(target, "uri")
        self._body: Final = body
        self._limit: Final = limit
        self.client: Final = client
        self._same_target: Final = same_target

    def is_named_by(self, uri: bytes) -> bool:
        """See Request."""
        return self._same_target(uri, self._target)

    def hash_body(self, algorithm: Algorithm, /) -> bytes | Awaitable[bytes]:
        """See Request."""
        given = self._body() if callable(self._body) else self._body
        return self._hash(algorithm, given) if isinstance(given, bytes) else self._hear(algorithm, given)

    async def _hear(self, algorithm: Algorithm, body: Awaitable[bytes]) -> bytes:
        return self._hash(algorithm, await body)

    def _hash(self, algorithm: Algorithm, body: bytes) -> bytes:
        if len(body) > self._limit:
            raise too_large(self._limit)
        return calculation.entity_hash(algorithm, body)


def _octets(value: Text, what: str) -> bytes:
    """Octets as they are; text as the octets that it was read from, one a character (ISO 8859-1).

    That is how http.server, WSGI and most libraries read header sections.
    """
    if isinstance(value, bytes):
        return value
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        raise MalformedField(
            f"The {what} has characters that are not in ISO 8859-1, so they cannot be sent", reason=what
        ) from None
