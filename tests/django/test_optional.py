"""Optional logins in Django: a public page that knows who has signed, and that may ask for a login itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test.utils import override_settings

from digest_http_client_auth import DigestAuth
from tests.attacks.signing import Signer, parameters
from tests.django.conftest import OURS, REALM

pytestmark = pytest.mark.usefixtures("alice")


@pytest.fixture(autouse=True)
def optional() -> Iterator[None]:
    """Public pages look at logins."""
    with override_settings(DIGEST_HTTP={"realm": REALM, "public": ["/public"], "optional": True}):
        yield


def signed(ask: Any, target: str, password: str = "s3cret", **changes: Any) -> dict[str, str]:
    """The field of somebody who was asked for a login elsewhere."""
    challenge = parameters(ask("GET", "/").headers.get_list("www-authenticate")[0].encode())
    return {"Authorization": Signer(challenge, "alice", password).sign("GET", target, **changes).decode()}


@pytest.mark.parametrize("page", ["/public/page", "/public/awaited"])
def test_a_public_page_knows_who_has_signed(ask, page):
    """A stranger is served as nobody, and who signs as himself, with the proof. No cache takes one for the other."""
    answer = ask("GET", page)
    assert (answer.status_code, answer.text) == (200, "nobody None ")
    assert "www-authenticate" not in answer.headers
    known = ask("GET", page, headers=signed(ask, page))
    assert (known.status_code, known.text) == (200, "alice auth ")
    assert "rspauth" in known.headers["authentication-info"]
    assert "Authorization" in answer.headers["vary"]
    assert "Authorization" in known.headers["vary"]


def test_wrong_credentials_are_refused(ask):
    """Also on an open page: a wrong password, a header that was there before, a header for another page."""
    assert ask("GET", "/public/page", headers=signed(ask, "/public/page", "wrong")).status_code == 401
    fields = signed(ask, "/public/page")
    assert [ask("GET", "/public/page", headers=fields).status_code for _ in range(2)] == [200, 401]
    assert ask("GET", "/public/page", headers=signed(ask, "/public/asking")).status_code == 400
    assert ask("GET", "/public/page", headers={"Authorization": "Digest x"}).status_code == 400


def test_a_page_that_asks(ask):
    """Its 401 gets the challenges, one a field; then it has its user. What it says of another scheme stays."""
    answer = ask("GET", "/public/asking")
    assert (answer.status_code, answer.text) == (401, "who are you?")
    assert [value.split()[0] for value in answer.headers.get_list("www-authenticate")] == ["Digest", "Digest"]
    assert answer.headers["cache-control"] == "no-store"
    assert ask("GET", "/public/asking", auth=DigestAuth("alice", "s3cret", verify="required")).text == "alice auth "
    assert ask("GET", "/public/bearer").headers.get_list("www-authenticate") == ["Bearer"]


def test_what_is_closed_stays_closed(ask):
    """A page that is not public, and one whose view asks by the decorator."""
    assert ask("GET", "/").status_code == 401
    answer = ask("GET", "/one/plain")
    assert answer.status_code == 401
    assert len(answer.headers.get_list("www-authenticate")) == 2
    assert ask("GET", "/one/plain", auth=DigestAuth("alice", "s3cret")).text == "alice auth "


def test_without_it(ask):
    """Credentials on a public page are not looked at, and its own 401 stays as it is."""
    with override_settings(DIGEST_HTTP={"realm": REALM, "public": ["/public"]}):
        assert ask("GET", "/public/page", headers={"Authorization": "Digest x"}).text == "nobody None "
        assert "www-authenticate" not in ask("GET", "/public/asking").headers


def test_without_sessions(ask):
    """Where no other middleware has found a user, a stranger is Django's own anonymous one."""
    with override_settings(MIDDLEWARE=[OURS]):
        assert ask("GET", "/public/page").text == "nobody None "
        assert ask("GET", "/public/page", headers=signed(ask, "/public/page")).text == "alice auth "
