"""The limiter: only failures count, who has too many is not even looked at, and others go on."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from digest_http.errors import ConfigurationError
from digest_http.guard import Guard, Refused
from digest_http_middleware.beside import Beside, basic, basic_name, bearer
from digest_http_middleware.limits import Throttle
from digest_http_middleware.prometheus import PrometheusMetrics
from tests.attacks.driver import REALM, USERS, Clock, Server
from tests.attacks.signing import Signer, ha1, parameters
from tests.stores_shared.redis_servers import RedisServer
from tests.support.hash_calls import hash_calls

from .served import ADDRESS, DOORS, Heard, signed, signer

ELSEWHERE = "203.0.113.5"


@pytest.fixture(params=DOORS)
def door(request):
    """Makes a door with a policy."""
    return DOORS[request.param]


def limited(door, login: str | None = "3 per minute", address: str | None = "5 per minute", **policy: Any) -> Any:
    """A door with small limits."""
    return door(throttle=Throttle(login=login, address=address), **policy)


def guess(opened: Any, times: int, username: str = "alice", address: str | None = ADDRESS) -> list[int]:
    """The answers to so many wrong passwords."""
    return [opened.ask(signed(opened, username, "wrong"), address=address).status for _ in range(times)]


def test_too_many_for_one_name(door):
    """The right password is refused too; from another address, and for another name, it is not."""
    heard = Heard()
    opened = limited(door, observers=[heard])
    assert guess(opened, 5) == [401, 401, 401, 429, 429]
    answer = opened.ask(signed(opened))
    assert answer.status == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "www-authenticate" not in answer.headers
    assert heard[-1][1:5] == ("throttled", 429, "alice", "MD5")
    assert opened.ask(signed(opened), address=ELSEWHERE).status == 200
    assert opened.ask(signed(opened, "bob", "b0b")).status == 200
    assert opened.ask().status == 401


def test_too_many_from_one_address(door):
    """Names of all kinds together; then nobody logs in from there, and everybody from elsewhere."""
    opened = limited(door)
    assert [guess(opened, 1, f"user{number}") for number in range(5)] == [[401]] * 5
    assert guess(opened, 1, "another") == [429]
    assert opened.ask(signed(opened)).status == 429
    assert opened.ask(signed(opened), address=ELSEWHERE).status == 200


def basic_field(name: str, password: str) -> bytes:
    """A name and a password in clear."""
    return b"Basic " + b64encode(f"{name}:{password}".encode())


@pytest.mark.parametrize("kind", [kind for kind in DOORS if kind != "guard"])
def test_passwords_of_basic_are_guesses_too(kind):
    """Who is stopped at Digest does not go on with Basic, nor the other way round; no token and no session counts."""
    asked = []

    def check(name, password):
        asked.append(name)
        return name if USERS.get(name) == password else None

    ways = [bearer(lambda _token: None, REALM), basic(check, REALM)]
    opened = limited(DOORS[kind], beside=ways, address=None)
    # A wrong password is seen before a nonce is.
    guessed = signed(DOORS[kind](), "alice", "wrong")
    right, wrong = basic_field("alice", "s3cret"), basic_field("ALICE", "guess")
    assert opened.ask(right).status == 200
    assert [opened.ask(b"Bearer expired").status for _ in range(5)] == [401] * 5
    assert [opened.ask(wrong).status for _ in range(2)] == [401, 401]
    assert [opened.ask(guessed).status for _ in range(2)] == [401, 429]
    answer = opened.ask(right)
    assert (answer.status, "www-authenticate" in answer.headers) == (429, False)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert asked == ["alice", "ALICE", "ALICE"]
    assert opened.ask(right, address=ELSEWHERE).status == 200
    assert opened.ask().status == 401
    assert opened.ask(basic_field("bob", "b0b")).status == 200


@pytest.mark.parametrize("kind", [kind for kind in DOORS if kind != "guard"])
def test_passwords_of_a_way_of_ones_own(kind):
    """They count where the way says whose they are; if it fails to, nobody is asked."""

    def claimed(request):
        name = basic_name(request)
        if name == "raises":
            raise LookupError(name)
        return 7 if name == "number" else name

    asked: list[Any] = []
    opened = limited(DOORS[kind], beside=[Beside(asked.append, claims=claimed)], address=None)
    assert [opened.ask(basic_field("alice", "guess")).status for _ in range(4)] == [401, 401, 401, 429]
    assert len(asked) == 3
    assert [opened.ask(basic_field(name, "x")).status for name in ("raises", "number")] == [503, 503]
    assert len(asked) == 3
    assert [opened.ask(b"Bearer x").status for _ in range(4)] == [401] * 4


def test_a_wrong_claims():
    """It is refused when it is made."""
    with pytest.raises(ConfigurationError, match=r"^claims is 1; write a function of one argument"):
        Beside(print, claims=cast("Any", 1))


def test_right_and_stale_requests_do_not_count(door):
    """Neither a used count nor a nonce that is not ours is a guess: the password was right."""
    opened = limited(door, login="1 per minute", address="1 per minute")
    field = signed(opened)
    assert opened.ask(field).status == 200
    assert [opened.ask(field).status for _ in range(4)] == [401] * 4
    foreign = signer(opened).sign(uri="/own", nonce="0" * 78)
    assert [opened.ask(foreign).status for _ in range(4)] == [401] * 4
    assert [opened.ask(signed(opened)).status for _ in range(4)] == [200] * 4
    assert [opened.ask(b"Digest ???").status for _ in range(4)] == [400] * 4
    assert guess(opened, 2) == [401, 429]


def test_case_makes_no_other_name(door):
    """A source that takes ALICE for alice gives nobody more tries."""
    opened = limited(door, login="2 per minute", address=None)
    assert [guess(opened, 1, name) for name in ("alice", "ALICE", "Alice")] == [[401], [401], [429]]


def test_nothing_is_asked_or_hashed(door):
    """A request that has to wait costs no look-up, no hash and no count."""
    asked: list[str] = []

    def found(name: str, realm: str, algorithm: Any) -> str | None:
        asked.append(name)
        return ha1(algorithm.name, name, realm, USERS[name]) if name in USERS else None

    opened = limited(door, login="1 per minute", users=found)
    field = signed(opened)
    guess(opened, 1)
    asked.clear()
    statuses: list[int] = []
    assert hash_calls(lambda: statuses.append(opened.ask(field).status)) == []
    assert (statuses, asked) == ([429], [])
    assert opened.ask(field, address=ELSEWHERE).status == 200  # its count is still good


def test_a_body_is_not_read():
    """With auth-int a request that has to wait is answered from its head."""
    server = Server(throttle=Throttle(login="1 per minute"), qop=["auth-int"], algorithms=["MD5"])
    signer = server.signer(password="wrong", algorithm="MD5")
    assert server.request("POST", "/x", signer.sign("POST", body=b"hi"), body=b"hi").status == 401
    field = server.signer(algorithm="MD5").sign("POST", body=b"hi")
    assert server.request("POST", "/x", field, body=b"not that", disconnect=True).status == 429


@pytest.mark.parametrize(("first", "second", "same"), [
    ("2001:db8::1", "2001:db8::ffff", True),
    ("2001:db8::1", "2001:db8:0:1::1", False),
    ("::ffff:192.0.2.7", "192.0.2.7", True),
    ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
    ("192.0.2.7", "192.0.2.8", False),
    (None, None, True),
    (None, "testclient", True),
    (None, "192.0.2.7", False),
])  # fmt: skip
def test_what_is_one_address(first, second, same):
    """An IPv6 network of one customer, an IPv4 address however it is written, and all that are not known."""
    opened = limited(DOORS["guard"], address="1 per minute")
    assert guess(opened, 1, address=first) == [401]
    assert guess(opened, 1, address=second) == [429 if same else 401]


@pytest.mark.parametrize("name", ["a/192.0.2.9", "x" * 300, "a b\x85c", "Zoë", "/", "%s{}"])
def test_names_of_all_kinds(name):
    """A name is the account of its address alone, whatever it is made of."""
    opened = limited(DOORS["guard"], login="1 per minute")
    assert guess(opened, 2, name) == [401, 429]
    assert guess(opened, 1, name, ELSEWHERE) == [401]
    assert guess(opened, 1, "a", "192.0.2.9") == [401]


def test_the_address_behind_a_proxy():
    """Who writes another address into the field gets no more tries."""
    server = Server(throttle=Throttle(address="2 per minute"), algorithms=["MD5"], trusted_proxies=["192.0.2.7"])
    statuses = []
    for number in range(3):
        field = server.signer(f"user{number}", algorithm="MD5").sign()
        told = [(b"x-forwarded-for", b"198.51.100.%d, 203.0.113.5" % number)]
        statuses.append(server.request("GET", "/x", field, headers=told).status)
    assert statuses == [401, 401, 429]


class Slow:
    """A limiter that is awaited."""

    def __init__(self, error: Exception | None = None, delay: Any = 0) -> None:
        self.error, self.seconds = error, delay
        self.failures: list[tuple[str, str | None]] = []

    async def delay(self, _name: str, _client: str | None) -> Any:
        """See Throttle."""
        await asyncio.sleep(0)
        return self.seconds

    async def failed(self, name: str, client: str | None) -> None:
        """See Throttle."""
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        self.failures.append((name, client))


def asked(server: Server, password: str) -> Any:
    """The answer to one login, in an event loop."""
    field = server.signer(password=password, algorithm="MD5").sign()
    return asyncio.run(server.send("GET", "/x", field))


def test_one_that_is_awaited():
    """Its answers are waited for, and its time is a step of the event."""
    heard = Heard()
    throttle = Slow()
    server = Server(throttle=throttle, qop=None, algorithms=["MD5"], observers=[heard])
    assert asked(server, "wrong").status == 401
    assert throttle.failures == [("alice", ADDRESS)]
    assert [step.source for step in heard[-1].steps] == ["throttle", "users", "throttle"]
    assert asked(server, "s3cret").status == 200
    assert throttle.failures == [("alice", ADDRESS)]
    throttle.seconds = 0.2
    answer = asked(server, "s3cret")
    assert (answer.status, answer.values(b"retry-after")) == (429, [b"1"])


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), "soon", [1]], ids=repr)
def test_an_answer_that_is_none(seconds):
    """A limiter that does not say how long fails: 503, never a login and never an error of the server's."""
    server = Server(throttle=Slow(delay=seconds), qop=None, algorithms=["MD5"])
    assert asked(server, "s3cret").status == 503


