"""What user sources are asked, and which of their answers is an H(A1)."""

import pytest

from digest_http.algorithms import by_name
from digest_http.httpauth.usable_hashes import usable
from tests.attacks.driver import REALM, Server
from tests.attacks.signing import h, ha1

SHA, MD5 = by_name("SHA-256"), by_name("MD5-sess")


@pytest.mark.parametrize(("answer", "algorithm", "found"), [
    ("0a" * 32, SHA, b"0a" * 32),
    (b"0a" * 32, SHA, b"0a" * 32),
    ("0A" * 32, SHA, b"0a" * 32),
    (b"0A" * 16, MD5, b"0a" * 16),
    (None, SHA, None),
    ("", SHA, None),
    (b"", SHA, None),
    ("None", SHA, None),
    ("0a" * 16, SHA, None),
    ("0a" * 32, MD5, None),
    ("0a" * 31 + "0", SHA, None),
    (" " * 64, SHA, None),
    ("-" * 64, SHA, None),
    (b"0a" * 31 + b"\n\n", SHA, None),
    ("\u00e4" * 64, SHA, b"?" * 64),
])  # fmt: skip
def test_what_can_be_an_h_a1(answer, algorithm, found):
    """Text or octets of letters and digits, as long as the digest is in hex."""
    assert usable(answer, algorithm) == found


@pytest.mark.parametrize("answer", [0, 1.5, object(), True])
def test_answers_that_are_none(answer):
    """A source that gives something else is broken, and nobody passes."""
    with pytest.raises((TypeError, AttributeError)):
        usable(answer, SHA)


class Asked:
    """Users, found by name or by userhash; each question is noted."""

    def __init__(self, name):
        self.name = name
        self.questions: list[tuple[object, ...]] = []

    def ha1(self, *question):
        """As Users."""
        self.questions.append(question)
        return ha1(question[2].name, "alice", REALM, "s3cret")

    def by_userhash(self, *question):
        """As UsersByHash."""
        self.questions.append(question)
        return self.name


@pytest.mark.parametrize(("name", "status"), [("alice", 200), (None, 401)])
def test_what_is_asked_for_a_hashed_name(name, status):
    """First the name, then its H(A1); without a name that of the hash, which costs the same and lets nobody in."""
    users = Asked(name)
    server = Server(users=users, userhash=True)
    claimed = h("SHA-256", f"alice:{REALM}")
    late = {"username": claimed.upper(), "userhash": "true"}
    assert server.get(server.signer(), late=late).status == status
    assert users.questions == [(claimed.encode(), REALM, SHA), (name or claimed.upper(), REALM, SHA)]


@pytest.mark.parametrize(("who", "reason"), [
    (("nobody", "s3cret"), "wrong-credentials"), (("alice", "wrong"), "wrong-credentials"),
])  # fmt: skip
def test_the_reason_that_a_custom_body_gets(who, reason):
    """It does not tell which was wrong."""
    server = Server(answer=lambda _scope, refusal: ("text/x", f"{refusal.reason} {refusal.status}".encode()))
    response = server.get(server.signer(*who))
    assert response.body == f"{reason} 401".encode()
    assert response.values(b"content-type") == [b"text/x"]
    assert server.request().body == b"no-credentials 401"
