"""Inputs that were reported for names: their Unicode form, colons, and what is empty or cannot be written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from digest_http.challenge import parse_challenges
from digest_http.cli.commands import command
from digest_http.errors import ConfigurationError
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http_client_auth import DigestAuth
from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import Echo, Server

COMPOSED, DECOMPOSED = "Jos\u00e9", "Jose\u0301"


def status(
    users: dict[str, str], auth: tuple[str, str], realm: str = "wonder", client: Callable[..., Any] = DigestAuth
) -> int:
    """What a client of ours gets from the middleware."""
    app = DigestAuthMiddleware(Echo(), users=users, realm=realm)

    async def get() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h.example") as http:
            return (await http.get("/", auth=client(*auth))).status_code

    return asyncio.run(get())


@pytest.mark.parametrize(
    ("users", "auth", "realm"),
    [
        pytest.param({"jose": "pa\u0308ss"}, ("jose", "p\u00e4ss"), "wonder", id="B07-password-set-decomposed"),
        pytest.param({"jose": "p\u00e4ss"}, ("jose", "pa\u0308ss"), "wonder", id="B07-password-typed-decomposed"),
        pytest.param({DECOMPOSED: "p"}, (DECOMPOSED, "p"), "wonder", id="B07a"),
        pytest.param({DECOMPOSED: "p"}, (COMPOSED, "p"), "wonder", id="B07a-typed-composed"),
        pytest.param({COMPOSED: "p"}, (DECOMPOSED, "p"), "wonder", id="B07a-set-composed"),
        pytest.param({"jose": "p"}, ("jose", "p"), "Cafe\u0301", id="B08"),
        pytest.param({DECOMPOSED: "p"}, (DECOMPOSED, "p"), "Cafe\u0301", id="B08-both"),
    ],
)
def test_right_credentials_get_in(users: dict[str, str], auth: tuple[str, str], realm: str) -> None:
    """The very text that was configured was refused, since H(A1) was made of one form and the key of another."""
    assert status(users, auth, realm) == 200


@pytest.mark.parametrize("stored", [COMPOSED, DECOMPOSED])
def test_a_browser_that_hashes_what_was_typed(stored: str) -> None:
    """It neither sends nor hashes Form C."""
    server = Server(users={stored: "p"})
    assert server.get(server.signer(DECOMPOSED, "p")).status == 200


@pytest.mark.parametrize("users", ["{folder}/users", "sqlite:///{folder}/users.db"])
@pytest.mark.parametrize(("added", "checked"), [(DECOMPOSED, COMPOSED), (COMPOSED, DECOMPOSED)])
def test_b07c_the_command(users: str, added: str, checked: str, tmp_path: Path) -> None:
    """A user that was added in one form was "wrong" in the other; add, check, passwd, list and del mean one user."""
    place = users.format(folder=tmp_path)

    def run(verb: str, name: str, password: str = "") -> tuple[int, str]:
        arguments = ["user", verb, place, name, "--realm", "wonder", *(["--password-stdin"] if password else [])]
        arguments += ["--create"] if verb == "add" else []
        done = CliRunner().invoke(command, arguments, input=password)
        return done.exit_code, done.stdout

    assert run("add", added, "p") == (0, "")
    assert run("check", checked, "p") == (0, "right\n")
    assert run("add", checked, "other")[0] == 1
    assert run("passwd", checked, "n") == (0, "")
    assert run("check", added, "n") == (0, "right\n")
    listed = CliRunner().invoke(command, ["user", "list", place]).output
    assert listed == f"{COMPOSED}\twonder\tMD5 SHA-256\n"
    assert run("del", checked) == (0, "")
    assert run("check", added, "n")[0] == 1


@pytest.mark.parametrize("users", ["{folder}/users", "sqlite:///{folder}/users.db"])
@pytest.mark.parametrize(
    ("name", "realm"), [("a:r", "wonder"), ("", "wonder"), ("a\nb", "wonder"), ("alice", ""), ("alice", "a\nb")]
)
def test_the_command_refuses(users: str, name: str, realm: str, tmp_path: Path) -> None:
    """It says so in one line before it asks for a password, and writes nothing."""
    place = users.format(folder=tmp_path)
    for verb in ("add", "passwd"):
        done = CliRunner().invoke(command, ["user", verb, place, name, "--realm", realm, "--password-stdin"], input="p")
        assert (done.exit_code, done.output.count("\n")) == (1, 1)
        assert "NAME" in done.output or "--realm" in done.output
    assert list(tmp_path.glob("users")) == []


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: Server(users={"a:r": "p"}), id="B09b"),
        pytest.param(lambda: DigestAuth("a:r", "p"), id="B09b-client"),
        pytest.param(lambda: DigestAuth(b"a:r", b"p"), id="B09b-client-octets"),
        pytest.param(lambda: DigestMD5Client("a:r", "p", service="imap", host="h"), id="B09b-sasl-client"),
        pytest.param(lambda: DigestMD5Server({"a:r": "p"}, service="imap", host="h"), id="B09b-sasl-server"),
        pytest.param(lambda: Server(users={"": "x"}), id="empty-name"),
        pytest.param(lambda: DigestAuth("", "x"), id="empty-name-client"),
        pytest.param(lambda: Server(realm=""), id="empty-realm"),
        pytest.param(lambda: Server(realm="a\tb"), id="control-in-realm"),
        pytest.param(lambda: Server(users={COMPOSED: "p", DECOMPOSED: "p"}), id="two-spellings"),
        pytest.param(lambda: Server(users={}), id="nobody"),
    ],
)
def test_refused_when_set(made: Callable[[], object]) -> None:
    """What cannot be told from another user, or lets nobody in, is refused where it is written."""
    with pytest.raises(ConfigurationError):
        made()


@pytest.mark.parametrize("field", [b'Digest realm="", nonce="n"', b'Digest realm="a\tb", nonce="n", qop="auth"'])
def test_a_servers_realm_is_its_own_affair(field: bytes) -> None:
    """B24a: a device's empty realm is answered; only what our own user sets is refused."""
    (challenge,) = parse_challenges([field])
    assert hasattr(challenge, "nonce")


@pytest.mark.parametrize("stored", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
def test_b51a_sasl(stored: str, typed: str) -> None:
    """The same name on both sides was LogonDenied."""
    client = DigestMD5Client(typed, "p", service="imap", host="h")
    server = DigestMD5Server({stored: "p"}, service="imap", host="h")
    client.step(server.step(client.step(server.step())))
    assert client.complete
    assert server.username == COMPOSED
