"""Digest beside Bearer, Basic and a session: one 401 has all challenges, and the first that knows somebody wins."""

from __future__ import annotations

import copy
import logging
from base64 import b64encode
from typing import Any

import pytest

from digest_http.errors import ConfigurationError
from digest_http_middleware import DigestUser
from digest_http_middleware.beside import Beside, Others, basic, bearer
from tests.attacks.driver import Clock
from tests.attacks.signing import Signer, parameters
from tests.frameworks.asking import challenges
from tests.frameworks.doors import KINDS, NOBODY, Door, known

pytestmark = pytest.mark.parametrize("kind", KINDS)

TOKENS = {"t0ken": "robot", "r00t": DigestUser("root", ["admin"])}


def of_token(token: str) -> Any:
    """Who has a token."""
    return TOKENS.get(token)


#: Passwords of an old list; white space that is no blank is a part of one.
LISTED = {("carol", "pa:55"), ("Zo\u00eb", "\u00fcber"), ("erin", "a\u00a0b\u3000c")}


def of_password(username: str, password: str) -> str | None:
    """Who has a password of an old list."""
    return username if (username, password) in LISTED else None


def of_session(request: Any) -> str | None:
    """Who has a session, as a layer outside has found."""
    cookie = request.get("HTTP_COOKIE") or dict(request.get("headers", ())).get(b"cookie", b"").decode()
    return "dave" if cookie == "session=dave" else None


BESIDE = [Beside(of_session), bearer(of_token, "api"), basic(of_password, "home")]
SESSION = [(b"cookie", b"session=dave")]


def basic_field(name: str, password: str) -> bytes:
    """Credentials of Basic."""
    return b"Basic " + b64encode(f"{name}:{password}".encode())


def test_one_401_has_all_challenges(kind: str) -> None:
    """Each in a field of its own, Digest first."""
    answer = Door(kind, beside=BESIDE).ask("/")
    assert (answer.status, challenges(answer)) == (401, ["Digest", "Digest", "Bearer", "Basic"])
    assert answer.values("www-authenticate")[2:] == [b'Bearer realm="api"', b'Basic realm="home", charset="UTF-8"']


@pytest.mark.parametrize(
    ("field", "user"),
    [
        (b"Bearer t0ken", known("robot", digest=False)),
        (b"bearer  t0ken ", known("robot", digest=False)),
        (b"Bearer r00t", known("root", "admin", digest=False)),
        (basic_field("carol", "pa:55"), known("carol", digest=False)),
        (basic_field("Zo\u00eb", "\u00fcber"), known("Zo\u00eb", digest=False)),
        (basic_field("Zoe\u0308", "\u00fcber"), known("Zo\u00eb", digest=False)),
        (basic_field("erin", "a\u00a0b\u3000c"), known("erin", digest=False)),
    ],
)
def test_each_way_in(kind: str, field: bytes, user: Any) -> None:
    """The app sees the user in the same place, and that it was not Digest. Roles are those that the way gives."""
    assert Door(kind, beside=BESIDE, roles={"robot": ["admin"], "root": ["x"]}).who("/", field) == user


def test_digest_itself(kind: str) -> None:
    """It is what it was."""
    door = Door(kind, beside=BESIDE)
    assert door.who("/", door.signer().sign(uri="/")) == known("alice")


def test_a_session(kind: str) -> None:
    """A way without a field; the first that fits wins."""
    door = Door(kind, beside=BESIDE)
    assert door.who("/", headers=SESSION) == known("dave", digest=False)
    assert door.who("/", b"Bearer t0ken", headers=SESSION) == known("dave", digest=False)
    turned = Door(kind, beside=list(reversed(BESIDE)))
    assert turned.who("/", b"Bearer t0ken", headers=SESSION) == known("robot", digest=False)


@pytest.mark.parametrize("changes", [{"uri": "/x"}, {"uri": "/", "late": {"response": "0" * 64}}])
def test_wrong_digest_credentials_end_it(kind: str, changes: Any) -> None:
    """A session does not mend them: who signs wants to be seen as who signed."""
    door = Door(kind, beside=BESIDE)
    calls = door.calls
    assert door.who("/", door.signer().sign(**changes), headers=SESSION) in {400, 401}
    assert door.calls == calls


def test_a_replay_does_not_pass_by_a_session(kind: str) -> None:
    """No header passes twice; and a client that has Digest is offered nothing weaker."""
    door = Door(kind, beside=BESIDE)
    field = door.signer().sign(uri="/")
    assert door.who("/", field) == known("alice")
    answer = door.ask("/", field, headers=SESSION)
    assert (answer.status, challenges(answer)) == (401, ["Digest", "Digest"])


@pytest.mark.parametrize(
    "field",
    [
        b"", b"Bearer", b"Bearer ", b"Bearer wrong", b"Bearer t0ken x", b"t0ken", b"Token t0ken", b"Bearert0ken",
        b"Bearer t0ken\xc3\xa9", b"Basic", b"Basic !", b"Basic Y2Fyb2w", b"Basic /w==", basic_field("carol", "no"),
        basic_field("", "pa:55"), basic_field("carol\0", "pa:55"), b"Basic " + b64encode(b"carol"),
        b"Basic " + b64encode(b"carol:pa:55") + b"\n", b"Bearer " + b"t0ken" * 10000,
    ],
)  # fmt: skip
def test_whatever_does_not_fit_is_nobody(kind: str, field: bytes) -> None:
    """It is asked for all of them, and the app is not called."""
    door = Door(kind, beside=BESIDE)
    answer = door.ask("/", field)
    assert answer.status in {401, 431}
    assert door.calls == 0