def test_a_very_long_wait():
    """Retry-After says a day at most."""
    server = Server(throttle=Slow(delay=1e300), qop=None, algorithms=["MD5"])
    assert asked(server, "s3cret").values(b"retry-after") == [b"86400"]


def test_who_cannot_be_counted_learns_nothing(caplog):
    """The limiter fails while a wrong password is counted: 503 for it, and the log says whose fault it is."""
    server = Server(throttle=Slow(OSError("no route")), qop=None, algorithms=["MD5"])
    answer = asked(server, "wrong")
    assert (answer.status, answer.challenges, answer.values(b"retry-after")) == (503, [], [b"5"])
    assert caplog.records[-1].getMessage().startswith("throttle-down ")
    assert asked(server, "s3cret").status == 200


@pytest.mark.parametrize(("door_name", "storage"), [
    ("asgi", "redis://127.0.0.1:1/0"),
    ("fastapi", "redis://127.0.0.1:1/0"),
    ("wsgi", "async+memory://"),
])  # fmt: skip
def test_a_storage_that_does_not_fit_the_server(door_name, storage):
    """One that blocks would stop an event loop, and one that is awaited cannot be asked by WSGI."""
    with pytest.raises(ConfigurationError, match=r"throttle.*write a storage"):
        DOORS[door_name](throttle=Throttle(storage))


