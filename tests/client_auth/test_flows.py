"""One call in each of its two ways, blocking and asynchronous, driven by hand with a library made of dictionaries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from digest_http.algorithms import Hash
from digest_http.errors import WrongPrincipal
from digest_http_client_auth.exchange import Exchange
from digest_http_client_auth.flow import acall, async_flow, call, sync_flow
from digest_http_client_auth.session import Session

from .dictionary_library import DictionaryLibrary, Message, request_to
from .strict_server import StrictServer

URL = "http://server.example/a"


class Reader:
    """Reads bodies in both ways, and notes that it did."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def hash_request(self, request: Message, entity: Hash) -> None:
        """From memory, where it is from now on."""
        self.read.append("request")
        request["body"] = request["body"] if isinstance(request["body"], bytes) else b"".join(request["body"])
        entity.update(request["body"])

    def read_response(self, _: Message) -> None:
        """It is there."""
        self.read.append("response")

    async def ahash_request(self, request: Message, entity: Hash) -> None:
        """As the blocking one."""
        await asyncio.sleep(0)
        self.hash_request(request, entity)

    async def aread_response(self, response: Message) -> None:
        """As the blocking one."""
        await asyncio.sleep(0)
        self.read_response(response)


def sent_to(server: StrictServer) -> Callable[[Message], Message]:
    """The network."""

    def send(request: Message) -> Message:
        fields = {name.decode(): value.decode("latin-1") for name, value in request["fields"].items()}
        body = request["body"] if isinstance(request["body"], bytes) else b"".join(request["body"])
        status, found, content = server.answer(request["method"], "/a", fields, body)
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in found]
        return {"status": status, "fields": pairs, "body": content, "request": request}

    return send


class Way:
    """A call in one of the ways."""

    def __init__(self, *, blocking: bool) -> None:
        self.blocking = blocking
        self.reader = Reader()

    def __repr__(self) -> str:
        return "blocking" if self.blocking else "asynchronous"

    def send(
        self,
        session: Session[Message, Message],
        request: Message,
        send: Callable[[Message], Message],
        *begun: Any,
    ) -> Message:
        """The last response; `begun` is an exchange and what came back, of a call that is to go on."""
        self.reader = Reader()
        if self.blocking:
            return call(sync_flow(session, self.reader, request, *begun), send)

        async def asend(request: Message) -> Message:
            await asyncio.sleep(0)
            return send(request)

        async def main() -> Message:
            flow: AsyncGenerator[Message, Message] = async_flow(session, self.reader, request, *begun)
            return await acall(flow, asend)

        return asyncio.run(main())


@pytest.fixture(params=[True, False], ids=["blocking", "asynchronous"])
def way(request: pytest.FixtureRequest) -> Way:
    """Each of the two."""
    return Way(blocking=request.param)


def session_for(**settings: Any) -> Session[Message, Message]:
    """A session of alice."""
    return Session("alice", "s3cret", library=DictionaryLibrary(), **settings)


@pytest.mark.parametrize(("qop", "read"), [
    ("auth", [[], [], []]),
    ("auth-int", [["request", "response"], ["request", "response"], ["request", "response"]]),
])  # fmt: skip
def test_what_is_read(way: Way, qop: str, read: list[list[str]]) -> None:
    """Bodies under auth-int alone, each once it is needed; from the second call on there is one request."""
    server, session = StrictServer(qop=qop), session_for()
    found = []
    for _ in range(3):
        answer = way.send(session, request_to(URL, "PUT", b"body"), sent_to(server))
        assert (answer["status"], answer["body"]) == (200, b"hello alice")
        found.append(way.reader.read)
    assert found == read
    assert server.statuses == [401, 200, 200, 200]


def test_a_body_that_is_sent_once(way: Way) -> None:
    """It is read before it is signed with auth-int."""
    server, session = StrictServer(qop="auth-int"), session_for()
    way.send(session, request_to(URL), sent_to(server))
    answer = way.send(session, request_to(URL, "PUT", [b"a", b"b"]), sent_to(server))
    assert (answer["status"], server.statuses) == (200, [401, 200, 200])


def test_a_request_that_the_library_sends_itself(way: Way) -> None:
    """It goes out as it is, also where it could be signed; what comes back is answered."""
    server, session = StrictServer(), session_for()
    assert way.send(session, request_to(URL), sent_to(server))["status"] == 200
    request = request_to(URL)
    answer = sent_to(server)(request)
    answer = way.send(session, request, sent_to(server), Exchange(session, request, unsigned=True), answer)
    assert (answer["status"], server.statuses) == (200, [401, 200, 401, 200])


def test_an_unsigned_request_that_is_let_in(way: Way) -> None:
    """It proves nothing: where a proof is demanded that is an error."""
    request = request_to(URL)
    assert way.send(session_for(), request, lambda _: {"status": 204})["status"] == 204
    with pytest.raises(WrongPrincipal):
        way.send(session_for(verify="required"), request_to(URL), lambda _: {"status": 204})