@pytest.mark.parametrize(
    "fields", [[b"Bearer t0ken", b"Bearer t0ken"], [b"Bearer t0ken", basic_field("carol", "pa:55")]]
)
def test_two_fields_are_refused(kind: str, fields: list[bytes]) -> None:
    """Which of them another hop believed is not known."""
    assert Door(kind, beside=BESIDE).ask("/", *fields).status in {400, 401}


def test_a_public_page(kind: str) -> None:
    """With optional login it knows them too; without, nothing is looked at."""
    assert Door(kind, beside=BESIDE, public=["/open"]).who("/open", b"Bearer t0ken") == NOBODY
    door = Door(kind, beside=BESIDE, protect=["/closed"], optional=True)
    assert door.who("/open", b"Bearer t0ken") == known("robot", digest=False)
    assert door.who("/open") == NOBODY
    assert challenges(door.ask("/401")) == ["Digest", "Digest", "Bearer", "Basic"]


def test_a_login_outside_is_not_taken_for_this_one(kind: str) -> None:
    """A proxy in front has its own Digest, and what it found does not speak of a token's user."""
    door = Door(kind, beside=BESIDE)
    door.app = type(door.app)(door.app, users={"hop": "x"}, realm="proxy", proxy=True, clock=Clock())
    asked = parameters(door.ask("/").values("proxy-authenticate")[0])
    headers = [(b"proxy-authorization", Signer(asked, "hop", "x").sign(uri="/"))]
    assert door.who("/", b"Bearer t0ken", headers=headers) == known("robot", digest=False)


def test_a_way_that_fails_is_503(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody passes whom it could not check, and the log says why."""

    def broken(_token: str) -> str:
        raise OSError("the tokens are gone")

    caplog.set_level(logging.ERROR)
    door = Door(kind, beside=[bearer(broken, "api"), Beside(of_session)])
    answer = door.ask("/", b"Bearer x", headers=SESSION)
    assert (answer.status, answer.values("retry-after"), door.calls) == (503, [b"5"], 0)
    assert "the tokens are gone" in caplog.text


@pytest.mark.parametrize("given", [True, b"alice", 1, ["alice"], ("alice", ["admin"]), object()])
def test_what_is_no_user_is_503(kind: str, given: Any) -> None:
    """A check that says True does not say who it is."""
    assert Door(kind, beside=[Beside(lambda _request: given)]).ask("/").status == 503


@pytest.mark.parametrize("given", ["", None])
def test_nobody(kind: str, given: Any) -> None:
    """An empty name is one that nobody has."""
    assert Door(kind, beside=[Beside(lambda _request: given)]).ask("/").status == 401


def test_a_way_that_is_awaited(kind: str) -> None:
    """ASGI awaits it; WSGI blocks, so there it counts as one that failed."""

    async def slow(token: str) -> Any:
        return of_token(token)

    answer = Door(kind, beside=[bearer(slow, "api")]).who("/", b"Bearer t0ken")
    assert answer == (known("robot", digest=False) if kind == "asgi" else 503)


@pytest.mark.parametrize(
    ("beside", "words"),
    [
        (lambda: bearer(of_token, "api"), "beside"),
        (lambda: [of_token], "something that is not a Beside"),
        (lambda: [Beside("who")], "find"),  # type: ignore[arg-type]  # what is tested
        (lambda: [Beside(of_session, "Digest realm=x")], "another scheme"),
        (lambda: [Beside(of_session, "Bearer\nx")], "another scheme"),
        (lambda: [Beside(of_session, "")], "another scheme"),
        (lambda: [bearer(of_password, "api")], "check"),
        (lambda: [bearer(of_token, "a\nb")], "realm"),
        (lambda: [basic(of_token, "api")], "check"),
    ],
)
def test_settings_that_cannot_work(kind: str, beside: Any, words: str) -> None:
    """They are refused when made."""
    with pytest.raises(ConfigurationError, match=words):
        Door(kind, beside=beside())


def test_proxies_have_none(kind: str) -> None:
    """Their field is another one."""
    with pytest.raises(ConfigurationError, match="proxy=True"):
        Door(kind, beside=BESIDE, proxy=True)


def test_realms_are_quoted(kind: str) -> None:
    """A quote in a realm ends no challenge."""
    answer = Door(kind, beside=[bearer(of_token, 'a"b\\c')]).ask("/")
    assert answer.values("www-authenticate")[-1] == b'Bearer realm="a\\"b\\\\c"'


def test_nothing_is_pickled(kind: str) -> None:
    """A check may hold passwords, for whichever server."""
    assert kind in KINDS
    with pytest.raises(TypeError, match="secrets"):
        copy.copy(Others(BESIDE))
    with pytest.raises(TypeError, match="secrets"):
        copy.copy(BESIDE[0])
