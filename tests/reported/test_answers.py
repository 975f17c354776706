"""Inputs that were reported for answers: policies that change, hashes that nobody stored, bodies, layers, names."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, SimpleUser
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from digest_http_client_auth import DigestAuth
from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import REALM, Server
from tests.attacks.signing import Signer, h, ha1

KEYS = [b"k" * 32]
OLD_FORM: dict[str, Any] = {"nc": None, "qop": None, "cnonce": None}

HASHED_NAME = {"userhash": "true", "username": h("SHA-256", f"alice:{REALM}")}

#: What was measured with real clients: yesterday's policy, today's, and how yesterday's challenge was answered.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "MD5 to SHA-256": ({"algorithms": ["MD5"]}, {"algorithms": ["SHA-256"]}, {}),
    "both to SHA-512-256": ({"algorithms": ["SHA-256", "MD5"]}, {"algorithms": ["SHA-512-256"]}, {}),
    "SHA-256 to its session form": ({"algorithms": ["SHA-256"]}, {"algorithms": ["SHA-256-sess"]}, {}),
    "SHA-256 to SHA-512-256 and MD5": ({"algorithms": ["SHA-256"]}, {"algorithms": ["SHA-512-256", "MD5"]}, {}),
    "auth to auth-int": ({"qop": ["auth"]}, {"qop": ["auth-int"]}, {}),
    "auth-int to auth": ({"qop": ["auth-int"]}, {"qop": ["auth"]}, {"body": b""}),
    "userhash to none": ({"userhash": True}, {}, {"late": HASHED_NAME}),
    "RFC 2069 to qop": ({"algorithms": ["MD5"], "allow_rfc2069": True}, {"algorithms": ["MD5"]}, OLD_FORM),
}


@pytest.mark.parametrize("keys", [KEYS, None], ids=["same keys", "other keys"])
@pytest.mark.parametrize(("old", "new", "form"), CHANGES.values(), ids=CHANGES)
def test_a_policy_change_locks_nobody_out(old: Any, new: Any, form: Any, keys: Any) -> None:
    """200 before; after it 401 with what to do, where a 400 without a challenge had shut browsers out for good."""
    before, after = Server(keys=keys, **old), Server(keys=keys, **new)
    signer = Signer(before.request().challenges[0])
    assert before.get(signer, **form).status == 200
    refused = after.request(authorization=signer.sign(**({"nc": 2} | form)))
    assert (refused.status, refused.stale, refused.app_called) == (401, False, False)
    challenge = refused.challenges[0]
    body = b"" if challenge["qop"].startswith("auth-int") else None
    assert after.get(Signer(challenge), body=body).status == 200


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_an_area_for_auth_int_alone(algorithm: str) -> None:
    """Browsers answer it in the form of RFC 2069: 401, as it is no malformed request."""
    server = Server(qop=["auth-int"])
    response = server.get(server.signer(algorithm=algorithm), **OLD_FORM)
    assert (response.status, response.stale) == (401, False)


def test_a_camera_viewer_that_never_sends_a_qop() -> None:
    """401 without the setting, 200 with it."""
    assert Server().get(Server().signer(algorithm="MD5"), **OLD_FORM).status == 401
    server = Server(algorithms=["MD5"], allow_rfc2069=True)
    assert server.get(server.signer(algorithm="MD5"), **OLD_FORM).status == 200


@pytest.mark.parametrize("taken", ["first", "strongest", "MD5"])
def test_b10a_an_apache_file(tmp_path: Path, taken: str) -> None:
    """MD5 lines and all defaults: who takes the first, the strongest, or MD5 gets in with the right password."""
    path = tmp_path / "users"
    path.write_text(f"alice:{REALM}:{ha1('MD5', 'alice', REALM, 's3cret')}\n", encoding="utf-8")
    path.chmod(0o600)
    server = Server(users=f"htdigest:///{path}", qop=None)
    challenges = server.request().challenges
    order = ["MD5", "SHA-256", "SHA-512-256"]
    challenge = {
        "first": challenges[0],
        "strongest": max(challenges, key=lambda each: order.index(each["algorithm"])),
        "MD5": next(each for each in challenges if each["algorithm"] == "MD5"),
    }[taken]
    assert server.get(Signer(challenge)).status == 200
    assert server.get(Signer(challenge, password="wrong"), 2).status == 401


def md5_only(name: str, realm: str, algorithm: Any) -> bytes | None:
    """A function that knows one hash of one user."""
    if (name, algorithm.base) != ("alice", "MD5"):
        return None
    return hashlib.md5(f"alice:{realm}:s3cret".encode(), usedforsecurity=False).hexdigest().encode()


def test_b10c_a_function_that_knows_md5_only(caplog: pytest.LogCaptureFixture) -> None:
    """It cannot say so; the log names the setting with which it works."""
    server = Server(users=md5_only)
    assert server.get(server.signer()).status == 401
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line for line in warnings if "algorithms=['MD5']" in line]


@pytest.mark.parametrize("policy", [{"algorithms": ["MD5"]}, {"old_clients": True, "qop": None}], ids=str)
def test_b10d_a_function_and_the_setting(policy: Mapping[str, Any]) -> None:
    """With what the log says it works."""
    server = Server(users=md5_only, **policy)
    assert server.get(server.signer(algorithm="MD5")).status == 200


@pytest.mark.parametrize("qop", [None, ("auth", "auth-int")], ids=["default", "auth-int on offer"])
def test_a_body_of_two_megabytes(qop: Any) -> None:
    """Clients that prefer auth-int ended in 413: the challenge to such a body offers auth alone."""
    server = Server(qop=qop)
    body = b"x" * 2_000_000
    length = [(b"content-length", b"%d" % len(body))]
    challenge = server.request("PUT", "/x", body=body, headers=length).challenges[0]
    words = challenge["qop"].split(",")
    hashed = body if "auth-int" in words else None
    header = Signer(challenge).sign("PUT", body=hashed)
    assert server.request("PUT", "/x", header, body=body, headers=length).status == 200


async def who(request: Request) -> PlainTextResponse:
    """Whom the app sees."""
    return PlainTextResponse(f"{request.user.display_name} {request.user.is_authenticated}")


class Bearer:
    """An outer layer that knows a token."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand on with a user."""
        await self.app({**scope, "user": SimpleUser("carol"), "auth": AuthCredentials(["bearer"])}, receive, send)


