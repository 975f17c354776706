"""Inputs that were reported for messages, reasons, caches, pickles, logs, bodies, trailers, scopes and files."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
import stat
from typing import Any

import httpx
import pytest
from starlette.middleware.gzip import GZipMiddleware

from digest_http.algorithms import by_name
from digest_http.buffers import SecBuffer
from digest_http.challenge import Challenge, parse_challenges
from digest_http.errors import LogonDenied, WrongPrincipal
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.stores.sqlite import SQLiteStore
from digest_http.users import CachedUsers, MappingUsers
from digest_http.users.htdigest_lines import Entry
from digest_http.users.tables import Table
from digest_http_client_auth import DigestAuth
from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import Server
from tests.support.hash_calls import hash_calls

MD5 = by_name("MD5")
HA1 = "7f963e1a2219f44dfea287fa7f2ff391"


def test_s10_the_example_of_the_page_names_no_users():
    """A JSON body made of the refusal's reason is the same for a known and an unknown name."""
    server = Server(answer=lambda _scope, refusal: ("application/json", b'{"error": "%b"}' % refusal.reason.encode()))
    bodies = {name: server.get(server.signer(name, "wrong")).body for name in ("alice", "nobody")}
    assert bodies["alice"] == bodies["nobody"] == b'{"error": "wrong-credentials"}'


@pytest.mark.parametrize("name", ["\N{GRINNING FACE}" + "x" * 7000, "\N{GRINNING FACE}" * 2000])
def test_s11_long_names_of_strangers_are_not_kept(name):
    """Thirty kilobytes of memory for each of them it was."""
    users = CachedUsers(MappingUsers({"alice": "s3cret"}, "wonder", [MD5]), 5)
    assert users.ha1(name, "wonder", MD5) is None
    assert len(users) == 0


def test_s11_expired_answers_go():
    """An answer whose time is over stays in memory no longer than until the next request."""
    now = [0.0]
    users = CachedUsers(MappingUsers({"alice": "s3cret"}, "wonder", [MD5]), 5, clock=lambda: now[0])
    for name in ("one", "two", "three"):
        users.ha1(name, "wonder", MD5)
    now[0] = 6.0
    users.ha1("four", "wonder", MD5)
    assert len(users) == 1


@pytest.mark.parametrize(
    "holder",
    [
        MappingUsers({"alice": "s3cret"}, "wonder", [MD5]),
        Table("wonder", [Entry("alice", "wonder", "MD5", HA1)]),
        Entry("alice", "wonder", "MD5", HA1),
    ],
    ids=lambda holder: type(holder).__name__,
)
@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_s12_no_user_hash_is_pickled(holder, way):
    """What keeps H(A1) says that it cannot be pickled, and why."""
    with pytest.raises(TypeError, match="neither pickled nor copied"):
        way(holder)


@pytest.mark.parametrize(
    ("path", "name", "shown"),
    [
        ("/x\nINFO accepted", "alice", (r"/x\nINFO accepted", "alice")),
        ("/x", "al\x9bice", ("/x", r"al\x9bice")),
    ],
)
def test_s14_log_fields_hold_no_control_characters(caplog, path, name, shown):
    """A line feed from %0a in the path, a C1 control in a name."""
    caplog.set_level(logging.DEBUG, "digest_http.middleware")
    server = Server()
    server.request("GET", "/x", server.signer(name).sign(), path=path)
    fields = vars(caplog.records[-1])
    assert (fields["digest_path"], fields["digest_username"]) == shown


@pytest.mark.parametrize(
    ("users", "username"),
    [
        ({"alice": bytes.fromhex(HA1)}, "alice"),
        ({"alice": HA1.encode()}, "alice"),
        ({"alice": "pässwörd"}, "alice"),
        ({"Zoë": "pässwörd"}, "Zoë"),
    ],
)
def test_s17_sasl_hashes_as_often_for_unknown_names(users, username):
    """Names kept as H(A1) were faster than unknown ones, passwords beyond ASCII slower."""

    def refused(source: dict[str, Any]) -> list[str]:
        client = DigestMD5Client(username, "wrong", service="imap", host="h")
        server = DigestMD5Server(source, service="imap", host="h", realms="wonder")
        response = client.step(server.step(client.step()))

        def judge() -> None:
            with pytest.raises(LogonDenied):
                server.step(response)

        return hash_calls(judge)

    assert sorted(refused(users)) == sorted(refused({}))


