"""Our client against our server with a real wire between them, each demanding all that the other can prove."""

from __future__ import annotations

import pytest

from tests.live.serving import ODD_TARGETS, PASSWORD, REALM, Serve, parameter
from tests.live.sessions import LogIn

pytestmark = pytest.mark.live

REQUESTS = 20
BODY = bytes(range(256)) * 256


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
@pytest.mark.parametrize("log_in", [("httpx", "direct")], indirect=True, ids="-".join)
def test_every_algorithm_proves_both_sides(served: Serve, log_in: LogIn, algorithm: str, qop: str) -> None:
    """Whatever the algorithm and the qop, the server lets the client in and the client believes the server."""
    site = served(algorithms=[algorithm], qop=[qop])
    with log_in(PASSWORD, verify="required") as client:
        answer = client.send("POST", f"{site.base_url}/echo", BODY)
        assert (answer.status_code, answer.content) == (200, BODY)
    last = site.exchanges()[-1]
    assert [parameter(last.credentials, name) for name in ("algorithm", "qop")] == [algorithm, qop]
    (info,) = last.authentication_info
    assert parameter(f"Digest {info}", "qop") == qop


def test_default_offer(served: Serve, log_in: LogIn) -> None:
    """Of the default offer the client takes SHA-256 and plain auth, and the app learns who it is."""
    site = served()
    with log_in(PASSWORD, verify="required") as client:
        login = client.send("GET", f"{site.base_url}/whoami").json()
    assert login == {"username": "alice", "realm": REALM, "algorithm": "SHA-256", "qop": "auth"}


def test_bodies_are_proved_both_ways(served: Serve, log_in: LogIn) -> None:
    """With auth-int alone on offer the bodies of request and answer are part of the proofs, empty ones too."""
    site = served(qop=["auth-int"])
    with log_in(PASSWORD, verify="required") as client:
        for body in (BODY, b"", BODY):
            answer = client.send("POST", f"{site.base_url}/echo", body)
            assert (answer.status_code, answer.content) == (200, body)
        assert client.hops.statuses == [401, 200, 200, 200]


def test_requests_in_sequence_count_up(served: Serve, log_in: LogIn) -> None:
    """A strict server, which takes no count but the next one, challenges only the first of many requests."""
    site = served(sequence="strict")
    with log_in(PASSWORD, verify="required") as client:
        for _ in range(REQUESTS):
            assert client.send("GET", f"{site.base_url}/whoami").status_code == 200
        assert client.hops.statuses == [401] + [200] * REQUESTS
    assert [exchange.nc for exchange in site.exchanges()[1:]] == list(range(1, REQUESTS + 1))


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_requests_at_once(served: Serve, log_in: LogIn, warm: bool) -> None:
    """Requests under way together overtake each other and are all let in."""
    site = served()
    with log_in(PASSWORD, verify="required") as client:
        if warm:
            assert client.send("GET", f"{site.base_url}/whoami").status_code == 200
        answers = client.at_once([f"{site.base_url}/whoami?{number}" for number in range(REQUESTS)])
        assert [answer.status_code for answer in answers] == [200] * REQUESTS
        if warm:
            assert client.hops.statuses == [401] + [200] * (REQUESTS + 1)
        used = [hop.nonce_and_count for hop in client.hops.signed]
        assert len(set(used)) == len(used)


def test_nextnonce_is_followed(served: Serve, log_in: LogIn) -> None:
    """Near the end of its life the nonce is replaced by nextnonce, and no request is challenged again."""
    site = served(nonce_lifetime=300)
    with log_in(PASSWORD, verify="required") as client:
        for _ in range(10):
            assert client.send("GET", f"{site.base_url}/whoami").status_code == 200
            site.advance_clock(90)
        assert client.hops.statuses == [401] + [200] * 10
        assert len({hop.parameter("nonce") for hop in client.hops.signed}) > 2
    offers = [info for exchange in site.exchanges() for info in exchange.authentication_info if "nextnonce=" in info]
    assert len(offers) > 1


def test_stale_nonce_is_refreshed(served: Serve, log_in: LogIn) -> None:
    """On a nonce that has run out the client goes on with a new one; a body still arrives whole."""
    site = served(nonce_lifetime=300)
    with log_in(PASSWORD, verify="required") as client:
        assert client.send("GET", f"{site.base_url}/whoami").status_code == 200
        site.advance_clock(301)
        answer = client.send("POST", f"{site.base_url}/echo", BODY)
        assert (answer.status_code, answer.content) == (200, BODY)
        assert client.hops.statuses == [401, 200, 401, 200]


def test_odd_targets(served: Serve, log_in: LogIn) -> None:
    """Targets pass as the client writes them, whatever it makes of the caller's spelling."""
    site = served()
    with log_in(PASSWORD, verify="required") as client:
        statuses = {
            name: client.send("GET", site.base_url + target).status_code for name, target in ODD_TARGETS.items()
        }
        assert statuses == dict.fromkeys(ODD_TARGETS, 200)


def test_redirect_is_signed_for_its_new_target(served: Serve, log_in: LogIn) -> None:
    """A redirect on the same origin is signed for the target it leads to."""
    site = served()
    with log_in(PASSWORD, verify="required") as client:
        answer = client.send("GET", f"{site.base_url}/moved")
        assert answer.status_code == 200
        assert answer.url.path == "/whoami"


def test_userhash_hides_the_name(served: Serve, log_in: LogIn) -> None:
    """With userhash no request shows the name, which needs no ASCII, and the app still learns it."""
    name = "Jäsøn Doe"
    site = served(userhash=True, users={name: PASSWORD})
    with log_in(PASSWORD, username=name, verify="required") as client:
        assert client.send("GET", f"{site.base_url}/whoami").json()["username"] == name
    assert parameter(site.exchanges()[-1].credentials, "userhash") == "true"


def test_name_beyond_ascii(served: Serve, log_in: LogIn) -> None:
    """A name and a password beyond ASCII pass without userhash too."""
    name, password = "Jäsøn Doe", "Пароль"
    site = served(users={name: password})
    with log_in(password, username=name, verify="required") as client:
        assert client.send("GET", f"{site.base_url}/whoami").json()["username"] == name


def test_wrong_password(served: Serve, log_in: LogIn) -> None:
    """A wrong password is tried once, and the 401 is handed to the caller."""
    site = served()
    with log_in("wrong", verify="required") as client:
        assert client.send("GET", f"{site.base_url}/whoami").status_code == 401
        assert client.hops.statuses == [401, 401]


def test_body_over_the_limit_is_refused(served: Serve, log_in: LogIn) -> None:
    """A body larger than auth-int may hold back is refused with 413, not cut."""
    site = served(qop=["auth-int"], max_body=len(BODY) - 1)
    with log_in(PASSWORD) as client:
        assert client.send("POST", f"{site.base_url}/echo", BODY).status_code == 413
