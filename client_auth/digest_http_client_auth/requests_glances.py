"""What each call asks of the messages of requests and niquests, and what came back, at little cost.

The header section of requests is a class written in Python, on top of a dictionary: a copy sets each field anew, which
takes as long as signing does, and a field that is not there takes an exception. Here that dictionary is looked into.
What is not made as it is known (niquests, a class of the program's own, another version of requests) is asked by its
methods.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from copy import copy
from typing import Any, Final

from .library import BAD_REQUEST
from .requests_urls import key_and_target
from .sent_bodies import is_octets
from .wire_targets import wire_target

__all__ = ["Answer", "RequestsGlances", "field_octets"]

#: How the fields that are set are usually spelt: in lower case, and as they are written.
_SPELT: Final = {
    b"authorization": ("authorization", "Authorization"),
    b"proxy-authorization": ("proxy-authorization", "Proxy-Authorization"),
    b"cookie": ("cookie", "Cookie"),
}


class Answer:
    """A response, and who is at the other end of its connection: host and port of the proxy or the server.

    None where nobody has looked, since the answer was one that needs no more than a look.
    """

    __slots__ = ("peer", "response")

    def __init__(self, response: Any, peer: tuple[str, int] | None = None) -> None:  # one of two libraries' classes
        self.response: Final[Any] = response
        self.peer: Final = peer


class RequestsGlances:
    """Questions to messages of `module`, which is requests or niquests; see `library.Library` for each.

    The names that start with an underline are those of the library's own attributes. Names of fields that are text are
    in lower case.
    """

    __slots__ = ("_prepared", "_section")

    def __init__(self, module: Any) -> None:
        #: The class whose `path_url` says nothing that its URL does not say.
        self._prepared: Final[Any] = module.PreparedRequest
        section = module.structures.CaseInsensitiveDict
        # One object shows whether it is made as it is known; None if it is not.
        self._section: Final[Any] = section if _is_known_section(section) else None

    # --- requests ---

    def origin_key(self, request: Any, /) -> str:
        """What stands for the origin of its URL."""
        known: tuple[str, bytes | None] = key_and_target(request.url)
        return known[0]

    def method(self, request: Any, /) -> bytes:
        """The method."""
        method: str = request.method
        return method.encode()

    def target(self, request: Any, /) -> bytes:
        """The request target."""
        known: tuple[str, bytes | None] = key_and_target(request.url)
        target = known[1] if type(request) is self._prepared else None
        return wire_target(request.path_url) if target is None else target

    def holds_body(self, request: Any, /) -> bool:
        """Whether the body is octets in memory, or none."""
        body = request.body
        return body is None or is_octets(body)

    def plain_request(self, request: Any, /) -> tuple[str, bytes, bytes] | None:
        """The three in one look; None if the body is not in memory."""
        body = request.body
        if body is not None and not is_octets(body):
            return None
        known: tuple[str, bytes | None] = key_and_target(request.url)
        key, target = known
        if target is None or type(request) is not self._prepared:
            target = wire_target(request.path_url)
        method: str = request.method
        return key, method.encode(), target

    def set_field(self, request: Any, name: bytes, value: bytes, /) -> None:
        """Set a field to octets, replacing what was there."""
        key, spelt = _SPELT[name]
        shown = value.decode() if value.isascii() else value
        fields = request.headers
        if type(fields) is self._section:
            fields._store[key] = (spelt, shown)  # noqa: SLF001  # see the class; here and below
        else:
            fields[spelt] = shown

    def field(self, request: Any, name: str) -> Any:
        """The value of a field (text or octets), None if there is none."""
        fields = request.headers
        if type(fields) is not self._section:
            return fields.get(name)
        line: Any = fields._store.get(name)  # noqa: SLF001
        return None if line is None else line[1]

    def give_back(self, request: Any, name: str, own: Any) -> None:
        """Make a field again what it was before it was set: `own`, or none if that is None."""
        fields = request.headers
        if own is not None:
            fields[name] = own
        elif type(fields) is self._section:
            fields._store.pop(name, None)  # noqa: SLF001
        else:
            fields.pop(name, None)

    def shown(self, request: Any) -> Any:
        """A copy of a request, with fields of its own."""
        if type(request) is self._prepared:
            # As `copy` does it, without asking first how to.
            made: Any = object.__new__(self._prepared)
            made.__dict__ = request.__dict__.copy()
        else:
            made = copy(request)
        fields = request.headers
        if type(fields) is self._section:
            copied: Any = object.__new__(self._section)
            copied._store = fields._store.copy()  # noqa: SLF001
            made.headers = copied
        else:
            made.headers = fields.copy()
        return made

    # --- responses ---

    def status(self, answer: Answer, /) -> int:
        """The status code."""
        status: int = answer.response.status_code
        return status

    def request_of(self, _: Answer, sent: Any, /) -> Any:
        """The request that it answers: redirects are followed above an auth class."""
        return sent

    def plain_answer(self, answer: Answer, _sent: Any, name: bytes, /) -> Sequence[bytes] | None:
        """The values of all field lines of a name in what is no error; None for an error."""
        return self.values_of_success(answer.response, name.decode())

    def values_of_success(self, response: Any, name: str) -> Sequence[bytes] | None:
        """The same of a response of the library."""
        status: int = response.status_code
        if status >= BAD_REQUEST:
            return None
        fields = response.headers
        if type(fields) is self._section and name not in fields._store:  # noqa: SLF001
            return ()
        return self._values(response, name)

    def response_values(self, answer: Answer, name: bytes, /) -> list[bytes]:
        """The values of all field lines of a name."""
        return self._values(answer.response, name.decode())

    def _values(self, response: Any, name: str) -> list[bytes]:
        # Most answers have none, and the section of the library is quicker to ask than that of urllib3.
        fields = response.headers
        if type(fields) is self._section:
            if name not in fields._store:  # noqa: SLF001
                return []
        elif fields.get(name) is None:
            return []
        headers: Any = getattr(response.raw, "headers", None)
        lines: Any = getattr(headers, "getlist", None)
        if lines is not None:
            values: Any = lines(name)
        else:  # an adapter of somebody else
            value: Any = fields.get(name)
            values = [] if value is None else [value]
        return [field_octets(value) for value in values]


def field_octets(value: Any) -> bytes:
    """The octets of a field: urllib3 shows them as ISO 8859-1, its fork as UTF-8 where they are that."""
    if isinstance(value, bytes):
        return value
    text: str = value
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


def _is_known_section(kind: Any) -> bool:
    """Whether a header section is a dictionary: values by names in lower case, each with the name as it is written."""
    store: Any = getattr(kind({"A": "b"}), "_store", None)
    return isinstance(store, OrderedDict) and store == {"a": ("A", "b")}
