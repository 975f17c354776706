"""A policy that changes while clients remember the one before: each is let in in one round, and never gets 400."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

from digest_http.errors import NotOffered
from digest_http_client_auth import DigestAuth
from tests.attacks.driver import QOP, REALM, USERS, Server
from tests.attacks.signing import Signer, h

KEYS = [b"k" * 32]
ALGORITHMS = [
    ("MD5",), ("SHA-256",), ("SHA-512-256",), ("SHA-256", "MD5"), ("MD5", "SHA-256"), ("SHA-256-sess",),
    ("MD5-sess", "SHA-512-256"),
]  # fmt: skip
QOPS = [("auth",), ("auth-int",), ("auth", "auth-int"), ("auth-int", "auth")]

#: Every kind of policy once for each list of algorithms and of qops, with the other keywords in turn.
POLICIES: list[dict[str, Any]] = [
    {"algorithms": algorithms, "qop": qop, "userhash": number % 2 == 1, "allow_rfc2069": number % 3 == 1}
    for number, (algorithms, qop) in enumerate(itertools.product(ALGORITHMS, QOPS))
]


def server_of(policy: dict[str, Any], **others: Any) -> Server:
    """A server with the same keys and realm as all others here."""
    return Server(keys=KEYS, **{**policy, **others})


def answer_to(challenge: dict[str, str], nc: int, *, old_form: bool, hashed: bool, body: bytes = b"") -> bytes:
    """What a client that follows RFC 7616 makes of a challenge: the first qop of its list, a hashed name if offered."""
    changes: dict[str, Any] = {"qop": None, "cnonce": None} if old_form else {}
    word = challenge["qop"].partition(",")[0]
    signer = Signer(challenge)
    late = None
    if hashed and challenge.get("userhash") == "true":
        name = h(challenge["algorithm"], f"alice:{REALM}")
        late = {"username": name, "userhash": "true"}
    if old_form:
        return signer.sign("GET", "/x", None, late=late, **changes)
    return signer.sign("GET", "/x", nc, body=body if word == "auth-int" else None, late=late)


@pytest.mark.parametrize("old", POLICIES, ids=lambda p: f"{','.join(p['algorithms'])}-{','.join(p['qop'])}")
def test_a_client_by_the_rfc_recovers(old: dict[str, Any]) -> None:
    """Each challenge of yesterday, answered in each form that it allowed, against every policy of today."""
    yesterday = server_of(old)
    for algorithm in old["algorithms"]:
        for old_form in (False, True) if old["allow_rfc2069"] and algorithm == "MD5" else (False,):
            challenge = yesterday.challenge(algorithm)
            header = answer_to(challenge, 1, old_form=old_form, hashed=True)
            assert yesterday.request(authorization=header).status == 200
            again = answer_to(challenge, 2, old_form=old_form, hashed=True)
            for new in POLICIES:
                today = server_of(new)
                first = today.request(authorization=again)
                assert first.status in {200, 401}, (old, new)
                if first.status == 200:
                    continue
                # In any order of preference: what is on offer today is in each challenge.
                for offered in first.challenges:
                    header = answer_to(offered, 1, old_form=False, hashed=True)
                    assert today.request(authorization=header).status == 200, (old, new, offered)


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    *itertools.permutations(({"qop": qop} for qop in QOPS), 2),
    ({"algorithms": ["MD5"]}, {"algorithms": ["SHA-256"]}),
    ({"algorithms": ["SHA-256"]}, {"algorithms": ["SHA-512-256"]}),
    ({"algorithms": ["SHA-256", "MD5"]}, {"algorithms": ["SHA-512-256"]}),
    ({"algorithms": ["SHA-256"]}, {"algorithms": ["SHA-256-sess"]}),
    ({"algorithms": ["SHA-256-sess"]}, {"algorithms": ["SHA-256"]}),
    ({"algorithms": ["MD5"], "qop": ["auth-int"]}, {"algorithms": ["SHA-256"], "qop": ["auth"]}),
    ({"userhash": True}, {"userhash": False}),
    ({"userhash": False}, {"userhash": True}),
    ({"allow_rfc2069": True}, {"allow_rfc2069": False}),
    ({"realm": "before"}, {"realm": "after"}),
]


@pytest.mark.parametrize("order", [("auth", "auth-int"), ("auth-int", "auth")], ids=",".join)
@pytest.mark.parametrize("keys", [KEYS, None], ids=["same keys", "other keys"])
@pytest.mark.parametrize(("old", "new"), CHANGES, ids=str)
def test_our_client_recovers(old: dict[str, Any], new: dict[str, Any], keys: Any, order: tuple[str, str]) -> None:
    """One object of ours that was let in before is let in after: one more request, and its body arrives."""
    servers = [Server(users=USERS, keys=keys, **policy) for policy in (old, new)]
    statuses = []

    def answer(request: httpx.Request) -> httpx.Response:
        field = [value for name, value in request.headers.raw if name.lower() == b"authorization"]
        response = servers[0].request("POST", "/x", field, body=request.content)
        statuses.append(response.status)
        return httpx.Response(response.status, headers=response.headers, content=response.body)

    auth = DigestAuth("alice", "s3cret", qop=order)
    with httpx.Client(transport=httpx.MockTransport(answer), auth=auth) as client:
        assert client.post("http://server.example/x", content=b"one").status_code == 200
        del servers[0], statuses[:]
        assert client.post("http://server.example/x", content=b"two").status_code == 200
        assert statuses in ([200], [401, 200])
        assert servers[0].app.bodies == [b"two"]


@pytest.mark.obeys("401-has-a-challenge")
@pytest.mark.parametrize("proxy", [False, True])
@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("algorithm-not-offered", {"algorithm": "SHA-512-256"}),
        ("algorithm-not-offered", {"late": {"algorithm": "unheard-of"}}),
        ("qop-not-offered", {"late": {"qop": "auth-conf"}}),
        ("qop-not-offered", {"qop": None, "nc": None, "cnonce": None}),
        ("userhash-not-offered", {"late": {"userhash": "true"}}),
    ],
)
def test_what_is_not_on_offer(reason: str, changes: dict[str, Any], *, proxy: bool) -> None:
    """401, or 407 of a proxy, with every challenge of today; never stale, for nothing is known of the password."""
    server = Server(proxy=proxy, answer=lambda _scope, refusal: ("text/plain", refusal.reason.encode()))
    field = b"proxy-authorization" if proxy else b"authorization"
    for password in ("s3cret", "wrong"):
        header = server.signer(password=password).sign(**changes)
        response = server.request(authorization=header, field_name=field)
        assert (response.status, response.body, response.app_called) == (407 if proxy else 401, reason.encode(), False)
        assert [challenge["algorithm"] for challenge in response.challenges] == ["SHA-256", "MD5"]
        assert not response.stale


def test_a_websocket_that_keeps_to_another_offer() -> None:
    """A handshake gets the challenge too, where the server can send one."""
    server = Server()
    header = server.signer().sign(qop="auth-conf")
    response = server.request("WEBSOCKET", "/x", header, extensions={"websocket.http.response": {}})
    assert (response.status, response.stale, response.app_called) == (401, False, False)
    assert len(response.challenges) == len(server.request().challenges)


@pytest.mark.parametrize(
    "changes", [{"uri": "/y"}, {"cnonce": None}, {"nc": "x"}, {"late": {"username*": "UTF-8''alice"}}]
)
def test_what_is_malformed_stays_400(changes: dict[str, Any]) -> None:
    """A client that would send it again is not sent round in a circle."""
    server = Server()
    header = server.signer().sign(**{"nc": 1, "method": "GET", **changes})
    response = server.request(authorization=header)
    assert (response.status, response.challenges) == (400, [])


def test_the_status_of_the_error() -> None:
    """Direct users of the core see which error asks for a new challenge."""
    assert NotOffered.http_status == 401
    assert NotOffered("x").reason == "not-offered"
    assert set(QOP) == {"auth", "auth-int"}
