"""The order of one request: the same whichever of its sources answer at once, and which have to be awaited."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.guard import Accepted, Guard, Refused
from digest_http.guard.requests import GivenRequest
from digest_http.httpauth.waiting import at_once
from digest_http.stores import MemoryStore
from digest_http.users import MappingUsers
from tests.attacks.signing import Signer, parameters

REALM, PASSWORD, BODY = "wonder", "s3cret", b"a body"

#: What is asked of a request that is let in, and of one with a wrong password.
LET_IN = ["delay", "body", "users", "store", "logouts"]
REFUSED = ["delay", "body", "users", "failed"]

#: Who has to be awaited: nobody, one, or all.
LATE = [(), *((source,) for source in LET_IN), tuple(LET_IN)]


class Sources:
    """All that a guard asks about one request: it notes who is asked, and answers as it is told.

    `late`: who gives something to await. `down`: who fails then. `hanging`: who never answers.
    """

    knows_spellings = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.late: tuple[str, ...] = ()
        self.down = self.hanging = ""
        self.seconds: float = 0
        self.over = 0
        self.hangs = asyncio.Event()
        self._users = MappingUsers({"alice": PASSWORD}, REALM, [by_name("SHA-256")])
        self.store = Store(self)

    def answer(self, source: str, value: Any) -> Any:
        """The answer of one of them, or an awaitable of it."""
        self.asked.append(source)
        if source in self.late:
            return self._later(source, value)
        if source == self.down:
            raise OSError("down")
        return value

    async def _later(self, source: str, value: Any) -> Any:
        await asyncio.sleep(0)
        if source == self.down:
            raise OSError("down")
        if source == self.hanging:
            self.hangs.set()
            await asyncio.Event().wait()
        return value

    def delay(self, _name: str, _client: str | None) -> Any:
        """See Throttle."""
        return self.answer("delay", self.seconds)

    def failed(self, _name: str, _client: str | None) -> Any:
        """See Throttle."""
        return self.answer("failed", None)

    def ha1(self, *asked: Any) -> Any:
        """See Users."""
        return self.answer("users", self._users.ha1(*asked))

    def logged_out(self, _username: str, _realm: str) -> Any:
        """See LogoutUsers."""
        return self.answer("logouts", self.over)

    def log_out(self, _username: str, _realm: str, now: int) -> None:
        """See LogoutUsers."""
        self.over = now

    def body(self) -> Any:
        """The body of the request."""
        return self.answer("body", BODY)


class Store(MemoryStore):
    """Counts as a store does, and answers as the sources are told."""

    __slots__ = ("_sources",)

    def __init__(self, sources: Sources) -> None:
        super().__init__()
        self._sources = sources

    def advance(self, *step: Any, **lifetime: Any) -> Any:
        """See NonceStore."""
        return self._sources.answer("store", super().advance(*step, **lifetime))


class Login:
    """One request, signed and asked for."""

    def __init__(self, password: str = PASSWORD) -> None:
        self.sources = Sources()
        self.guard = Guard(
            self.sources,
            REALM,
            algorithms=["SHA-256"],
            qop=["auth-int"],
            store=self.sources.store,
            throttle=self.sources,
        )
        stranger = self.guard.check("GET", "/x", {})
        assert isinstance(stranger, Refused)
        field = Signer(parameters(stranger.fields[0][1]), password=password).sign("POST", "/x", body=BODY)
        self.request: Any = ("POST", "/x", [("authorization", field)], self.sources.body)

    def ask(self) -> Accepted | Refused:
        """What becomes of it, for a server that awaits."""
        return asyncio.run(self.guard.check_async(*self.request))


@pytest.mark.parametrize("late", LATE)
def test_each_is_asked_in_its_turn(late: tuple[str, ...]) -> None:
    """Who is let in was asked about once, in one order, and has a name; the same request again is a replay."""
    login = Login()
    login.sources.late = late
    accepted = login.ask()
    assert isinstance(accepted, Accepted)
    assert accepted.username == "alice"
    assert login.sources.asked == LET_IN
    again = login.ask()
    assert isinstance(again, Refused)
    assert again.log_reason == "nc-replayed"
    assert login.sources.asked == LET_IN + LET_IN[:-1]


def test_nothing_is_awaited_that_is_there_at_once() -> None:
    """The outcome comes without a coroutine; a caller that blocks gets the same."""
    login = Login()
    assert isinstance(login.guard.check(*login.request), Accepted)
    given = GivenRequest(*login.request, limit=len(BODY), same_target=bytes.__eq__)
    examined = login.guard.examine(given, at_once)
    assert isinstance(examined, Refused)


@pytest.mark.parametrize("late", LATE[1:])
def test_who_blocks_waits_for_nobody(late: tuple[str, ...]) -> None:
    """A source that has to be awaited is one that is down; a body that has to be is the caller's own mistake."""
    login = Login()
    login.sources.late = late
    if late == ("body",):
        with pytest.raises(RuntimeError, match="waited"):
            login.guard.check(*login.request)
    else:
        outcome = login.guard.check(*login.request)
        assert isinstance(outcome, Refused)
        assert outcome.status == 503
        assert login.sources.asked == LET_IN[: LET_IN.index(late[0]) + 1]