def test_s18_useless_shapes_do_not_stay_in_the_way():
    """A user sends sixteen orders of parameters and more; the usual client is still read by its shape."""
    server = Server()
    signer = server.signer()
    for nc in range(1, 40):
        field = signer.sign(nc=nc)
        parts = field.removeprefix(b"Digest ").split(b", ")
        turn = nc % len(parts)
        shuffled = parts[turn:] + parts[:turn] if nc % 2 else parts[turn::-1] + parts[turn + 1 :]
        assert server.request("GET", "/x", b"Digest " + b", ".join(shuffled)).status == 200
    last: Any = None
    for nc in range(100, 180):
        assert server.get(signer, nc).status == 200
        last = signer.sign(nc=nc).removeprefix(b"Digest ")
    acceptor = server.middleware.guard.acceptor
    assert acceptor.shapes.open(acceptor, last) is not None


def test_s18_a_file_made_beforehand_is_tightened(tmp_path, caplog):
    """Mode 0666 of a ready-made file of nonce counts did stay."""
    path = tmp_path / "nonces.db"
    path.touch()
    path.chmod(0o666)
    store = SQLiteStore(path)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    store.close()


def test_one_start_message_for_all_requests():
    """The next anonymous answer on a public path carried alice's Authentication-Info."""
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}

    async def app(_scope, receive, send):
        await receive()
        await send(start)
        await send({"type": "http.response.body", "body": b"hello"})

    server = Server(app=app, public=["/open"])
    assert "rspauth" in server.get(server.signer()).info
    assert server.request("GET", "/open").info == {}


@pytest.mark.parametrize(("te", "where"), [([], "header"), ([(b"te", b"trailers")], "trailer")])
def test_no_trailer_for_who_does_not_ask(te, where):
    """Over HTTP/2 without TE all of Authentication-Info was put into a trailer that the server does not send."""
    server = Server(max_body=10)
    server.app.answer = [b"x" * 20]
    field = server.signer().sign(body=b"")
    extensions: dict[str, Any] = {"http.response.trailers": {}}
    response = server.request("GET", "/x", field, headers=te, http_version="2", extensions=extensions)
    assert (response.info.get("qop") == "auth-int") == (where == "header")
    assert bool(response.trailers) == (where == "trailer")


@pytest.mark.once
@pytest.mark.parametrize("pieces", [[b"ab"] * 50_000, [b""] * 100_000 + [b"ab"] * 50_000], ids=["two", "empty"])
def test_a_body_in_tiny_pieces(pieces):
    """It arrives whole, in one message; what it costs is measured in the middleware's own tests."""
    server = Server()
    body = b"ab" * 50_000
    assert server.request("POST", "/x", server.signer().sign("POST", body=body), body=pieces).status == 200
    assert server.app.bodies == [body]


@pytest.mark.parametrize("signed", [True, False])
def test_a_handshake_without_a_query_string(signed):
    """The key is optional in ASGI's websocket scope; with credentials it was a KeyError."""
    server = Server()
    field = server.signer().sign() if signed else None
    scope = server.scope("WEBSOCKET", "/x", [(b"authorization", field)] if field else [])
    del scope["query_string"]
    sent: list[Any] = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    asyncio.run(server.middleware(scope, receive, send))
    assert sent[0]["type"] == ("websocket.accept" if signed else "websocket.close")


@pytest.mark.parametrize("order", ["inside", "outside"])
def test_the_order_of_a_compressor(order):
    """Inside, what is hashed is what is sent; outside, the client sees that the body is another."""

    async def app(_scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"hello" * 100})

    digest: dict[str, Any] = {"users": {"alice": "s3cret"}, "realm": "wonder", "qop": ["auth-int"]}
    inside = DigestAuthMiddleware(GZipMiddleware(app), **digest)
    site: Any = inside if order == "inside" else GZipMiddleware(DigestAuthMiddleware(app, **digest))

    async def get():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://h") as client:
            return await client.get("/", auth=DigestAuth("alice", "s3cret"))

    if order == "inside":
        answer = asyncio.run(get())
        assert (answer.headers["content-encoding"], answer.text) == ("gzip", "hello" * 100)
    else:
        with pytest.raises(WrongPrincipal):
            asyncio.run(get())


@pytest.mark.parametrize(
    ("field", "found"),
    [
        (b'Basic realm="b", Digest, realm="a", nonce="n"', [Challenge(realm=b"a", nonce=b"n")]),
        (b'Negotiate Digest, realm="a", nonce="n"', []),
    ],
    ids=["bare-digest-word", "token68"],
)
def test_rules_of_challenges_that_no_test_held(field, found):
    """A bare scheme word behind another challenge, and credentials that read like one."""
    assert parse_challenges([field]) == found


def test_a_buffer_has_no_flags_of_its_own():
    """The default that no test held."""
    assert SecBuffer(None, 2).buffer_flags == 0
