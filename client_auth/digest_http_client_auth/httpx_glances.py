"""What each call asks of the messages of httpx and httpx2, at less cost than their own methods.

A URL and a header section are classes written in Python, each question to them some calls deep; together they take as
long as signing does. Here they are looked into. What is not made as it is known (a class of the program's own, another
version of the library) is asked by its methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from .held_pieces import HeldPieces
from .library import BAD_REQUEST

__all__ = ["HttpxGlances", "field_lines"]

#: How the fields that are set are usually spelt.
_SPELT: Final = {
    b"authorization": b"Authorization",
    b"proxy-authorization": b"Proxy-Authorization",
    b"cookie": b"Cookie",
}

#: `origin_key`, `method` and `target` of a request.
_Plain: TypeAlias = tuple[tuple[str, str, int | None], bytes, bytes]


class HttpxGlances:
    """Questions to requests and responses of `module`, which is httpx or httpx2; see `library.Library` for each.

    The names that start with an underline are those of the libraries' own attributes.
    """

    __slots__ = ("_last", "_octets", "_response", "_section", "_url")

    def __init__(self, module: Any) -> None:
        # The parts of the last URL that was asked for, the method, and what was made of both: programs ask for the same
        # one again, and to compare takes half the time. Replaced as a whole, so threads may share it.
        self._last: tuple[Any, str, _Plain] = ((), "", (("", "", None), b"", b""))
        self._octets: Final[Any] = module.ByteStream
        # One object of each class shows whether it is made as it is known; None if it is not.
        self._section: Final[Any] = module.Headers if _is_known_section(module.Headers) else None
        self._url: Final[Any] = module.URL if _is_known_url(module.URL) else None
        self._response: Final[Any] = module.Response if _is_known_response(module) else None

    # --- requests ---

    def origin_key(self, request: Any, /) -> tuple[str, str, int | None]:
        """Scheme, host in ASCII, and the port if it is not the usual one."""
        url = request.url
        if type(url) is not self._url:
            return (url.scheme, url.raw_host.decode("ascii"), url.port)
        scheme, _, host, port, _, _, _ = url._uri_reference  # noqa: SLF001  # see the class; here and below
        return (scheme, host, port)

    def method(self, request: Any, /) -> bytes:
        """The method."""
        method: str = request.method
        return method.encode()

    def target(self, request: Any, /) -> bytes:
        """The request target."""
        # The extension is how `OPTIONS *` and unusual targets are sent; it replaces the URL's path and query.
        target: Any = request.extensions.get("target")
        if target is not None:
            octets: bytes = target if isinstance(target, bytes) else target.encode("ascii")
            return octets
        url = request.url
        if type(url) is not self._url:
            whole: bytes = url.raw_path
            return whole
        _, _, _, _, path, query, _ = url._uri_reference  # noqa: SLF001
        text: str = path or "/"
        return text.encode() if query is None else f"{text}?{query}".encode()

    def holds_body(self, request: Any, /) -> bool:
        """Whether the body is octets in memory, or none."""
        stream = request.stream
        return type(stream) is self._octets or isinstance(stream, HeldPieces)

    def plain_request(self, request: Any, /) -> _Plain | None:
        """The three in one look; None if the body is not in memory."""
        stream = request.stream
        if type(stream) is not self._octets and not isinstance(stream, HeldPieces):
            return None
        method: str = request.method
        url = request.url
        if type(url) is not self._url or request.extensions.get("target") is not None:
            return self.origin_key(request), method.encode(), self.target(request)
        parts: Any = url._uri_reference  # noqa: SLF001
        last = self._last
        if parts == last[0] and method == last[1]:
            return last[2]
        scheme, user, host, port, path, query, _ = parts
        text: str = path or "/"
        plain = (scheme, host, port), method.encode(), (text if query is None else f"{text}?{query}").encode()
        if not user:  # there may be a password in it, which is not to be kept
            self._last = parts, method, plain
        return plain

    def set_field(self, request: Any, name: bytes, value: bytes, /) -> None:
        """Set a field to octets, replacing what was there."""
        fields = request.headers
        spelt = _SPELT[name]
        if not value.isascii():
            fields.update([(spelt, value)])
            # A section that was once read as ASCII would go on to be, and fail; every octet reads as ISO 8859-1.
            fields.encoding = "iso-8859-1"
            return
        if type(fields) is self._section:
            lines = fields._list  # noqa: SLF001
            for line in lines:
                if line[1] == name:
                    break
            else:
                lines.append((spelt, name, value))
                return
        fields[spelt.decode("ascii")] = value.decode("ascii")

    # --- responses ---

    def status(self, response: Any, /) -> int:
        """The status code."""
        status: int = response.status_code
        return status

    def request_of(self, response: Any, sent: Any, /) -> Any:
        """The request that it answers."""
        if type(response) is self._response:
            request: Any = response._request  # noqa: SLF001
            return sent if request is None else request
        try:
            return response.request
        except RuntimeError:  # a response made by hand, without its request
            return sent

    def plain_answer(self, response: Any, sent: Any, name: bytes, /) -> Sequence[bytes] | None:
        """The values of all field lines of a name in what is no error and answers `sent`; None for anything else."""
        status: int = response.status_code
        if status >= BAD_REQUEST:
            return None
        # Its own request, where it is made as is known, saves a call.
        answered = response._request if type(response) is self._response else None  # noqa: SLF001
        if answered is not sent and self.request_of(response, sent) is not sent:
            return None
        fields = response.headers
        if type(fields) is self._section:
            for line in fields._list:  # noqa: SLF001
                if line[1] == name:
                    return self.response_values(response, name)
            return ()
        return field_lines(response, name)

    def response_values(self, response: Any, name: bytes, /) -> list[bytes]:
        """The values of all field lines of a name."""
        fields = response.headers
        if type(fields) is not self._section:
            return field_lines(response, name)
        found: list[bytes] = []
        for line in fields._list:  # noqa: SLF001
            if line[1] == name:
                found.append(line[2])  # noqa: PERF401  # a comprehension is a call of its own in Python 3.11
        return found


def field_lines(message: Any, name: bytes) -> list[bytes]:
    """The values of all field lines of a name in a request or a response; `name` in lower case."""
    # The length comes first, since hardly any other field is as long: it saves making a lower-case copy of each name.
    length = len(name)
    return [value for key, value in message.headers.raw if len(key) == length and key.lower() == name]


def _is_known_section(kind: Any) -> bool:
    """Whether a header section is a list of lines: the name as it is written, in lower case, the value."""
    made = kind([(b"Ab", b"c")])
    lines: Any = getattr(made, "_list", None)
    if not isinstance(lines, list) or lines != [(b"Ab", b"ab", b"c")]:
        return False
    made._list.append((b"De", b"de", b"f"))  # noqa: SLF001  # as above
    known: bool = made.raw == [(b"Ab", b"c"), (b"De", b"f")] and made.get("de") == "f"
    return known


def _is_known_url(kind: Any) -> bool:
    """Whether a URL holds scheme, user, host, port, path, query and fragment."""
    for text, parts in (
        ("https://u@h:1/a?b#c", ("https", "u", "h", 1, "/a", "b", "c")),
        ("http://H\u00e9:80", ("http", "", "xn--h-bga", None, "", None, None)),
    ):
        found = getattr(kind(text), "_uri_reference", None)
        if not isinstance(found, tuple) or found != parts:
            return False
    return True


def _is_known_response(module: Any) -> bool:
    """Whether a response holds its request, and None in its place if it was made without one."""
    request = module.Request("GET", "http://h/")
    made, alone = module.Response(200, request=request), module.Response(200)
    return getattr(made, "_request", None) is request and getattr(alone, "_request", made) is None
