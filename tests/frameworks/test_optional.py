"""Optional login: a public page that knows who has signed, and an app whose routes ask for the login themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from digest_http.errors import ConfigurationError
from tests.frameworks.asking import DENIAL, Answer, ask, challenges, proof
from tests.frameworks.doors import KINDS, NOBODY, Door, known

pytestmark = pytest.mark.parametrize("kind", KINDS)

OPEN: dict[str, Any] = {"protect": ["/closed"], "optional": True}


def test_who_has_signed_is_known(kind: str) -> None:
    """On a public page, with the server's proof; without credentials nobody is."""
    door = Door(kind, **OPEN)
    assert door.who("/") == NOBODY
    signer = door.signer()
    answer = door.ask("/", signer.sign(uri="/"))
    assert proof(answer) == signer.rspauth()
    assert door.who("/", signer.sign(uri="/", nc=2)) == known("alice")
    assert door.who("/closed") == 401


def test_without_it_credentials_for_public_pages_are_not_looked_at(kind: str) -> None:
    """As before: not even wrong ones."""
    door = Door(kind, protect=["/closed"])
    field = door.signer().sign(uri="/")
    assert door.who("/", field) == NOBODY
    assert door.who("/", b"Digest x") == NOBODY
    assert door.who("/closed", field) == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"uri": "/"}, 200),
        ({"uri": "/x"}, 400),
        ({"uri": "/", "late": {"response": "0" * 64}}, 401),
        ({"uri": "/", "nonce": "0" * 78}, 401),
        ({"uri": "/", "nc": "1"}, 400),
        ({"uri": "/", "username": "nobody"}, 401),
    ],
)
def test_wrong_credentials_are_refused_on_public_pages_too(kind: str, changes: dict[str, Any], status: int) -> None:
    """Wrong ones are no way to be nobody: the client may need a new nonce."""
    door = Door(kind, **OPEN)
    field = door.signer().sign(**changes)
    calls = door.calls
    answer = door.ask("/", field)
    assert (answer.status, door.calls - calls) == (status, status == 200)
    assert bool(challenges(answer)) == (status == 401)


def test_a_header_passes_once(kind: str) -> None:
    """Public page or not, and the second time is no visit of nobody."""
    door = Door(kind, **OPEN)
    field = door.signer().sign(uri="/")
    assert [door.ask("/", field).status for _ in range(2)] == [200, 401]


@pytest.mark.parametrize("field", [b"Bearer x", b"Basic YTpi", b"", b"digestive x"])
def test_other_schemes_are_nobody(kind: str, field: bytes) -> None:
    """They are the app's own affair."""
    assert Door(kind, **OPEN).who("/", field) == NOBODY


def test_the_apps_own_401_has_the_challenges(kind: str) -> None:
    """So a client logs in where a route asks for it; no cache keeps the nonce, and the app's fields stay."""
    door = Door(kind, **OPEN)
    answer = door.ask("/401")
    assert (answer.status, challenges(answer)) == (401, ["Digest", "Digest"])
    assert (answer.values("cache-control"), answer.values("x-app")) == ([b"no-store"], [b"1"])
    assert door.who("/", door.signer("/401").sign(uri="/")) == known("alice")
    answer = door.ask("/bearer")
    assert challenges(answer) == ["Bearer", "Digest", "Digest"]
    assert answer.values("cache-control") == [b"no-store"]


@pytest.mark.parametrize(("target", "own"), [("/inner", ["Bearer,"]), ("/", [])])
def test_other_answers_stay_as_they_are(kind: str, target: str, own: list[str]) -> None:
    """A 401 with a Digest challenge of the app's own, and what is no 401."""
    assert challenges(Door(kind, **OPEN).ask(target)) == own


def test_who_is_known_is_not_asked_again(kind: str) -> None:
    """An app's 401 for a user that was let in is between the two."""
    door = Door(kind, **OPEN)
    assert challenges(door.ask("/401", door.signer().sign(uri="/401"))) == []


def test_without_it_an_apps_401_is_left_alone(kind: str) -> None:
    """A public path asks for nothing."""
    assert challenges(Door(kind, protect=["/closed"]).ask("/401")) == []


def test_the_setting_is_a_truth_value(kind: str) -> None:
    """A word is none."""
    with pytest.raises(ConfigurationError, match="optional is 'no'"):
        Door(kind, optional="no")


def test_an_apps_own_refusal_of_a_handshake(kind: str) -> None:
    """It has the challenges where the server can answer; ASGI alone has handshakes."""
    if kind == "wsgi":
        return

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})

    door = Door(kind, **OPEN)
    door.app.app = app
    answer: Answer = asyncio.run(ask(door.app, "WEBSOCKET", "/", extensions=DENIAL))
    assert (answer.status, challenges(answer)) == (401, ["Digest", "Digest"])
