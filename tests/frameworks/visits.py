"""What a login must do, asked of a site: each function gives True, False, or None if the site has none of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from tests.attacks.driver import Clock
from tests.attacks.signing import Signer
from tests.doors.lists import Lists
from tests.doors.targets import targets
from tests.frameworks import asking
from tests.frameworks.asking import Answer, proof
from tests.frameworks.wsgi_sites import POLICY

__all__ = ["COLUMNS", "Site"]

#: Strangers must not see /admin, and nothing else is closed: the hardest lists for a router's odd readings.
LISTS = Lists(protect=["/admin"], public=["/admin/logo"])

#: Of the targets that are tried on each server (docs/paths.md), each fourth; what no request line can hold is left out.
TARGETS = [target for target in targets()[::4] if target.startswith("/") and not set(target) & set(" \\#?")]


class Site(Protocol):
    """A framework, in this process or behind a server."""

    @property
    def sockets(self) -> bool:
        """It takes websockets."""
        ...

    @property
    def socket_proof(self) -> bool:
        """Its server sends the fields that an app adds to a handshake."""
        ...

    @property
    def by_route(self) -> bool:
        """Its routes say what needs a login, and there are neither path rules nor bodies."""
        ...

    @property
    def make(self) -> Callable[[dict[str, Any]], Any]:
        """The app with these keywords of the middleware."""
        ...

    async def ask(self, app: Any, method: str, target: str, *fields: bytes, body: bytes = b"") -> Answer:
        """One request."""
        ...

    async def ask_all(self, app: Any, asked: list[tuple[str, bytes | None]]) -> list[Answer]:
        """Some requests at once: targets, and credentials if there are some."""
        ...


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
    return (answer.status, proof(answer)) == (
        101,
        signer.rspauth() if site.socket_proof else None,
    ) and stranger.status in {401, 403}


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
