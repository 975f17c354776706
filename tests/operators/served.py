"""One guard behind each of the plugs, asked in the same words."""

from __future__ import annotations

from typing import Any, NamedTuple

from digest_http.guard import Accepted, Event, Guard
from digest_http_middleware.wsgi import DigestAuthMiddleware as WSGIMiddleware
from tests.attacks.driver import REALM, USERS, Clock, Server
from tests.attacks.signing import Signer, parameters
from tests.fastapi.sites import Site

__all__ = ["ADDRESS", "DOORS", "Answer", "Heard", "signed", "signer"]

ADDRESS = "192.0.2.7"


class Heard(list[Event]):
    """An observer that keeps what it is told."""

    def __call__(self, event: Event) -> None:
        """Keep it."""
        self.append(event)

    @property
    def reasons(self) -> list[str]:
        """The codes, in order."""
        return [event.reason for event in self]


class Answer(NamedTuple):
    """What a client sees."""

    status: int
    headers: dict[str, str]


class ASGI:
    """The ASGI middleware."""

    def __init__(self, **policy: Any) -> None:
        self.server = Server(**{"qop": None, "algorithms": ["MD5"], **policy})

    def ask(
        self,
        authorization: bytes | None = None,
        address: str | None = ADDRESS,
        told: tuple[bytes, bytes] | None = None,
    ) -> Answer:
        """Make one request. `told` is the field of a proxy."""
        client = None if address is None else (address, 5)
        response = self.server.request("GET", "/own", authorization, client=client, headers=[told] if told else [])
        return Answer(response.status, _text(response.headers))


class FastAPI:
    """The dependency of FastAPI."""

    def __init__(self, **policy: Any) -> None:
        self.site = Site(**{"users": USERS, "realm": REALM, "algorithms": ["MD5"], **policy})

    def ask(
        self,
        authorization: bytes | None = None,
        address: str | None = ADDRESS,
        told: tuple[bytes, bytes] | None = None,
    ) -> Answer:
        """Make one request. `told` is the field of a proxy."""
        fields = () if authorization is None else (authorization,)
        client = None if address is None else (address, 5)
        answer = self.site.ask("GET", "/own", *fields, client=client, headers=[told] if told else [])
        return Answer(answer.status, _text(answer.headers))


class WSGI:
    """The WSGI middleware."""

    def __init__(self, **policy: Any) -> None:
        self.middleware = WSGIMiddleware(_app, **{
            "users": USERS, "realm": REALM, "algorithms": ["MD5"], "clock": Clock(), **policy
        })  # fmt: skip

    def ask(
        self,
        authorization: bytes | None = None,
        address: str | None = ADDRESS,
        told: tuple[bytes, bytes] | None = None,
    ) -> Answer:
        """Make one request. `told` is the field of a proxy."""
        begun: list[Any] = []

        def start_response(status: str, headers: Any, *_: Any) -> Any:
            begun.append((status, headers))

        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/own", "RAW_URI": "/own", "SERVER_PROTOCOL": "HTTP/1.1"}
        if address is not None:
            environ["REMOTE_ADDR"] = address
        if told is not None:
            environ["HTTP_" + told[0].decode().upper().replace("-", "_")] = told[1].decode()
        if authorization is not None:
            environ["HTTP_AUTHORIZATION"] = authorization.decode("latin-1")
        b"".join(self.middleware(environ, start_response))
        status, headers = begun[-1]
        return Answer(int(status[:3]), {name.lower(): value for name, value in headers})


class Guarded:
    """The guard by hand."""

    def __init__(self, **policy: Any) -> None:
        self.guard = Guard(**{"users": USERS, "realm": REALM, "algorithms": ["MD5"], "clock": Clock(), **policy})

    def ask(self, authorization: bytes | None = None, address: str | None = ADDRESS) -> Answer:
        """Make one request."""
        fields = [] if authorization is None else [(b"authorization", authorization)]
        outcome = self.guard.check("GET", "/own", fields, client=address)
        if isinstance(outcome, Accepted):
            return Answer(200, {})
        return Answer(outcome.status, _text(outcome.fields))


def _text(fields: Any) -> dict[str, str]:
    return {name.decode(): value.decode("latin-1") for name, value in fields}


def _app(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


#: By the names of the tests.
DOORS: dict[str, Any] = {"asgi": ASGI, "fastapi": FastAPI, "wsgi": WSGI, "guard": Guarded}


def signer(door: Any, username: str = "alice", password: str = "s3cret") -> Signer:
    """A client with a fresh challenge, which it gets from an address of its own."""
    challenge = door.ask(address="198.51.100.1").headers["www-authenticate"]
    return Signer(parameters(challenge.encode("latin-1")), username=username, password=password)


def signed(door: Any, username: str = "alice", password: str = "s3cret") -> bytes:
    """A field for the request of `ask`, with a fresh nonce."""
    return signer(door, username, password).sign(uri="/own")
