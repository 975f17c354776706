"""What is asked of a source of users and of a store, and what is made of each kind of answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import SourceUnavailable
from digest_http.hex_digest import HexDigest
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.protocols import NonceStore, Users
from digest_http.httpauth.sequence import ReplayDetect, SequenceRule
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.sources import Sources
from digest_http.httpauth.usable_hashes import usable
from digest_http.httpauth.verdict import Verdict
from digest_http.httpauth.waiting import at_once, awaited, now_or_never, run
from tests.httpauth.hand_made import Clock, acceptor_of, issue, token, verify

HA1 = b"0a" * 32
SHA = by_name("SHA-256")
COMPOSED, DECOMPOSED = "\u00c5sa", "A\u030asa"
RULE = ReplayDetect()


async def later(value: Any) -> Any:
    """An answer that has to be waited for."""
    return value


class Kept:
    """Users by name; notes who was asked for."""

    def __init__(self, found: Any = HA1, *, wait: bool = False) -> None:
        self.found = found
        self.wait = wait
        self.asked: list[tuple[object, ...]] = []

    def ha1(self, username: str, realm: str, algorithm: object) -> Any:
        """The same for everybody."""
        self.asked.append((username, realm, algorithm))
        if isinstance(self.found, Exception):
            raise self.found
        return later(self.found) if self.wait else self.found


class ByHash(Kept):
    """Users that are found by userhash as well."""

    name: Any = "alice"

    def by_userhash(self, userhash: bytes, realm: str, algorithm: object) -> Any:
        """One name for every hash."""
        self.asked.append((userhash, realm, algorithm))
        if isinstance(self.name, Exception):
            raise self.name
        return later(self.name) if self.wait else self.name


class Spelled(Kept):
    """Users that know more than one spelling of a name, or say that they do not."""

    knows_spellings: Any = True


class Counts:
    """A store that gives verdicts in turn; notes what was recorded."""

    epoch = b"00000001"

    def __init__(self, *verdicts: Any) -> None:
        self.verdicts = list(verdicts)
        self.asked: list[tuple[object, ...]] = []

    def advance(self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int) -> Any:
        """The next verdict."""
        self.asked.append((nonce_id, epoch, nc, rule, now, lifetime))
        verdict = self.verdicts.pop(0)
        if isinstance(verdict, Exception):
            raise verdict
        return verdict


def sources(users: Any = None, store: Any = None, **settings: Any) -> Sources:
    """Sources of the realm `r`."""
    checked: Users = users or Kept()
    counted: NonceStore = store or Counts()
    return Sources(checked, counted, RULE, "r", **settings)


def opened(**changes: Any) -> ServerContext:
    """An accepted request of alice."""
    acceptor: Acceptor = acceptor_of(Clock(), userhash=True, allow_rfc2069=True)
    name = changes.pop("algorithm_name", "SHA-256")
    verdict, context = verify(acceptor, token(issue(acceptor, name), name, **changes))
    assert verdict is Verdict.ACCEPTED
    found: ServerContext = context
    return found


def found_in(order: Any) -> Any:
    """What was found, whether or not it had to be waited for."""
    return now_or_never(order)


@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize("as_text", [False, True])
def test_a_user(wait: bool, as_text: bool) -> None:
    """Asked for by name, realm and algorithm; H(A1) is text or octets, in any letter case."""
    users = Kept(HA1.decode().upper() if as_text else HA1.upper(), wait=wait)
    assert found_in(sources(users).look_up(opened(), awaited)) == ("alice", HA1)
    assert users.asked == [("alice", "r", SHA)]


@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize(("kind", "says", "asked"), [
    (Kept, None, COMPOSED), (Spelled, True, DECOMPOSED), (Spelled, False, COMPOSED), (Spelled, 1, COMPOSED),
    (Spelled, "yes", COMPOSED), (Spelled, None, COMPOSED),
])  # fmt: skip
def test_spellings(kind: type[Kept], says: Any, asked: str, wait: bool) -> None:
    """A name is asked for in Form C, or as it was sent where the source knows spellings; it is called by Form C."""
    users = kind(wait=wait)
    if isinstance(users, Spelled):
        users.knows_spellings = says
    context = opened(username=DECOMPOSED.encode())
    assert found_in(sources(users).look_up(context, awaited)) == (unicodedata.normalize("NFC", asked), HA1)
    assert users.asked[0][0] == asked


@pytest.mark.parametrize("wait", [False, True])
def test_a_hashed_name(wait: bool) -> None:
    """It is looked up in lower case; then H(A1) is asked for by the name behind it."""
    users = ByHash(wait=wait)
    context = opened(username=b"AB" * 32, userhash=b"true")
    assert found_in(sources(users).look_up(context, awaited)) == ("alice", HA1)
    assert users.asked == [(b"ab" * 32, "r", SHA), ("alice", "r", SHA)]


@pytest.mark.parametrize("wait", [False, True])
def test_a_hashed_name_of_nobody(wait: bool) -> None:
    """H(A1) of the hash itself is asked for, for the same work, and counts for nothing."""
    users = ByHash(wait=wait)
    users.name = None
    context = opened(username=b"ab" * 32, userhash=b"true")
    assert found_in(sources(users).look_up(context, awaited)) == ("ab" * 32, None)
    assert users.asked[1] == ("ab" * 32, "r", SHA)
    plain = Kept(wait=wait)
    assert found_in(sources(plain).look_up(context, awaited)) == ("ab" * 32, None)
    assert plain.asked == [("ab" * 32, "r", SHA)]


USERS_DOWN = ("The source of users is down; try again later", "users-down")
STORE_DOWN = ("The nonce store is down; try again later", "store-down")


def by_hash(name: Any, *, wait: bool = False) -> ByHash:
    """Users that answer so for a userhash."""
    users = ByHash(wait=wait)
    users.name = name
    return users


@pytest.mark.parametrize(("users", "wait", "changes"), [
    (Kept(OSError("s3cret")), awaited, {}), (Kept(5), awaited, {}), (Kept(5, wait=True), awaited, {}),
    (Kept(wait=True), at_once, {}), (by_hash(OSError("s3cret")), awaited, {"userhash": b"true"}),
    (by_hash(5), awaited, {"userhash": b"true"}), (by_hash(5, wait=True), awaited, {"userhash": b"true"}),
    (by_hash(b"alice", wait=True), awaited, {"userhash": b"true"}),
    (Kept(bytearray(HA1)), awaited, {}), (Kept(bytearray(HA1), wait=True), awaited, {}),
    (Kept([], wait=True), awaited, {}),
], ids=["raises", "no H(A1)", "no H(A1) later", "too late", "raises for a hash", "no name", "no name later",
        "a name in octets", "an array", "an array later", "a list later"])  # fmt: skip
def test_users_that_fail(users: Any, wait: Any, changes: dict[str, Any]) -> None:
    """Whatever it is: one sentence, one reason, and nothing of what the source said."""
    with pytest.raises(SourceUnavailable) as caught:
        found_in(sources(users).look_up(opened(**changes), wait))
    assert (str(caught.value), caught.value.reason) == USERS_DOWN
    assert type(caught.value.__cause__) in {OSError, TypeError}


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.REPLAYED, Verdict.FORGOTTEN])
@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize("uses", [1, 3])
@pytest.mark.parametrize("nc", [b"00000001", b"0000000a"])
def test_a_count(nc: bytes, verdict: Verdict, wait: bool, uses: int) -> None:
    """It is recorded once, as it was sent, with the rule, the time and how long the nonce is asked for."""
    context, store = opened(nc=nc), Counts()
    store.verdicts = [later(verdict) if wait else verdict]
    assert found_in(sources(store=store, rfc2069_uses=uses).count(context, 7, awaited)) is verdict
    assert store.asked == [(context.nonce_id, context.epoch, int(nc, 16), RULE, 7, context.nonces.kept)]


def test_what_was_not_accepted_is_not_counted() -> None:
    """Its nonce has no number yet: to count it would be a mistake of the caller's."""
    acceptor, store = acceptor_of(Clock()), Counts()
    context = acceptor.open(token(issue(acceptor)))
    with pytest.raises(ValueError, match="not accepted"):
        sources(store=store).count(context, 7, awaited)
    assert store.asked == []


