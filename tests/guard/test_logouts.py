"""Logging out: a login that has ended opens nothing, whatever counts its nonce has left, in every store."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError, SourceUnavailable
from digest_http.guard import Accepted, Guard, Refused
from digest_http.guard.logouts import MemoryLogouts
from digest_http.httpauth import DigestClient
from digest_http.stores import MemoryStore, SQLiteStore
from digest_http.users import CachedUsers, MappingUsers
from tests.stores.nonce_stores import OPENERS, STORES

USERS = {"alice": "s3cret", "bob": "b0b"}
KEYS = [b"k" * 32]


def signed(client: DigestClient) -> dict[str, Any]:
    """The field of one more request."""
    return {"Authorization": client.authorization("GET", "/")}


class Login:
    """A client that has logged in and goes on with its nonce."""

    def __init__(self, guard, user="alice"):
        self.client = DigestClient(user, USERS[user])
        refused = guard.check("GET", "/", {})
        self.client.challenged([value for _, value in refused.fields], None)
        self.signature = self.client.authorization("GET", "/")
        self.outcome = guard.check("GET", "/", {"Authorization": self.signature})
        assert isinstance(self.outcome, Accepted)

    def ask(self, guard):
        """The outcome of one more request."""
        return guard.check("GET", "/", signed(self.client))


def is_over(outcome):
    """Whether the client is told to ask its user for the password."""
    if isinstance(outcome, Accepted):
        return False
    assert (outcome.status, outcome.reason, outcome.log_reason) == (401, "logged-out", "nonce-ended")
    assert not any(b"stale" in value for _, value in outcome.fields)
    return True


@pytest.mark.parametrize("sequence", ["window", "strict"])
def test_one_login(sequence):
    """Its nonce is over, for each count, and stays so; another one of the same user goes on."""
    guard = Guard(USERS, "home", sequence=sequence)
    first, second = Login(guard), Login(guard)
    guard.log_out(first.outcome)
    guard.log_out(first.outcome)
    assert [is_over(first.ask(guard)) for _ in range(3)] == [True] * 3
    assert not is_over(second.ask(guard))


def test_a_request_that_was_overtaken():
    """A count that was signed before the logout and comes after it is refused too."""
    guard = Guard(USERS, "home")
    login = Login(guard)
    late = signed(login.client)
    guard.log_out(login.ask(guard))
    assert is_over(guard.check("GET", "/", late))


def test_a_user():
    """All nonces that were issued to one user are over, those of others and new ones are not."""
    guard = Guard(USERS, "home")
    here, there, bob = Login(guard), Login(guard), Login(guard, "bob")
    guard.log_out("alice")
    assert is_over(here.ask(guard))
    assert is_over(there.ask(guard))
    assert not is_over(bob.ask(guard))
    assert not is_over(Login(guard).ask(guard))


def test_a_challenge_of_before():
    """A nonce that was not used yet when its user was logged out is over as well."""
    guard = Guard(USERS, "home")
    client = DigestClient("alice", "s3cret")
    refused = guard.check("GET", "/", {})
    assert isinstance(refused, Refused)
    client.challenged([value for _, value in refused.fields], None)
    guard.log_out("alice")
    assert is_over(guard.check("GET", "/", signed(client)))


def test_no_next_nonce_on_the_way_out():
    """The answer that says goodbye hands out no other nonce, though the old one is near its end."""
    now = [1_000_000.0]
    guard = Guard(USERS, "home", clock=lambda: now[0])
    login = Login(guard)
    now[0] += 290
    outcome = login.ask(guard)
    assert b"nextnonce" in outcome.prove()
    guard.log_out(outcome)
    assert b"nextnonce" not in outcome.prove()
    assert b"rspauth" in outcome.prove()


def test_an_answer_that_begins_while_the_store_is_asked():
    """It hands out no next nonce either: the logout has begun."""
    now = [1_000_000.0]
    proofs: list[bytes] = []

    class Slow(MemoryStore):
        """Before it ends a nonce, the answer goes out."""

        def advance(self, *arguments, **keywords):
            """See NonceStore."""
            proofs.extend([outcome.prove()] if leaving else [])
            return super().advance(*arguments, **keywords)

    leaving = False
    guard = Guard(USERS, "home", store=Slow(), clock=lambda: now[0])
    login = Login(guard)
    now[0] += 290
    outcome = login.ask(guard)
    leaving = True
    guard.log_out(outcome)
    assert len(proofs) == 1
    assert b"rspauth" in proofs[0]
    assert b"nextnonce" not in proofs[0]


@pytest.mark.parametrize("form", ["auth", "without qop"])
def test_an_answer_on_its_way(form):
    """A user who is logged out while his answer is made goes on with no nonce that the answer brings."""
    now = [1_000_000.0]
    settings: dict[str, Any] = {"qop": [], "allow_rfc2069": True} if form == "without qop" else {}
    guard = Guard(USERS, "home", clock=lambda: now[0], **settings)
    slow = Login(guard)
    signature: Any = slow.signature
    outcome = slow.outcome
    if form == "auth":  # whose nonces are renewed when they are old
        now[0] += 290
        signature = slow.client.authorization("GET", "/")
        outcome = guard.check("GET", "/", {"Authorization": signature})
    now[0] += 1
    guard.log_out("alice")
    now[0] += 1
    assert isinstance(outcome, Accepted)
    proof = outcome.prove()
    assert b"nextnonce" in proof
    slow.client.verify(signature, [proof])
    following: Any = slow.client.authorization("GET", "/")
    assert following.parameters["nonce"] != signature.parameters["nonce"]
    assert is_over(guard.check("GET", "/", {"Authorization": following}))
    assert isinstance(Login(guard).outcome, Accepted)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("sequence", ["window", "strict"])
def test_every_store(store, sequence):
    """Whoever counts in the store, under whichever rule, knows of it."""
    guard = Guard(USERS, "home", store=OPENERS[store](100), sequence=sequence)
    login, other = Login(guard), Login(guard)
    guard.log_out(login.outcome)
    assert is_over(login.ask(guard))
    assert not is_over(other.ask(guard))


def test_two_workers(tmp_path):
    """What one has ended is over for the other."""
    stores = [SQLiteStore(tmp_path / "nonces.db") for _ in range(2)]
    one, two = (Guard(USERS, "home", store=store, keys=KEYS) for store in stores)
    login = Login(one)
    assert not is_over(login.ask(two))
    one.log_out(login.outcome)
    assert is_over(login.ask(two))
    with pytest.raises(ConfigurationError, match="LogoutUsers"):
        one.log_out("alice")
    for store in stores:
        store.close()


class Kept(MappingUsers):
    """Users that keep their logouts for all workers."""

    __slots__ = ("answers", "kept")

    def __init__(self):
        super().__init__(USERS, "home", [by_name("SHA-256"), by_name("MD5")])
        self.kept, self.answers = {}, True

    def logged_out(self, username, realm):
        """See LogoutUsers."""
        if not self.answers:
            raise OSError("down")
        return self.kept.get((username, realm), 0)

    def log_out(self, username, realm, now):
        """See LogoutUsers."""
        if not self.answers:
            raise OSError("down")
        self.kept[username, realm] = now


def test_users_that_keep_it(tmp_path):
    """Two workers ask them; when they are down, nobody is let in, and nobody is told that he is out."""
    users = Kept()
    stores = [SQLiteStore(tmp_path / "nonces.db") for _ in range(2)]
    one, two = (Guard(users, "home", store=store, keys=KEYS) for store in stores)
    login = Login(one)
    one.log_out("alice")
    assert is_over(login.ask(two))
    again = Login(two)
    users.answers = False
    outcome = again.ask(one)
    assert isinstance(outcome, Refused)
    assert outcome.status == 503
    with pytest.raises(SourceUnavailable):
        one.log_out("alice")
    for store in stores:
        store.close()


class Down(MemoryStore):
    """A store that stops working, or takes no last count."""

    answer: object = None

    def advance(self, *step, lifetime):
        """See NonceStore."""
        if self.answer is None:
            return super().advance(*step, lifetime=lifetime)
        raise OSError(self.answer)


def test_a_store_that_is_down():
    """That nobody is logged out is said by an error."""
    store = Down()
    guard = Guard(USERS, "home", store=store)
    login = Login(guard)
    store.answer = "down"
    with pytest.raises(SourceUnavailable):
        guard.log_out(login.outcome)


def test_those_who_await():
    """The same for servers that await, with users that have to be awaited too."""

    class Awaited(Kept):
        """As a database would be."""

        __slots__ = ()

        async def logged_out(self, username, realm):
            """See LogoutUsers."""
            return Kept.logged_out(self, username, realm)

        async def log_out(self, username, realm, now):
            """See LogoutUsers."""
            Kept.log_out(self, username, realm, now)

    guard = Guard(Awaited(), "home")

    async def ran():
        client = DigestClient("alice", "s3cret")
        refused = await guard.check_async("GET", "/", {})
        assert isinstance(refused, Refused)
        client.challenged([value for _, value in refused.fields], None)
        fields = [signed(client) for _ in range(3)]
        outcome = await guard.check_async("GET", "/", fields[0])
        assert isinstance(outcome, Accepted)
        await guard.log_out_async("alice")
        assert is_over(await guard.check_async("GET", "/", fields[1]))
        await guard.log_out_async(outcome)
        assert is_over(await guard.check_async("GET", "/", fields[2]))

    asyncio.run(ran())


def test_a_cache_in_front():
    """Logouts are asked for each time, also where H(A1) is remembered."""
    guard = Guard(CachedUsers(MappingUsers(USERS, "home", [by_name("SHA-256"), by_name("MD5")])), "home")
    login = Login(guard)
    guard.log_out("alice")
    assert is_over(login.ask(guard))


def test_threads():
    """Of many requests at once none passes after the logout has returned."""
    guard = Guard(USERS, "home")
    login = Login(guard)
    fields = [signed(login.client) for _ in range(200)]
    over, passed = threading.Event(), []

    def go(field):
        was_over = over.is_set()
        if isinstance(guard.check("GET", "/", field), Accepted):
            passed.append(was_over)

    threads = [threading.Thread(target=go, args=[field]) for field in fields]
    for number, thread in enumerate(threads):
        thread.start()
        if number == 100:
            guard.log_out(login.outcome)
            over.set()
    for thread in threads:
        thread.join()
    assert not any(passed)


def test_many_logouts_at_once():
    """What another thread adds and forgets meanwhile makes none of them fail."""
    logouts, failed = MemoryLogouts(kept=50), []

    def go(name):
        try:
            for now in range(3000):
                logouts.log_out(f"{name} {now}", "home", now)
        except Exception as error:  # noqa: BLE001 - looked at below
            failed.append(error)

    threads = [threading.Thread(target=go, args=[name]) for name in ("alice", "bob", "carol")]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not failed


def test_guards_of_connections():
    """Who is logged out is so on each connection, where a player goes on with a nonce of that connection."""
    guard = Guard(USERS, "camera", qop=[], allow_rfc2069=True)
    door = guard.for_connection()
    login = Login(door)
    assert not is_over(login.ask(door))
    guard.log_out("alice")
    assert is_over(login.ask(door))
    again = guard.for_connection()
    assert not is_over(Login(again).ask(again))


def test_a_logout_is_forgotten_with_the_last_nonce_that_it_speaks_of():
    """Not a microsecond sooner; and a later one of the same user counts."""
    logouts = MemoryLogouts(kept=100)
    logouts.log_out("alice", "home", 1000)
    logouts.log_out("bob", "home", 1100)
    assert logouts.logged_out("alice", "home") == 1000
    logouts.log_out("alice", "home", 1101)
    logouts.log_out("carol", "home", 1201)
    assert [logouts.logged_out(name, "home") for name in ("alice", "bob", "carol")] == [1101, 0, 1201]
    assert len(logouts) == 2
