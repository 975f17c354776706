"""The plug for aiohttp, over connected sockets to aiohttp's own server."""

from __future__ import annotations

import asyncio
import pickle

import aiohttp
import pytest
from aiohttp import web

from digest_http.errors import ConfigurationError, DigestError, MalformedField, WrongPrincipal
from digest_http_client_auth.aiohttp import DigestAuth, ProxyConnector

from .aiohttp_wire import LONG, URL, Wire, answered, auth, fields_of, run, served_by, statuses
from .strict_server import StrictServer


@pytest.mark.parametrize("algorithm", [None, "MD5", "SHA-256", "SHA-512-256"])
@pytest.mark.parametrize("qop", [None, "auth", "auth-int", "auth-int, auth"])
def test_every_algorithm_and_qop(algorithm: str | None, qop: str | None) -> None:
    """Each is answered, the proof is checked, and the second request is signed in advance."""
    server = StrictServer(algorithms=(algorithm,), qop=qop)
    digest = auth(allow_rfc2069=True, verify="off" if qop is None else "required")
    assert statuses(served_by(server), digest, URL, URL) == [(200, b"hello alice")] * 2
    assert server.statuses == [401, 200, 200]


def test_fifty_tasks_with_one_object() -> None:
    """Cold and together: each is let in, and no count goes out twice."""
    server = StrictServer(shared_nonce="only")

    async def use(client: aiohttp.ClientSession) -> list[int]:
        async def get() -> int:
            async with client.get(URL) as answer:
                return answer.status

        return await asyncio.gather(*(get() for _ in range(50)))

    assert run(served_by(server), use, middlewares=(auth(),)) == [200] * 50
    assert len(set(server.pairs)) == len(server.pairs)


def test_several_event_loops() -> None:
    """What was learnt in one loop is used in the next."""
    server, digest = StrictServer(), auth()
    for _ in range(3):
        statuses(served_by(server), digest, URL)
    assert server.statuses == [401, 200, 200, 200]


def test_it_may_stand_at_one_request() -> None:
    """`middlewares=` of a request takes it too."""
    server = StrictServer()
    assert statuses(served_by(server), auth(), URL, middlewares=(auth(),)) == [(200, b"hello alice")]


def test_a_wrong_password_is_tried_once() -> None:
    """The refusal is the caller's, as it came, and raises where the session raises for statuses."""
    server = StrictServer()
    digest = DigestAuth("alice", "wrong")
    assert statuses(served_by(server), digest, URL, URL) == [(401, b"who are you?")] * 2
    assert len(server.signed) == 1

    async def use(client: aiohttp.ClientSession) -> None:
        with pytest.raises(aiohttp.ClientResponseError, match="401"):
            await client.get(URL)

    run(served_by(server), use, middlewares=(digest,), raise_for_status=True)


def test_answers_stream() -> None:
    """The first part is there before the last is sent; a body that a proof covers is read, and can be read again."""
    server = StrictServer(page=LONG)
    gate: list[asyncio.Event] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        status, sent, content = server.answer(request.method, request.raw_path, fields_of(request), b"")
        if status != 200:
            return answered(status, sent, content)
        response = web.StreamResponse(headers=dict(sent))
        await response.prepare(request)
        await response.write(content[:10])
        await gate[0].wait()
        await response.write(content[10:])
        return response

    async def use(client: aiohttp.ClientSession) -> bytes:
        gate.append(asyncio.Event())
        async with client.get(URL) as answer:
            first = await answer.content.readexactly(10)
            gate[0].set()
            return first + await answer.content.read()

    assert run(handler, use, middlewares=(auth(),)) == LONG

    async def in_pieces(client: aiohttp.ClientSession) -> bytes:
        async with client.get(URL) as answer:
            return b"".join([piece async for piece in answer.content.iter_chunked(1000)])

    covered = StrictServer(page=LONG, qop="auth-int")
    assert run(served_by(covered), in_pieces, middlewares=(auth(verify="required"),)) == LONG


def test_a_proof_over_a_body_that_was_packed() -> None:
    """aiohttp unpacks bodies, so with auth-int it asks for them as they are."""
    server, seen = StrictServer(qop="auth-int", page=LONG), []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request.headers["Accept-Encoding"])
        response = await served_by(server)(request)
        response.enable_compression()
        return response

    assert statuses(handler, auth(verify="required"), URL) == [(200, LONG)]
    assert seen[-1] == "identity"