USED, OUT, OK = Verdict.REPLAYED, Verdict.OUT_OF_SEQUENCE, Verdict.ACCEPTED


@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize(("uses", "verdicts", "outcome", "asked"), [
    (1, [USED], USED, [1]), (3, [OK], OK, [1]), (3, [USED, OK], OK, [1, 2]), (3, [OUT, USED, OK], OK, [1, 2, 3]),
    (3, [USED, USED, USED], USED, [1, 2, 3]), (3, [USED, Verdict.FORGOTTEN], Verdict.FORGOTTEN, [1, 2]),
    (2, [USED, OUT], OUT, [1, 2]),
])  # fmt: skip
def test_nonces_without_a_count(
    uses: int, verdicts: list[Verdict], outcome: Verdict, asked: list[int], wait: bool
) -> None:
    """The form of RFC 2069 takes the first count that is free, up to the number of uses that the setting allows."""
    context, store = opened(algorithm_name="MD5", qop=None), Counts()
    store.verdicts = [later(verdict) if wait else verdict for verdict in verdicts]
    assert found_in(sources(store=store, rfc2069_uses=uses).count(context, 7, awaited)) is outcome
    assert [row[2] for row in store.asked] == asked
    assert {row[4] for row in store.asked} == {7}


def test_one_use_is_the_default() -> None:
    """Of a nonce that has no count."""
    store = Counts(USED, OK)
    assert found_in(sources(store=store).count(opened(algorithm_name="MD5", qop=None), 7, awaited)) is USED


