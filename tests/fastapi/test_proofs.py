"""Authentication-Info of the FastAPI dependency: on answers that FastAPI makes, and with the layer on all of them."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from digest_http_middleware.fastapi import AuthenticationInfo
from tests.attacks.signing import parameters
from tests.fastapi.sites import Site
from tests.support.starlette_login import DigestAuth as Client

DENIAL: dict[str, dict[str, str]] = {"websocket.http.response": {}}


@pytest.mark.parametrize("layer", [False, True])
@pytest.mark.parametrize(
    ("target", "status", "without_layer"),
    [
        ("/me", 200, True),
        ("/maybe", 200, True),
        ("/often", 200, True),
        ("/own", 200, False),
        ("/stream", 200, False),
        ("/missing", 404, False),
        ("/forbidden", 401, None),
    ],
)
def test_where_the_proof_is(target: str, status: int, without_layer: bool | None, layer: bool) -> None:
    """It is right, stands once, and never on a 401, which says that nobody was let in."""
    site = Site(layer=layer)
    signer = site.signer()
    answer = site.ask("GET", target, signer.sign(uri=target))
    assert answer.status == status
    values = answer.values("authentication-info")
    assert len(values) == (without_layer is not None and (layer or without_layer))
    for value in values:
        found = parameters(b"Digest " + value)
        assert (found["rspauth"], found["nc"], found["qop"]) == (signer.rspauth(), "00000001", "auth")


@pytest.mark.parametrize("layer", [False, True])
@pytest.mark.parametrize("target", ["/me", "/maybe"])
def test_refusals_have_none(target: str, layer: bool) -> None:
    """Nothing is proved to who is not known; nor where nobody logs in."""
    site = Site(layer=layer)
    for fields in ([], [site.signer(password="wrong").sign(uri=target)]):
        assert site.ask("GET", target, *fields).values("authentication-info") == []


def test_clients_that_insist_on_it() -> None:
    """Our client takes every answer of an app with the layer, and the layer passes the lifespan on."""
    site = Site(layer=True)
    whole = FastAPI()
    whole.mount("/sub", site.app)
    whole.add_middleware(AuthenticationInfo)
    with TestClient(whole) as client:
        auth = Client("alice", "s3cret", verify="required")
        for path in ("me", "own", "stream", "missing"):
            assert "rspauth" in client.get(f"/sub/{path}", auth=auth).headers["authentication-info"]


@pytest.mark.parametrize("layer", [False, True])
def test_websockets(layer: bool) -> None:
    """A handshake is verified as GET, and takes the proof with the layer."""
    site = Site(layer=layer)
    signer = site.signer()
    answer = site.ask("GET", "/ws", signer.sign(uri="/ws"), type="websocket", subprotocols=[])
    assert answer.status == 101
    assert len(answer.values("authentication-info")) == layer


@pytest.mark.parametrize("fields", [[], [b"Digest x"]])
def test_handshakes_that_are_refused(fields: list[bytes]) -> None:
    """With the server's help the client gets the challenges; without it the door stays shut."""
    site = Site()
    answer = site.ask("GET", "/ws", *fields, type="websocket", subprotocols=[], extensions=DENIAL)
    assert (answer.status, len(answer.values("www-authenticate"))) == ((400, 0) if fields else (401, 2))
    assert site.ask("GET", "/ws", *fields, type="websocket", subprotocols=[]).status == 0


def test_a_handshake_through_the_test_client() -> None:
    """FastAPI's own client sees the user's socket only with credentials."""
    site = Site()
    with TestClient(site.app) as client:
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws"):
            pass
        field = site.signer().sign(uri="/ws").decode()
        with client.websocket_connect("/ws", headers={"authorization": field}) as socket:
            assert socket.receive_text() == "alice"