ALICE: dict[str, Any] = {"users": {"alice": "s3cret"}, "realm": "A"}
FOR_ALICE = Middleware(DigestAuthMiddleware, **ALICE, protect=["/a"])
FOR_BOB = Middleware(DigestAuthMiddleware, users={"bob": "b0b"}, realm="B", protect=["/b"])
UNLESS_KNOWN = Middleware(DigestAuthMiddleware, **ALICE, protect=lambda scope: "user" not in scope)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("layers", "path", "login", "seen"),
    [
        ([FOR_BOB, FOR_ALICE], "/b", ("bob", "b0b"), "bob True"),
        ([FOR_ALICE, FOR_BOB], "/b", ("bob", "b0b"), "bob True"),
        ([Middleware(Bearer), UNLESS_KNOWN], "/x", None, "carol True"),
        ([FOR_ALICE], "/open", None, " False"),
    ],
    ids=["two realms", "two realms, turned", "bearer outside", "nobody"],
)
async def test_the_user_of_an_outer_layer_stays(layers: Any, path: str, login: Any, seen: str) -> None:
    """A path that a layer does not guard is none of its business."""
    app = Starlette(routes=[Route("/{path:path}", who)], middleware=layers)
    auth = DigestAuth(*login) if login else None
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h.example", auth=auth) as client:
        assert (await client.get(path)).text == seen


@pytest.mark.parametrize("realm", ["Büro", 'the "x"', "a\\b", "\u6f22"])
def test_realms_that_firefox_cannot_answer(caplog: pytest.LogCaptureFixture, realm: str) -> None:
    """A word in the log when it is set."""
    Server(realm=realm)
    assert "Firefox" in caplog.text


@pytest.mark.parametrize("name", ["é", "\u6f22", "\N{GRINNING FACE}", "Jäsøn Doe"])
def test_names_that_firefox_cannot_send(caplog: pytest.LogCaptureFixture, name: str) -> None:
    """A word in the log when it is set, without the name."""
    Server(users={name: "s3cret", "alice": "x"})
    assert "1 of 2 user names" in caplog.text
    assert name not in caplog.text