@pytest.mark.parametrize(("verdict", "wait"), [
    (lambda: OSError("s3cret"), awaited), (lambda: later(None), awaited), (lambda: later("yes"), awaited),
    (lambda: later(OK), at_once), (lambda: True, awaited),
], ids=["raises", "none", "a word", "too late", "no verdict"])  # fmt: skip
def test_stores_that_fail(verdict: Callable[[], Any], wait: Any) -> None:
    """An answer that is no verdict must not pass anyone."""
    with pytest.raises(SourceUnavailable) as caught:
        found_in(sources(store=Counts(verdict())).count(opened(), 7, wait))
    assert (str(caught.value), caught.value.reason) == STORE_DOWN
    assert type(caught.value.__cause__) in {OSError, TypeError, ValueError}


@pytest.mark.parametrize(("ha1", "found"), [
    (None, None), (b"", None), ("None", None), ("0a" * 31, None), ("0a" * 33, None), (b"0a" * 31 + b" 0", None),
    (" " + "0a" * 31 + "0", None), ("\u00e9" * 64, b"?" * 64),
    ("0A" * 32, HA1), (b"0A" * 32, HA1), ("g" * 64, b"g" * 64),
])  # fmt: skip
def test_what_can_be_a_digest(ha1: Any, found: bytes | None) -> None:
    """By its length and its characters; what is no hex equals no digest anyway."""
    assert usable(ha1, SHA) == found


class Claimed(HexDigest):
    """What somebody derives from it may be anything."""


@pytest.mark.parametrize(("ha1", "found"), [
    (HexDigest(HA1), HA1), (HexDigest(HA1[:32]), None), (HexDigest(b""), None), (HexDigest(HA1 + b"0"), None),
    (HexDigest(HA1).upper(), HA1), (HexDigest(HA1)[:-2] + b"  ", None), (Claimed(HA1.upper()), HA1),
    (Claimed(b" " * 64), None),
])  # fmt: skip
def test_what_need_not_be_looked_at(ha1: bytes, found: bytes | None) -> None:
    """Only what is HexDigest itself, and has the right length; what is made of one is looked at as before."""
    name, taken = found_in(sources(Kept(ha1)).look_up(opened(), awaited))
    assert (name, taken) == ("alice", found)
    assert (taken is ha1) is (type(ha1) is HexDigest and found is not None)


def test_waiting_where_nobody_can() -> None:
    """It is refused in words; an order that stops all the same is ended, so that Python does not warn of it."""
    with pytest.raises(TypeError) as caught:
        run(at_once(later(1)))
    assert str(caught.value) == ("the source of users or the store is asynchronous, and this caller cannot await it")
    order = stops()
    with pytest.raises(RuntimeError) as stopped:
        run(order)
    assert str(stopped.value) == "something waited where nobody can await"
    with pytest.raises(RuntimeError):
        order.send(None)
    refused: list[Callable[[], Any]] = [lambda: now_or_never(later(5)), lambda: now_or_never(5)]
    assert [call() for call in refused] == [5, 5]


class Stop:
    """Something to wait for that never comes."""

    def __await__(self) -> Any:
        yield


async def stops() -> None:
    """An order that waits."""
    await Stop()
