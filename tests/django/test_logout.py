"""Logging out of a Django site: this login, or all of a user's; the next request is asked for the password."""

from __future__ import annotations

import pytest

from digest_http_middleware.django import log_out_user
from tests.attacks.signing import Signer, parameters

pytestmark = pytest.mark.usefixtures("alice")


def browser(ask):
    """Who has logged in and goes on with one nonce."""
    signer = Signer(parameters(ask("GET", "/").headers.get_list("www-authenticate")[0].encode()), "alice", "s3cret")
    count = iter(range(1, 100))

    def go(method, target):
        field = signer.sign(method, target, nc=next(count))
        return ask(method, target, headers={"Authorization": field})

    assert go("GET", "/").status_code == 200
    return go


@pytest.mark.parametrize("page", ["/leave", "/aleave", "/leave-asgi", "/leave-wsgi"])
@pytest.mark.parametrize("everywhere", [False, True])
def test_logging_out(ask, page, everywhere):
    """The view that logs out still answers; what comes after is refused, and not as stale. Others stay, or all go."""
    here, there = browser(ask), browser(ask)
    answer = here("POST", f"{page}?everywhere" if everywhere else page)
    assert (answer.status_code, answer.text) == (200, "True")
    for _ in range(2):
        answer = here("GET", "/")
        assert (answer.status_code, answer.text) == (401, "You are logged out. Log in again.\n")
        assert "stale" not in answer.headers["www-authenticate"]
    assert there("GET", "/").status_code == (401 if everywhere else 200)
    assert browser(ask)("GET", "/").status_code == 200


def test_a_user_of_that_name(ask):
    """Staff can log somebody out."""
    here = browser(ask)
    assert not log_out_user("nobody")
    assert log_out_user("alice")
    assert here("GET", "/").status_code == 401
    assert browser(ask)("GET", "/").status_code == 200


def test_who_is_not_logged_in(ask):
    """There is nothing to end."""
    assert ask("POST", "/public/leave").text == "False"