def test_wsgi_and_a_limiter_of_ones_own():
    """One with coroutines is seen when the middleware is made."""
    with pytest.raises(ConfigurationError, match="throttle"):
        DOORS["wsgi"](throttle=Slow())


def test_no_secret_of_the_storage():
    """The password of the URL is in no error, repr or pickle."""
    with pytest.raises(ConfigurationError) as caught:
        Throttle("gopher://user:s3cretword@host")
    assert "s3cretword" not in str(caught.value) + repr(caught.value.__cause__)
    throttle = Throttle("redis://user:s3cretword@127.0.0.1:1/0", address=None)
    assert repr(throttle) == "<Throttle login='10 per 15 minute' address=none>"


def test_it_waits_as_long_as_the_window():
    """The window begins with the first failure, and ends for all; the clock is the storage's."""
    now = [0.0]
    throttle = Throttle(login="1 per minute", address="2 per hour", clock=lambda: now[0])
    assert throttle.delay("alice", ADDRESS) == 0
    throttle.failed("alice", ADDRESS)
    assert throttle.delay("alice", ADDRESS) == 60  # by a clock that stands still it is never more than the window
    throttle.failed("bob", ADDRESS)
    assert throttle.delay("carol", ADDRESS) == 3600
    assert throttle.delay("carol", ELSEWHERE) == 0
    now[0] = 1e12
    assert throttle.delay("alice", ADDRESS) == 1  # a clock that is ahead asks for one second at least


