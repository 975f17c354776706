"""Each framework against each of what a login must do; docs/frameworks.md has the table of this very run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.driver import Clock
from tests.attacks.signing import Signer
from tests.doors.lists import Lists
from tests.doors.targets import targets
from tests.frameworks import asking
from tests.frameworks.asking import proof
from tests.frameworks.sites import POLICY, SITES, Site
from tests.support.kept_tables import keep

# It runs eight frameworks through some eighty visits, and says the same on every interpreter.
pytestmark = pytest.mark.once

PAGE = Path(__file__).parents[2] / "docs" / "frameworks.md"

#: Strangers must not see /admin, and nothing else is closed: the hardest lists for a router's odd readings.
LISTS = Lists(protect=["/admin"], public=["/admin/logo"])

#: Of the targets that are tried on each server (docs/paths.md), each fourth; what no request line can hold is left out.
TARGETS = [target for target in targets()[::4] if target.startswith("/") and not set(target) & set(" \\#?")]


class Visit:
    """An app and a client that logs in."""

    def __init__(self, site: Site, **policy: Any) -> None:
        self.site = site
        self.app = site.make({**POLICY, "clock": Clock(), **policy})

    async def signer(self, **user: str) -> Signer:
        """A client that was asked to log in."""
        return asking.signer(await self.site.ask(self.app, "GET", "/me"), **user)


async def auth(site: Site) -> bool:
    """The user is where the framework's users look for it; the proof is right; a wrong password does not get in."""
    visit = Visit(site)
    signer = await visit.signer()
    answer = await site.ask(visit.app, "POST", "/me", signer.sign("POST", "/me"), body=b"this")
    right = (answer.status, answer.body, proof(answer)) == (200, b"alice:this", signer.rspauth())
    wrong = await visit.signer(password="wrong")
    refused = await site.ask(visit.app, "POST", "/me", wrong.sign("POST", "/me"), body=b"this")
    return right and refused.status == 401


async def auth_int(site: Site) -> bool | None:
    """The body is the one that was signed, and so is that of the answer."""
    if site.by_route:
        return None
    visit = Visit(site, qop=["auth-int"])
    signer = await visit.signer()
    answer = await site.ask(visit.app, "POST", "/me", signer.sign("POST", "/me", body=b"this"), body=b"this")
    right = (answer.status, answer.body, proof(answer)) == (200, b"alice:this", signer.rspauth(b"alice:this"))
    changed = await site.ask(visit.app, "POST", "/me", signer.sign("POST", "/me", 2, body=b"this"), body=b"that")
    return right and changed.status == 401


async def websocket(site: Site) -> bool | None:
    """A signed handshake is taken; others are not."""
    if not site.sockets:
        return None
    visit = Visit(site)
    signer = await visit.signer()
    answer = await site.ask(visit.app, "WEBSOCKET", "/ws", signer.sign(uri="/ws"))
    stranger = await site.ask(visit.app, "WEBSOCKET", "/ws")
    return (answer.status, proof(answer)) == (101, signer.rspauth()) and stranger.status in {401, 403}


async def roles(site: Site) -> bool:
    """Who has the role gets in, and who has not gets 403."""
    visit = Visit(site)
    alice, bob = await visit.signer(), await visit.signer(username="bob", password="b0b")
    found = [(await site.ask(visit.app, "GET", "/role", each.sign(uri="/role"))).status for each in (alice, bob)]
    return found == [200, 403]


async def replay(site: Site) -> bool:
    """The same header passes once."""
    visit = Visit(site)
    field = (await visit.signer()).sign(uri="/me")
    return [(await site.ask(visit.app, "GET", "/me", field)).status for _ in range(2)] == [200, 401]


async def wrong_uri(site: Site) -> bool:
    """A header that was signed for another target does not pass."""
    visit = Visit(site)
    signer = await visit.signer()
    fields = [signer.sign(uri=uri, nc=nc) for nc, uri in enumerate(("/role", "/me?x", "/ME", "//me"), start=1)]
    return [(await site.ask(visit.app, "GET", "/me", field)).status for field in fields] == [400] * 4


async def cold(site: Site) -> bool:
    """Twenty requests at once without a nonce, and twenty at once with one nonce, in any order."""
    visit = Visit(site)
    asked = await site.ask_all(visit.app, [("/me", None)] * 20)
    signer = asking.signer(asked[0])
    order = [1 + each * 7 % 20 for each in range(20)]
    answers = await site.ask_all(visit.app, [("/me", signer.sign(uri="/me", nc=nc)) for nc in order])
    return {each.status for each in asked} == {401} and {each.status for each in answers} == {200}


async def paths(site: Site) -> bool | None:
    """No odd target shows a stranger what is closed, and an open page answers."""
    if site.by_route:
        return None
    visit = Visit(site, **LISTS.policy())
    answers = await site.ask_all(visit.app, [(target, None) for target in ["/open", *TARGETS]])
    seen = [answer.body.decode()[4:] for answer in answers if answer.body.startswith(b"saw:")]
    return "/open" in seen and not any(LISTS.close(path) for path in seen)


COLUMNS: dict[str, Callable[[Site], Awaitable[bool | None]]] = {
    "auth": auth,
    "auth-int": auth_int,
    "websocket": websocket,
    "roles": roles,
    "replay": replay,
    "wrong uri": wrong_uri,
    "20 at once": cold,
    "odd paths": paths,
}


@pytest.fixture(scope="module")
def seen() -> dict[str, dict[str, bool | None]]:
    """What each framework did."""

    async def look() -> dict[str, dict[str, bool | None]]:
        return {name: {column: await does(site) for column, does in COLUMNS.items()} for name, site in SITES.items()}

    return asyncio.run(look())


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("name", SITES)
def test_what_a_login_must_do(seen: dict[str, dict[str, bool | None]], name: str, column: str) -> None:
    """Each framework does it, or has none of it."""
    assert seen[name][column] is not False


def test_the_page_tells_what_was_tried(seen: dict[str, dict[str, bool | None]]) -> None:
    """docs/frameworks.md has this very table; FRAMEWORKS_PAGE=write renews it."""
    words = {True: "yes", False: "NO", None: "\u2013"}
    keep(
        PAGE,
        "frameworks",
        ["", *COLUMNS],
        [[name, *map(words.__getitem__, row.values())] for name, row in seen.items()],
    )