@pytest.mark.parametrize(("logins", "answers"), [
    ([("alice", "s3cret")], [401, 200]), ([("alice", "old"), ("alice", "s3cret")], [401, 401, 200]), ([None], [401]),
    ([("alice", "old"), None], [401, 401]),
])  # fmt: skip
def test_credentials_that_are_asked_for(way: Way, logins: list[Any], answers: list[int]) -> None:
    """When a challenge has come, and once more after a refusal."""
    left, server = list(logins), StrictServer()
    session: Session[Message, Message] = Session(
        library=DictionaryLibrary(), credentials=lambda _: left.pop(0) if len(left) > 1 else left[0]
    )
    assert way.send(session, request_to(URL), sent_to(server))["status"] == answers[-1]
    assert server.statuses == answers


@pytest.mark.parametrize("verify", ["if-present", "required"])
def test_a_wrong_proof_in_advance(way: Way, verify: str) -> None:
    """It ends the call, however its request was signed."""
    server, session = StrictServer(), session_for(verify=verify)
    assert way.send(session, request_to(URL), sent_to(server))["status"] == 200

    def forged(request: Message) -> Message:
        answer = sent_to(server)(request)
        return {**answer, "fields": [(b"authentication-info", b'rspauth="00"')]}

    for _ in range(2):
        with pytest.raises(WrongPrincipal):
            way.send(session, request_to(URL), forged)


def test_nextnonce_in_advance(way: Way) -> None:
    """The nonce that an answer names is signed with from then on."""
    session = session_for()
    seen: list[bytes] = []

    def send(request: Message) -> Message:
        field = request["fields"].get(b"authorization")
        if field is None:
            challenge = b'Digest realm="r", nonce="n0", qop="auth"'
            return {"status": 401, "fields": [(b"www-authenticate", challenge)], "body": b""}
        seen.append(field.partition(b'nonce="')[2].partition(b'"')[0])
        # Not with the first answer: a server that does so takes each nonce once.
        named = [(b"authentication-info", b'nextnonce="n%d"' % len(seen))] if len(seen) > 1 else []
        return {"status": 200, "fields": named, "body": b""}

    for _ in range(4):
        assert way.send(session, request_to(URL), send)["status"] == 200
    assert seen == [b"n0", b"n0", b"n2", b"n3"]


def test_an_error_behind_a_signed_request(way: Way) -> None:
    """It is handed on, and the nonce goes on being used."""
    server, session = StrictServer(), session_for()
    assert way.send(session, request_to(URL), sent_to(server))["status"] == 200
    for status in (500, 404, 400):
        assert way.send(session, request_to(URL), lambda _, status=status: {"status": status})["status"] == status  # type: ignore[misc]  # the default binds it
    assert way.send(session, request_to(URL), sent_to(server))["status"] == 200
    assert server.statuses == [401, 200, 200]


def test_a_probe_that_nobody_challenges(way: Way) -> None:
    """Where a proof is demanded its body is withheld; the request itself goes out next, unsigned."""
    answers: list[Message] = []
    methods: list[str] = []

    def send(request: Message) -> Message:
        methods.append(request["method"])
        answers.append({"status": 200, "body": b"of a stranger", "request": request})
        return answers[-1]

    session = session_for(probe=True, verify="required")
    with pytest.raises(WrongPrincipal):
        way.send(session, request_to(URL, "PUT", [b"a", b"b"]), send)
    assert methods == ["HEAD", "PUT"]
    assert answers[0]["body"] == b""


def test_a_probe_whose_challenge_is_answered(way: Way) -> None:
    """The body goes out once, signed; from then on it is signed at once and nothing is probed."""
    server, session = StrictServer(), session_for(probe=True)
    for _ in range(2):
        assert way.send(session, request_to(URL, "PUT", [b"a", b"b"]), sent_to(server))["status"] == 200
    assert server.statuses[:2] == [401, 200]
    assert [body for _, body in server.accepted if body] == [b"ab"] * 2


def test_a_400_in_advance_proves_nothing(way: Way) -> None:
    """It may be about the field itself. Whatever is less than an error counts as accepted."""
    server, session = StrictServer(), session_for()
    for _ in range(2):
        way.send(session, request_to(URL), sent_to(server))
    (context,) = session.spaces.all()[0].contexts()
    before = context.accepted_at
    assert way.send(session, request_to(URL), lambda _: {"status": 400})["status"] == 400
    assert context.accepted_at == before
    assert way.send(session, request_to(URL), lambda _: {"status": 399})["status"] == 399
    assert context.accepted_at > before


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_a_server_that_has_forgotten(way: Way, qop: str) -> None:
    """A call that was signed in advance is refused and signed anew: its history has the refusal, without a body."""
    session = session_for(verify="required")
    way.send(session, request_to(URL), sent_to(StrictServer(qop=qop)))
    last = way.send(session, request_to(URL), sent_to(StrictServer(qop=qop, prefix="later")))
    assert (last["status"], last["body"]) == (200, b"hello alice")
    assert [(hop["status"], hop["body"]) for hop in last["history"]] == [(401, b"")]
