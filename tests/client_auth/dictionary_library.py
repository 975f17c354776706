"""A client library made of dictionaries: what the core needs to be told, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from digest_http.algorithms import Algorithm, Hash
from digest_http.errors import BodyNotReplayable
from digest_http.httpauth.origins import Origin
from digest_http_client_auth import flow
from digest_http_client_auth.library import BAD_REQUEST
from digest_http_client_auth.session import Session

Message = dict[str, Any]


def request_to(url: str, method: str = "GET", body: Any = b"", **fields: bytes) -> Message:
    """A request; a body that is no octets is sent once only."""
    return {"method": method, "url": urlsplit(url), "body": body, "fields": {k.encode(): v for k, v in fields.items()}}


class DictionaryLibrary:
    """The library door for such messages. Fields of a response are a list of pairs."""

    def request_to(self, url: str) -> Message:
        return request_to(url)

    def origin(self, request: Message) -> Origin:
        return Origin.of(request["url"].scheme, request["url"].hostname, request["url"].port)

    def origin_key(self, request: Message) -> str:
        return str(request["url"].netloc)

    def method(self, request: Message) -> bytes:
        return str(request["method"]).encode()

    def target(self, request: Message) -> bytes:
        query = request["url"].query
        return f"{request['url'].path}{query and '?'}{query}".encode()

    def plain_request(self, request: Message) -> tuple[str, bytes, bytes] | None:
        return (
            (self.origin_key(request), self.method(request), self.target(request)) if self.holds_body(request) else None
        )

    def request_values(self, request: Message, name: bytes) -> list[bytes]:
        return [request["fields"][name]] if name in request["fields"] else []

    def set_field(self, request: Message, name: bytes, value: bytes) -> None:
        request["fields"][name] = value

    def remove_field(self, request: Message, name: bytes) -> None:
        del request["fields"][name]

    def holds_body(self, request: Message) -> bool:
        return isinstance(request["body"], bytes)

    def replay(self, _: Message) -> DictionaryLibrary:
        return self

    def restore(self, request: Message) -> None:
        if not self.holds_body(request):
            raise BodyNotReplayable("the body is used up")

    def probe(self, request: Message) -> Message:
        return {**request, "method": "HEAD", "body": b"", "fields": {}}

    def status(self, response: Message) -> int:
        return int(response["status"])

    def request_of(self, response: Message, sent: Message) -> Message:
        found: Message = response.get("request", sent)
        return found

    def plain_answer(self, response: Message, sent: Message, name: bytes) -> list[bytes] | None:
        if self.status(response) >= BAD_REQUEST or self.request_of(response, sent) is not sent:
            return None
        return self.response_values(response, name)

    def has_field(self, response: Message, name: bytes) -> bool:
        return bool(self.response_values(response, name))

    def response_values(self, response: Message, name: bytes) -> list[bytes]:
        return [value for key, value in response.get("fields", ()) if key == name]

    def record(self, response: Message, _algorithm: Algorithm) -> Callable[[], bytes]:
        return lambda: response["body"]

    def withhold(self, response: Message) -> None:
        response["body"] = b""

    def cookies_for(self, response: Message, _: Message) -> bytes:
        return b"; ".join(value.partition(b";")[0] for value in self.response_values(response, b"set-cookie"))

    def peer_address(self, response: Message) -> tuple[str, int] | None:
        return response.get("peer")

    def history(self, response: Message) -> list[Message]:
        hops: list[Message] = response.get("history", [])
        return hops

    def set_history(self, response: Message, hops: Any) -> None:
        response["history"] = list(hops)

    def hash_request(self, request: Message, entity: Hash) -> None:
        request["body"] = request["body"] if isinstance(request["body"], bytes) else b"".join(request["body"])
        entity.update(request["body"])

    def read_response(self, response: Message) -> None:
        response["body"] = b"".join([response["body"]])


def call(session: Session[Message, Message], request: Message, send: Callable[[Message], Message]) -> Message:
    """One call, driven as flow.py drives it for libraries that are asked to send."""
    return flow.call(flow.sync_flow(session, DictionaryLibrary(), request), send)