@pytest.mark.parametrize("verify", ["if-present", "required", "always"])
def test_a_wrong_proof(verify: str) -> None:
    """It raises what is ours and the library's, and the connection is closed."""

    async def handler(request: web.BaseRequest) -> web.Response:
        if "Authorization" in request.headers:
            return web.Response(headers={"Authentication-Info": f'rspauth="{"0" * 64}", qop=auth'})
        return web.Response(status=401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'})

    for caught in (aiohttp.ClientError, DigestError, WrongPrincipal):
        with pytest.raises(caught):
            statuses(handler, auth(verify=verify), URL)


def test_a_refusal_without_a_proof_has_no_body() -> None:
    """With verify="required" its words are anybody's; with "always" it raises."""
    server = StrictServer(users={})
    digest = auth(verify="required")

    async def use(client: aiohttp.ClientSession) -> tuple[int, list[bytes], int]:
        async with client.get(URL) as answer:
            read = [await answer.content.read(), await answer.read(), (await answer.text()).encode()]
        async with client.get(URL) as answer:
            read.append(await answer.read())
        return answer.status, read, client.connector.made  # type: ignore[union-attr]  # it is a Wire

    assert run(served_by(server), use, middlewares=(digest,)) == (401, [b""] * 4, 1)
    with pytest.raises(WrongPrincipal):
        statuses(served_by(server), auth(verify="always"), URL)


def test_a_refusal_that_was_read_before() -> None:
    """Where a middleware beneath has read it, it cannot be taken away: that is said, and nothing is handed out."""

    async def reading(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        answer = await handler(request)
        await answer.read()
        return answer

    async def use(client: aiohttp.ClientSession) -> None:
        with pytest.raises(WrongPrincipal, match="put DigestAuth last"):
            await client.get(URL)

    run(served_by(StrictServer(users={})), use, middlewares=(auth(verify="required"), reading))


@pytest.mark.parametrize("verify", ["if-present", "required"])
def test_a_refusal_without_end(verify: str) -> None:
    """A 401 whose body goes on for ever is read a little, and its connection closed."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        signed = "Authorization" in request.headers
        if signed and verify == "if-present":
            return web.Response(body=b"in")
        response = web.StreamResponse(
            status=401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
        )
        await response.prepare(request)
        while not request.transport or not request.transport.is_closing():
            await response.write(b"x" * 10_000)
            await asyncio.sleep(0)
        return response

    async def use(client: aiohttp.ClientSession) -> tuple[int, bytes]:
        async with client.get(URL) as answer:
            assert verify == "if-present" or answer.connection is None or answer.connection.closed
            return answer.status, await answer.read()

    expected = (200, b"in") if verify == "if-present" else (401, b"")
    assert run(handler, use, middlewares=(auth(verify=verify),)) == expected


def test_a_refusal_that_comes_slowly() -> None:
    """Its body is read to the end, and the connection serves the next try as well."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if "Authorization" in request.headers:
            return web.Response(body=b"in")
        response = web.StreamResponse(
            status=401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
        )
        await response.prepare(request)
        for _ in range(3):
            await asyncio.sleep(0.02)
            await response.write(b"x" * 10_000)
        return response

    async def use(client: aiohttp.ClientSession) -> tuple[int, int]:
        async with client.get(URL) as answer:
            return answer.status, client.connector.made  # type: ignore[union-attr]  # it is a Wire

    assert run(handler, use, middlewares=(auth(),)) == (200, 1)


def test_cookies_of_a_challenge() -> None:
    """They go with the answer beside those that were there, and into the session's jar, unless that takes none."""
    seen: list[str | None] = []

    async def handler(request: web.BaseRequest) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        if "Authorization" in request.headers:
            return web.Response()
        challenge = 'Digest realm="r", nonce="n", qop="auth"'
        return web.Response(status=401, headers={"WWW-Authenticate": challenge, "Set-Cookie": "pin=2; Path=/"})

    async def use(client: aiohttp.ClientSession) -> None:
        for _ in range(2):
            await client.get(URL, cookies={"own": "1"})

    run(handler, use, middlewares=(auth(),))
    assert [sorted((cookie or "").split("; ")) for cookie in seen] == [
        ["own=1"],
        ["own=1", "pin=2"],
        ["own=1", "pin=2"],
    ]
    seen.clear()
    statuses(handler, auth(), "http://127.0.0.1/")
    assert seen == [None, "pin=2"]  # no jar takes cookies of addresses by default; the server that set it gets it


def test_a_session_that_keeps_no_cookies() -> None:
    """Nor do we."""
    seen: list[str | None] = []

    async def main() -> None:
        wire = Wire(handler)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(connector=wire, middlewares=(auth(),), cookie_jar=jar) as client:
            await client.get(URL)
        await wire.finish()

    async def handler(request: web.BaseRequest) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        challenge = 'Digest realm="r", nonce="n", qop="auth"'
        return web.Response(status=401, headers={"WWW-Authenticate": challenge, "Set-Cookie": "pin=2; Path=/"})

    asyncio.run(main())
    assert seen == [None, None]


def test_octets_that_aiohttp_cannot_send() -> None:
    """A realm in ISO 8859-1 is answered by no field of aiohttp's: it raises, and nothing wrong is sent."""
    server_saw: list[bool] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        server_saw.append("Authorization" in request.headers)
        transport = request.transport
        assert transport is not None
        transport.write(
            b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"
            b'WWW-Authenticate: Digest realm="K\xfcche", nonce="n", qop="auth"\r\n\r\n'
        )
        transport.close()
        return web.Response()

    with pytest.raises(MalformedField, match="UTF-8"):
        statuses(handler, auth(), URL)
    assert server_saw == [False]
    server = StrictServer(realm="K\u00fcche", users={"\u00e4": "p"})
    assert statuses(served_by(server), DigestAuth("\u00e4", "p"), URL)[0][0] == 200


def test_a_websocket() -> None:
    """The handshake is signed, in advance where requests were let in before, and its proof over no body is checked."""
    server, digest = StrictServer(page=b""), auth()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        answer = await served_by(server)(request)
        if answer.status != 200 or "Upgrade" not in request.headers:
            return answer
        socket = web.WebSocketResponse()
        socket.headers["Authentication-Info"] = answer.headers["Authentication-Info"]
        await socket.prepare(request)
        await socket.send_str(await socket.receive_str())
        await socket.close()
        return socket

    async def use(client: aiohttp.ClientSession) -> str:
        async with client.ws_connect("ws://server.example/socket") as socket:
            await socket.send_str("echo")
            return await socket.receive_str()

    assert run(handler, use, middlewares=(digest,)) == "echo"
    statuses(handler, digest, URL)
    assert run(handler, use, middlewares=(digest,)) == "echo"
    assert server.statuses == [401, 200, 200, 200]
    assert run(handler, use, middlewares=(auth(qop=["auth-int"], verify="required"),)) == "echo"


def test_a_timeout_is_the_librarys() -> None:
    """One timeout spans the challenge and the answer."""

    async def slow(request: web.BaseRequest) -> web.Response:
        if "Authorization" in request.headers:
            await asyncio.sleep(30)
        return web.Response(status=401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'})

    async def use(client: aiohttp.ClientSession) -> None:
        with pytest.raises(asyncio.TimeoutError):
            await client.get(URL, timeout=aiohttp.ClientTimeout(total=0.2))

    run(slow, use, middlewares=(auth(),))


def test_learnt_challenges() -> None:
    """What one object has learnt another takes in, and signs from the first request on."""
    server, before, after = StrictServer(), auth(), auth()
    statuses(served_by(server), before, URL)
    for entry in before.export_learnt():
        after.learn(**entry)
    server.statuses.clear()
    statuses(served_by(server), after, URL)
    assert server.statuses == [200]
    for url in ("no url", "http://"):
        with pytest.raises(aiohttp.InvalidURL):
            after.learn(url, 'Digest realm="r", nonce="n"')


def test_errors_can_be_pickled() -> None:
    """Pools of processes carry them as what they are: ours, and the library's."""
    with pytest.raises(WrongPrincipal) as caught:
        statuses(served_by(StrictServer(prove=False)), auth(verify="required"), URL)
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # our own octets
    assert isinstance(error, WrongPrincipal)
    assert isinstance(error, aiohttp.ClientError)
    assert (str(error), error.reason) == (str(caught.value), caught.value.reason)


def test_a_connector_wants_credentials_of_a_proxy() -> None:
    """Those of a server are refused when the connector is made."""
    for wrong in (auth(), None, ("bob", "s3cret")):
        with pytest.raises(ConfigurationError, match="proxy=True"):
            ProxyConnector(wrong)  # type: ignore[arg-type]  # that is the point