def test_a_metric_of_throttled_requests():
    """They are counted like every other outcome."""
    registry = CollectorRegistry()
    opened = limited(DOORS["asgi"], login="1 per minute", observers=[PrometheusMetrics(registry)])
    guess(opened, 3)
    labels = {"realm": REALM, "reason": "throttled", "algorithm": "MD5"}
    assert registry.get_sample_value("digest_http_requests_total", labels) == 2


def test_a_storage_that_is_awaited():
    """The library's own storages for asyncio count and refuse the same, by name and by address."""
    server = Server(
        throttle=Throttle("async+memory://", login="1 per minute", address="2 per minute"), qop=None, algorithms=["MD5"]
    )
    fields = [
        server.signer(name, "wrong", algorithm="MD5").sign() for name in ("alice", "alice", "bob", "carol")
    ]  # fmt: skip

    async def guesses() -> list[int]:
        return [(await server.send("GET", "/x", field)).status for field in fields]

    assert asyncio.run(guesses()) == [401, 429, 401, 429]


def test_there_is_nothing_to_close_in_memory():
    """A program that closes what it has opened need not know which storage it is."""
    Throttle().close()
    closing = Throttle("async+memory://").close()
    assert closing is not None
    asyncio.run(closing)  # type: ignore[arg-type]  # a coroutine here


@pytest.mark.live
def test_workers_share_redis(tmp_path):
    """What one worker has counted, another one knows; awaited and blocking ones read the same."""
    server = RedisServer(tmp_path)
    server.start()
    try:
        limits: dict[str, Any] = {"login": "2 per minute", "address": "4 per minute"}
        counting = Throttle(server.url, **limits)
        assert guess(DOORS["wsgi"](throttle=counting), 3) == [401, 401, 429]
        counting.close()

        async def answers() -> list[int]:
            throttle = Throttle(f"async+{server.url}", **limits)
            guard = Guard(USERS, REALM, algorithms=["MD5"], clock=Clock(), throttle=throttle)
            found = []
            for name, password in [("alice", "s3cret"), ("bob", "b0b"), ("x", "wrong"), ("y", "wrong"), ("bob", "b0b")]:
                refused = await guard.check_async("GET", "/own", [])
                assert isinstance(refused, Refused)
                challenge = dict(refused.fields)[b"www-authenticate"]
                field = _answer(challenge, name, password)
                outcome = await guard.check_async("GET", "/own", [("authorization", field)], client=ADDRESS)
                found.append(getattr(outcome, "status", 200))
            closing = throttle.close()
            assert closing is not None
            await closing
            return found

        assert asyncio.run(answers()) == [429, 200, 401, 401, 429]
    finally:
        server.stop()


def _answer(challenge: bytes, name: str, password: str) -> bytes:
    return Signer(parameters(challenge), username=name, password=password).sign(uri="/own")
