"""Behind the middleware a real Starlette app: request.user, @requires, mounts, streams, websockets."""

from urllib.parse import parse_qs

import pytest
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute

from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import REALM, USERS, Clock, Server
from tests.attacks.signing import Signer, parameters

pytestmark = pytest.mark.anyio


async def who(request: Request):
    """Who is asking, in Starlette's words."""
    return JSONResponse(
        {
            "user": request.user.display_name,
            "known": request.user.is_authenticated,
            "scopes": list(request.auth.scopes),
            "nc": request.scope["digest"].nc if "digest" in request.scope else None,
        }
    )


@requires("authenticated")
async def members(request: Request):  # noqa: ARG001 - @requires looks for this name
    """For those who are known."""
    return PlainTextResponse("members")


@requires(["authenticated", "admin"])
async def admins(request: Request):  # noqa: ARG001 - @requires looks for this name
    """For those with a scope that Digest does not give."""
    return PlainTextResponse("admins")


async def upload(request: Request):
    """The form as the app reads it."""
    return JSONResponse(parse_qs((await request.body()).decode()))


async def stream(_request: Request):
    """A response in pieces."""

    async def pieces():
        for piece in (b"a", b"b", b"c"):
            yield piece

    return StreamingResponse(pieces())


async def socket(websocket):
    """Says who is there."""
    await websocket.accept()
    await websocket.send_text(websocket.user.display_name)
    await websocket.close()


ROUTES = [
    Route("/who", who),
    Route("/members", members),
    Route("/admins", admins),
    Route("/upload", upload, methods=["POST"]),
    Route("/stream", stream),
    WebSocketRoute("/socket", socket),
]


@pytest.fixture
def server():
    """The middleware around the app."""
    return Server(app=Starlette(routes=ROUTES), public=["/who/public", "/members", "/admins"], protect=["/", "/who"])


async def signer_of(server, target="/who"):
    """Get a challenge."""
    response = await server.send("GET", target)
    return Signer(parameters(response.values(b"www-authenticate")[0]))


async def test_request_user(server):
    """request.user and request.auth are what Starlette's own authentication would give."""
    signer = await signer_of(server)
    response = await server.send("GET", "/who", signer.sign("GET", "/who", 3))
    assert response.status == 200
    assert response.body == b'{"user":"alice","known":true,"scopes":["authenticated"],"nc":3}'
    assert response.info["rspauth"] == signer.rspauth()


async def test_requires():
    """@requires lets a verified user in, refuses an anonymous one, and asks for scopes that Digest does not give."""
    protected = Server(app=Starlette(routes=ROUTES))
    signer = await signer_of(protected)
    assert (await protected.send("GET", "/members", signer.sign("GET", "/members", 1))).body == b"members"
    assert (await protected.send("GET", "/admins", signer.sign("GET", "/admins", 2))).status == 403
    public = Server(app=Starlette(routes=ROUTES), public=["/members"])
    assert (await public.send("GET", "/members")).status == 403


async def test_a_form_signed_with_auth_int(server):
    """The body is hashed raw before any parser sees it, and the parser sees it all the same."""
    signer = await signer_of(server)
    form = [(b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"8")]
    header = signer.sign("POST", "/upload", body=b"amount=1")
    changed = await server.send("POST", "/upload", header, body=b"amount=9", headers=form)
    assert changed.status == 401
    response = await server.send("POST", "/upload", header, body=[b"amo", b"unt=1"], headers=form)
    assert response.body == b'{"amount":["1"]}'
    assert response.info["rspauth"] == signer.rspauth(response.body)


async def test_a_stream_signed_with_auth_int(server):
    """A streamed response is proved over the whole."""
    signer = await signer_of(server)
    response = await server.send("GET", "/stream", signer.sign("GET", "/stream", body=b""))
    assert response.body == b"abc"
    assert response.info["rspauth"] == signer.rspauth(b"abc")


async def test_a_websocket(server):
    """websocket.user is there after the handshake."""
    signer = await signer_of(server)
    response = await server.send("WEBSOCKET", "/socket", signer.sign("GET", "/socket"))
    assert [message["type"] for message in response.messages] == [
        "websocket.accept",
        "websocket.send",
        "websocket.close",
    ]
    assert response.messages[1]["text"] == "alice"


async def test_inside_a_mount():
    """A44: around a mounted sub-application the uri is the whole path, as root_path and path have it there."""
    clock = Clock()
    protected = Middleware(DigestAuthMiddleware, users=USERS, realm=REALM, clock=clock)
    inner = Starlette(routes=ROUTES, middleware=[protected])
    server = Server(app=Starlette(routes=[Mount("/api", app=inner)]))
    server.entry = server.app
    signer = await signer_of(server, "/api/who")
    assert (await server.send("GET", "/api/who", signer.sign("GET", "/api/who"))).status == 200
    assert (await server.send("GET", "/api/who", signer.sign("GET", "/who", 2))).status == 400


async def test_a_mounted_middleware_around_one_route():
    """The same where the middleware itself is what is mounted."""
    wrapped = DigestAuthMiddleware(Starlette(routes=ROUTES), users=USERS, realm=REALM, public=["/members"])
    server = Server(app=Starlette(routes=[Mount("/api", app=wrapped)]))
    server.entry = server.app
    signer = await signer_of(server, "/api/who?a=1")
    assert (await server.send("GET", "/api/who?a=1", signer.sign("GET", "/api/who?a=1"))).status == 200
    assert (await server.send("GET", "/api/members")).status == 403
