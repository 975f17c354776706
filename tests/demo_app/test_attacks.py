"""The attacks of the stage are real, and the page says what came of them, whatever it was."""

from __future__ import annotations

import asyncio
import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request

from demo_app.stage import Stage, Watching
from demo_app.stage.attacks import ATTACKS, Attempt, attempt
from demo_app.stage.exchanges import Exchanges
from digest_http.httpauth.verdict import Verdict
from digest_http_middleware import DigestAuthMiddleware
from digest_http_middleware.identity import DigestUser
from tests.demo_app.serving import ALICE, served, visitor

# As in test_pages.py.
pytestmark = pytest.mark.once

#: Status and reason of the log.
OUTCOMES = {
    "replay": ("401", "nc-replayed"),
    "address": ("400", "uri"),
    "count": ("401", "wrong-digest"),
    "body": ("401", "wrong-digest"),
}

USERS = dict([ALICE])


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("whole", [False, True], ids=["part", "page"])
def test_every_attack_is_refused_and_shown(alice, name, whole):
    """With the script as a part of the page, without it as a whole page: the status, the reason, and what was sent."""
    answer = alice.post(f"/stage/attack/{name}", headers={} if whole else {"x-fragment": "1"})
    assert answer.status_code == 200
    assert ("<html" in answer.text) == whole
    shown = re.search(r'<article class="attempt (\w+)" data-status="(\d+)" data-reason="([\w-]+)">', answer.text)
    assert shown is not None
    assert shown.groups() == ("good", *OUTCOMES[name])
    assert "Refused" in answer.text
    assert "This must not be" not in answer.text


def test_an_attack_sends_the_header_that_the_browser_has_just_sent(alice):
    """The very octets, in a request that the server sees as one more."""
    answer = alice.post("/stage/attack/replay", headers={"x-fragment": "1"})
    for value in re.findall(r'"([^"]+)"', answer.request.headers["authorization"]):
        assert value in answer.text
    assert "POST /stage/attack/replay HTTP/1.1" in answer.text


def test_no_other_attack_is_known(alice):
    """A name that is none is not found."""
    assert alice.post("/stage/attack/none").status_code == 404
    assert alice.get("/stage/attack/replay").status_code == 405


class Forgetful:
    """A store that remembers no count: what a server without replay detection is."""

    epoch = b"00000000"

    def advance(self, *_count: object, lifetime: int) -> Verdict:
        """Every count is as good as new."""
        assert lifetime > 0
        return Verdict.ACCEPTED


def test_the_page_tells_when_a_replay_is_accepted():
    """Before a server that counts nothing the page does not say that all is well, nor goes round in circles."""
    stage = Stage(USERS, realm="r", nonce_lifetime=60)
    app = Starlette(
        routes=stage.routes,
        middleware=[
            Middleware(Watching, exchanges=stage.exchanges),
            Middleware(DigestAuthMiddleware, users=USERS, realm="r", store=Forgetful()),
        ],
        lifespan=stage.lifespan,
    )
    with served(app) as url, visitor(url) as alice:
        answer = alice.post("/stage/attack/replay", headers={"x-fragment": "1"})
        assert '<article class="attempt bad" data-status="200" data-reason="accepted">' in answer.text
        assert "Accepted: 200. This must not be." in answer.text
        # There is no upload in this app, so that attack cannot be tried; the page says so.
        assert "not tried" in alice.post("/stage/attack/body", headers={"x-fragment": "1"}).text


@pytest.mark.parametrize("status", [200, 204, 303, 404, 405, 500, 0])
def test_only_a_refusal_counts_as_one(status):
    """A server that breaks down, or does something else, has not refused."""
    assert not Attempt(ATTACKS["replay"], "", (), status=status).refused


SERVERS = {"none": None, "file": ("/run/app.sock", None), "closed": ("127.0.0.1", 1), "closed IPv6": ("::1", 1)}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("name", ATTACKS)
def test_a_server_that_cannot_be_reached_is_said_to_be(name, server):
    """Behind a socket in the file system, or gone: the attack was not tried, which is no refusal."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/stage/attack/replay",
        "raw_path": b"/stage/attack/replay",
        "query_string": b"",
        "headers": [(b"authorization", b'Digest username="alice"')],
        "server": SERVERS[server],
        "user": DigestUser("alice"),
    }
    tried = asyncio.run(attempt(name, Request(scope), Exchanges(), USERS))
    assert tried.trouble
    assert not tried.refused