@pytest.mark.parametrize("late", [(), ("failed",), (*LET_IN, "failed")])
def test_a_wrong_password(late: tuple[str, ...]) -> None:
    """The limiter is told, and the count is not asked for."""
    login = Login(password="guessed")
    login.sources.late = late
    outcome = login.ask()
    assert isinstance(outcome, Refused)
    assert (outcome.status, outcome.log_reason) == (401, "wrong-digest")
    assert login.sources.asked == REFUSED


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("down", "reason"),
    [
        ("delay", "throttle-down"),
        ("users", "users-down"),
        ("store", "store-down"),
        ("logouts", "users-down"),
        ("failed", "throttle-down"),
    ],
)
def test_who_is_down_lets_nobody_in(down: str, reason: str, late: bool) -> None:
    """It is 503 with what was raised as the cause, and nothing is asked after it."""
    order = REFUSED if down == "failed" else LET_IN
    login = Login(password=PASSWORD if order is LET_IN else "guessed")
    login.sources.down, login.sources.late = down, (down,) if late else ()
    outcome = login.ask()
    assert isinstance(outcome, Refused)
    assert (outcome.status, outcome.log_reason) == (503, reason)
    assert isinstance(outcome.cause, OSError)
    assert login.sources.asked == order[: order.index(down) + 1]


@pytest.mark.parametrize("late", [False, True])
def test_a_body_that_fails_is_the_callers(late: bool) -> None:
    """What reading it raises goes through, and nothing is asked after it."""
    login = Login()
    login.sources.down, login.sources.late = "body", ("body",) if late else ()
    with pytest.raises(OSError, match="down"):
        login.ask()
    assert login.sources.asked == LET_IN[:2]


@pytest.mark.parametrize("late", [False, True])
def test_who_has_to_wait(late: bool) -> None:
    """A limiter that says so ends the order before anything is verified."""
    login = Login()
    login.sources.seconds, login.sources.late = 3.2, ("delay",) if late else ()
    outcome = login.ask()
    assert isinstance(outcome, Refused)
    assert (outcome.status, outcome.fields) == (429, ((b"retry-after", b"4"),))
    assert login.sources.asked == ["delay"]


@pytest.mark.parametrize("late", [False, True])
def test_who_is_logged_out(late: bool) -> None:
    """A nonce from before a logout is over, whoever keeps that."""
    login = Login()
    login.guard.log_out("alice")
    login.sources.late = ("logouts",) if late else ()
    outcome = login.ask()
    assert isinstance(outcome, Refused)
    assert (outcome.status, outcome.reason) == (401, "logged-out")


@pytest.mark.parametrize("late", [False, True])
def test_another_target(late: bool) -> None:
    """It is found before the body is read, and after the limiter was asked."""
    login = Login()
    login.sources.late = ("delay",) if late else ()
    login.request = (login.request[0], "/y", *login.request[2:])
    outcome = login.ask()
    assert isinstance(outcome, Refused)
    assert (outcome.status, outcome.reason) == (400, "uri")
    assert login.sources.asked == ["delay"]


@pytest.mark.parametrize("place", [*LET_IN, "failed"])
def test_a_cancellation(place: str) -> None:
    """A caller that stops waiting hears of it as ever, and nothing more is asked."""
    order = REFUSED if place == "failed" else LET_IN
    login = Login(password=PASSWORD if order is LET_IN else "guessed")
    login.sources.late, login.sources.hanging = (*LET_IN, "failed"), place

    async def cancelled() -> None:
        task = asyncio.ensure_future(login.guard.check_async(*login.request))
        await login.sources.hangs.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert login.sources.asked == order[: order.index(place) + 1]
