"""Django: the limiter, the observers, and the client's address behind a proxy."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from django.test.utils import override_settings

from digest_http.errors import ConfigurationError
from digest_http_client_auth import DigestAuth
from digest_http_middleware.beside import basic, bearer
from digest_http_middleware.django.beside import password
from digest_http_middleware.django.site import site
from digest_http_middleware.limits import Throttle
from tests.django.conftest import OURS, REALM, ask_asgi, ask_wsgi

pytestmark = pytest.mark.usefixtures("alice")


class Blocking:
    """A limiter that says that it blocks."""

    blocks, awaits = True, False

    def delay(self, _name: str, _client: str | None) -> float:
        """See Throttle."""
        return 0

    def failed(self, _name: str, _client: str | None) -> None:
        """See Throttle."""


class Awaiting:
    """A limiter that has to be awaited."""

    blocks, awaits = False, True

    async def delay(self, _name: str, _client: str | None) -> float:
        """See Throttle."""
        return 0

    async def failed(self, _name: str, _client: str | None) -> None:
        """See Throttle."""


def test_too_many_failures(ask):
    """429 with Retry-After and no challenge, for the right password too."""
    with override_settings(DIGEST_HTTP={"realm": REALM, "throttle": Throttle(login="2 per hour")}):
        for _ in range(2):
            assert ask("GET", "/", auth=DigestAuth("alice", "wrong")).status_code == 401
        answer = ask("GET", "/", auth=DigestAuth("alice", "s3cret"))
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert "www-authenticate" not in answer.headers


def own(name: str, password: str) -> str | None:
    """A check of the site's own."""
    return name if (name, password) == ("alice", "s3cret") else None


@pytest.mark.parametrize("way", [lambda: password(REALM), lambda: basic(own, REALM)], ids=["password", "basic"])
def test_passwords_of_other_ways(ask, way):
    """They are guesses as well, in the same account as those of Digest; tokens are none."""
    given = {"realm": REALM, "throttle": Throttle(login="3 per hour"), "beside": [bearer(lambda _: None, REALM), way()]}

    def by_basic(word: str) -> Any:
        return ask("GET", "/", headers={"Authorization": "Basic " + b64encode(f"alice:{word}".encode()).decode()})

    with override_settings(DIGEST_HTTP=given):
        assert by_basic("s3cret").status_code == 200
        assert [ask("GET", "/", headers={"Authorization": "Bearer x"}).status_code for _ in range(4)] == [401] * 4
        assert [by_basic("wrong").status_code for _ in range(2)] == [401, 401]
        assert ask("GET", "/", auth=DigestAuth("alice", "wrong")).status_code == 401
        answer = by_basic("s3cret")
        assert (answer.status_code, "www-authenticate" in answer.headers) == (429, False)
        assert 0 < int(answer.headers["retry-after"]) <= 3600
        assert ask("GET", "/", auth=DigestAuth("alice", "s3cret")).status_code == 429


@pytest.mark.parametrize(("limiter", "refuses"), [(Blocking, ask_asgi), (Awaiting, ask_wsgi)])
def test_limiters_that_do_not_fit(limiter, refuses):
    """One that blocks would hold up all that await, and one that is awaited cannot be where all block."""
    with (
        override_settings(DIGEST_HTTP={"realm": REALM, "throttle": limiter()}, MIDDLEWARE=[OURS]),
        pytest.raises(ConfigurationError, match="throttle"),
    ):
        refuses("GET", "/")
    takes = ask_wsgi if refuses is ask_asgi else ask_asgi
    with override_settings(DIGEST_HTTP={"realm": REALM, "throttle": limiter()}, MIDDLEWARE=[OURS]):
        assert takes("GET", "/", auth=DigestAuth("alice", "s3cret")).status_code == 200


def test_observers(ask):
    """They hear of each request: also of who came by another way."""
    heard: list[Any] = []
    ways = [bearer(lambda token: "alice" if token == "t" else None, REALM)]
    with override_settings(DIGEST_HTTP={"realm": REALM, "observers": [heard.append], "beside": ways}):
        ask("GET", "/", auth=DigestAuth("alice", "s3cret"))
        ask("GET", "/", auth=DigestAuth("alice", "wrong"))
        ask("GET", "/", headers={"Authorization": "Bearer t"})
    assert [(event.reason, event.username, event.realm) for event in heard] == [
        ("no-credentials", None, REALM), ("accepted", "alice", REALM),
        ("no-credentials", None, REALM), ("wrong-digest", "alice", REALM), ("beside", "alice", REALM),
    ]  # fmt: skip
    assert {step.source for event in heard for step in event.steps} == {"users", "store"}


@pytest.mark.parametrize("trusted", [True, False])
def test_the_address_behind_a_proxy(ask, caplog, trusted):
    """It is what a declared proxy says, for the log, the observers and the limiter; a stranger's word is not taken."""
    heard: list[Any] = []
    proxies = {"trusted_proxies": ["127.0.0.1"] if trusted else ["10.0.0.1"], "client_header": "X-Real-IP"}
    address = "192.0.2.7" if trusted else "127.0.0.1"
    with override_settings(DIGEST_HTTP={"realm": REALM, "observers": [heard.append], **proxies}):
        ask("GET", "/", headers={"X-Real-IP": "192.0.2.7"}, auth=DigestAuth("alice", "wrong"))
    assert {event.client for event in heard} == {address}
    assert f"wrong-digest client={address} method=GET" in caplog.text


def test_the_time_that_a_source_may_take():
    """The setting is checked where it is made."""
    with (
        override_settings(DIGEST_HTTP={"realm": REALM, "source_timeout": 0}),
        pytest.raises(ConfigurationError, match="source_timeout"),
    ):
        site()
