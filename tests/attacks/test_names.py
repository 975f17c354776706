"""A20, A31, A32, A34: who it claims to be."""

import logging

import pytest

from digest_http.errors import ConfigurationError
from tests.attacks.driver import REALM, Server
from tests.attacks.signing import digest, h, ha1


def refused(response, *statuses):
    """Whether a response is one of these refusals and never reached the app."""
    return response.status in (statuses or (400, 401)) and not response.app_called and response.info == {}


@pytest.mark.parametrize("username", ["mallory", "", "None", "alice "])
@pytest.mark.parametrize("secret", ["", "None", "null", "nil", "undefined", "False", "0", "0" * 64])
def test_a20_unknown_users_without_a_password(server, username, secret):
    """An unknown user signed with an empty or well-known H(A1), or with such a password."""
    signer = server.signer(username, secret)
    assert refused(server.get(signer), 401)
    response = digest({**signer.fields}, secret, "GET", None)
    assert refused(server.get(signer, late={"response": response}), 401)
    assert refused(server.get(signer, late={"response": ""}), 401)


@pytest.mark.parametrize("stored", [None, b"", b"None", b"null", "", "None", b"0" * 63, b"0" * 65, b" " * 64])
def test_a20_stores_that_return_no_digest(stored):
    """What a source returns for a disabled user is no H(A1), so nobody can hash with it."""
    server = Server(users=lambda *_: stored)
    signer = server.signer()
    text = stored.decode() if isinstance(stored, bytes) else str(stored or "")
    server.get(signer)
    assert refused(server.get(signer, late={"response": digest(signer.fields, text, "GET", None)}), 401)


@pytest.mark.parametrize("stored", [False, 0, 1, True, object()])
def test_a20_stores_that_return_nonsense(stored):
    """A source that is broken lets nobody in."""
    server = Server(users=lambda *_: stored)
    assert refused(server.get(server.signer()), 401, 503)


def test_a20_a_configured_empty_password_is_refused():
    """It cannot even be set up."""
    with pytest.raises(ConfigurationError):
        Server(users={"alice": ""})


@pytest.fixture
def hashing():
    """A server that offers userhash."""
    return Server(userhash=True)


def test_a31_a_hashed_name(hashing):
    """The right hash with userhash=true is the user."""
    signer = hashing.signer()
    assert signer.challenge["userhash"] == "true"
    hashed = h("SHA-256", f"alice:{REALM}")
    response = hashing.get(signer, late={"username": hashed, "userhash": "true"})
    assert response.status == 200
    assert hashing.app.scopes[-1]["user"].username == "alice"
    in_capitals = hashing.get(signer, 2, late={"username": hashed.upper(), "userhash": "true"})
    assert in_capitals.status == 200


@pytest.mark.parametrize(
    ("username", "userhash"),
    [
        ("alice", "true"),
        (h("SHA-256", f"alice:{REALM}"), "false"),
        (h("SHA-256", f"alice:{REALM}"), None),
        ("alice", "maybe"),
        ("alice", ""),
        (h("MD5", f"alice:{REALM}"), "true"),
        (h("SHA-256", f"mallory:{REALM}"), "true"),
        (h("SHA-256", "alice:other"), "true"),
        (h("SHA-256", f"alice:{REALM}")[:-1], "true"),
        ("", "true"),
    ],
)
def test_a31_a_hash_that_does_not_fit_its_flag(hashing, username, userhash):
    """The clear name as a hash, the hash as a name, words that are no flag, hashes of something else."""
    assert refused(hashing.get(hashing.signer(), late={"username": username, "userhash": userhash}))


def test_a31_users_that_know_no_hashes():
    """Where the source cannot find a user by hash, a hashed name is an unknown user."""
    server = Server(
        userhash=True, users=lambda name, realm, algorithm: ha1(algorithm.base, name, realm, "s3cret").encode()
    )
    assert server.get(server.signer()).status == 200
    hashed = h("SHA-256", f"alice:{REALM}")
    assert refused(server.get(server.signer(), late={"username": hashed, "userhash": "true"}), 401)


def test_a31_userhash_that_was_not_offered(server):
    """A server that does not offer it does not take it."""
    hashed = h("SHA-256", f"alice:{REALM}")
    assert refused(server.get(server.signer(), late={"username": hashed, "userhash": "true"}), 401)


BAD_OCTETS = ["UTF-8''a%0D%0Ab", "UTF-8''a%00b", "UTF-8''%C0%AF", "UTF-8''%ED%A0%80", "UTF-8''al ice", "UTF-8''\x00"]
BAD_SYNTAX = ["UTF-8''%G0", "UTF-8''%", "alice", "''alice", "UTF-8'alice", "", "UTF-8''" + "a" * 10_000]
BAD_CHARSETS = ["ISO-8859-1''%E4", "UTF-16''alice"]


@pytest.mark.parametrize("value", [*BAD_OCTETS, *BAD_SYNTAX, *BAD_CHARSETS], ids=lambda value: ascii(value)[:20])
def test_a32_extended_names(server, value):
    """CR LF, NUL, overlong and surrogate UTF-8, bad percent, other charsets, 10 kB."""
    header = server.signer().sign(late={"username": None, "username*": value})
    assert refused(server.request(authorization=header), 400, 431)


def test_a32_an_extended_name_is_a_name(server):
    """The well-formed one is alice; beside `username` or with userhash=true it is refused."""
    signer = server.signer()
    extended = {"username": None, "username*": "UTF-8''al%69ce"}
    assert refused(server.get(signer, 2, late={"username*": "UTF-8''alice"}), 400)
    assert refused(server.get(signer, 2, late={**extended, "userhash": "true"}), 400)
    assert server.get(signer, 1, late=extended).status == 200
    assert server.app.scopes[-1]["user"].username == "alice"


def test_a34_names_match_exactly(server, caplog):
    """ALICE is not alice, so a lockout that counts the logged names counts as the source of users does.

    The event carries the address without the port, which a lockout must not count by.
    """
    for name in ("ALICE", "Alice", "alice ", "\u0430lice"):
        signer = server.signer(name)
        with caplog.at_level(logging.INFO, "digest_http.middleware"):
            assert refused(server.get(signer), 401)
        record = caplog.records[-1]
        assert (vars(record)["digest_username"], vars(record)["digest_client"]) == (name, "192.0.2.7")
