"""What each client plug is made to do with each server, and what came of it, in the words of the table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.live.peers import HOST
from tests.servers.faces.face import BODIES, Client, Face, Login
from tests.servers.sites import PASSWORD, USER, Site
from tests.servers.wire import Wire

__all__ = ["AT_ONCE", "IN_A_ROW", "Outcome", "tried"]

IN_A_ROW, AT_ONCE = 20, 50
#: What a server without such a target gives.
NOT_TRIED = "-"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One plug with one server."""

    #: What the server offers: algorithm and qop of each challenge.
    offers: str
    #: Calls one after the other: how many were let in, and the requests that all of them took.
    in_a_row: str
    #: Cold calls under way together: how many were let in.
    at_once: str
    #: The kinds of bodies that arrived whole.
    bodies: str
    #: What a call took that was led on by a redirect.
    redirect: str
    #: What one call took with a wrong password.
    wrong: str
    #: (nonce, nc) pairs that went out more than once.
    twice: int


def tried(face: Face, site: Site, wire: Wire, settings: Mapping[str, Any]) -> Outcome:
    """All trials of a plug with a server; the settings are keywords of DigestAuth."""
    trials = Trials(face, site, wire, settings)
    with face.session(trials.login(PASSWORD)) as client:
        in_a_row = told(lambda: trials.in_a_row(client))
        offers, twice = trials.offers(), trials.twice()
        bodies = told(lambda: trials.bodies(client))
        redirect = told(lambda: trials.redirect(client))
    at_once = told(trials.at_once)
    # Counted for each session: two of them may well be given the same nonce.
    twice += trials.twice()
    return Outcome(offers, in_a_row, at_once, bodies, redirect, told(trials.wrong_password), twice)


def told(trial: Callable[[], str]) -> str:
    """What came of a trial; an error by its name."""
    try:
        return trial()
    except Exception as error:  # noqa: BLE001  # whatever a library raises is an outcome
        return type(error).__name__


class Trials:
    """The trials of one plug with one server."""

    def __init__(self, face: Face, site: Site, wire: Wire, settings: Mapping[str, Any]) -> None:
        self.face, self.site, self.wire = face, site, wire
        self.settings = {**site.settings, **settings}
        self.near = f"http://{HOST}:{wire.port}"
        self.root = self.near if site.origin is None else f"http://{HOST}:{site.origin}"

    def login(self, password: str) -> Login:
        """With this password."""
        return Login(USER, password, None if self.site.origin is None else self.near, self.settings)

    def twice(self) -> int:
        """Pairs of nonce and count that have gone out before."""
        counts = self.wire.counts
        return len(counts) - len(set(counts))

    def in_a_row(self, client: Client) -> str:
        """One call after the other."""
        statuses = [client.get(self.root + self.site.page).status for _ in range(IN_A_ROW)]
        return f"{statuses.count(200)}/{IN_A_ROW} in {len(self.wire.requests)}"

    def at_once(self) -> str:
        """Cold calls under way together."""
        self.wire.forget()
        statuses = self.face.at_once(self.login(PASSWORD), [self.root + self.site.page] * AT_ONCE)
        return f"{statuses.count(200)}/{AT_ONCE}"

    def bodies(self, client: Client) -> str:
        """Each kind, after calls that have taught the client what is asked for."""
        if not self.site.echo:
            return NOT_TRIED
        lost = [kind for kind in BODIES if told(partial(self.body, client, kind)) != "whole"]
        return f"all but {', '.join(lost)}" if lost else "all"

    def body(self, client: Client, kind: str) -> str:
        """Whether a body of a kind came back whole, from the call that sent it or from the next."""
        url = self.root + self.site.echo
        answer = client.send(self.site.method, url, kind)
        if self.site.method == "PUT":
            answer = client.get(url)
        return "whole" if answer.status == 200 and BODIES[kind](answer.body) else "lost"

    def redirect(self, client: Client) -> str:
        """From one protected target to another."""
        if not self.site.moved:
            return NOT_TRIED
        self.wire.forget()
        status = client.get(self.root + self.site.moved).status
        return f"{len(self.wire.requests)} requests" if status == 200 else str(status)

    def wrong_password(self) -> str:
        """One call of a session that has not called before."""
        self.wire.forget()
        with self.face.session(self.login("no such password")) as client:
            status = client.get(self.root + self.site.page).status
        expected = 401 if self.site.origin is None else 407
        return f"{len(self.wire.requests)} requests" if status == expected else str(status)

    def offers(self) -> str:
        """Algorithm and qop of the first challenges."""
        found = [offer.decode("latin-1") for offer in self.wire.challenges]
        return "; ".join(dict.fromkeys(f"{algorithm(offer)}, {qop(offer)}" for offer in found))


def algorithm(challenge: str) -> str:
    """The algorithm of a challenge; MD5 where none is named."""
    found = re.search(r'\balgorithm="?([\w-]+)', challenge)
    return found[1] if found else "MD5"


def qop(challenge: str) -> str:
    """The qop of a challenge."""
    found = re.search(r'\bqop="?([\w, -]+?)[",]', challenge + ",")
    return found[1] if found else "no qop"
