"""The authorization identity: acting as oneself or as another, and the policy that decides."""

from __future__ import annotations

import pytest

from digest_http.errors import LogonDenied, SourceUnavailable
from tests.sasl.dead_ends import assert_dead


@pytest.mark.parametrize("authzid", [None, "", "chris"])
def test_acting_as_oneself(pair, authzid):
    """Absent, empty and one's own name need no policy."""
    both = pair(client={"authzid": authzid}).login()
    assert both.server.authzid == authzid


@pytest.mark.obeys("sasl-authzid")
def test_acting_as_another_needs_a_policy(pair):
    """Refused by default, in a way that is not the password's."""
    both = pair(client={"authzid": "root"})
    with pytest.raises(LogonDenied) as caught:
        both.server.step(both.client.step(both.server.step()))
    assert caught.value.reason == "authzid"
    assert_dead(both.server)


@pytest.mark.parametrize(("answer", "allowed"), [(True, True), (False, False), ("yes", False), (None, False)])
def test_the_policy_decides(pair, answer, allowed):
    """Asked with user, realm and authzid; only True is a yes."""
    asked = []

    def authorize(*arguments):
        asked.append(arguments)
        return answer

    both = pair(client={"authzid": "Ω"}, server={"authorize": authorize})
    response = both.client.step(both.server.step())
    if allowed:
        both.client.step(both.server.step(response))
        assert both.server.authzid == "Ω"
    else:
        with pytest.raises(LogonDenied):
            both.server.step(response)
    assert asked == [("chris", "example.com", "Ω")]


def test_the_policy_may_refuse_oneself(pair):
    """With a policy, a named identity is always asked about."""
    both = pair(client={"authzid": "chris"}, server={"authorize": lambda *_: False})
    with pytest.raises(LogonDenied):
        both.server.step(both.client.step(both.server.step()))


def test_the_policy_is_not_asked_about_a_wrong_password(pair):
    """A stranger learns nothing of it."""
    both = pair(client={"authzid": "root", "password": "no"}, server={"authorize": lambda *_: pytest.fail("asked")})
    with pytest.raises(LogonDenied):
        both.server.step(both.client.step(both.server.step()))


def test_a_policy_that_fails_refuses(pair):
    """An exception is not a yes."""
    both = pair(client={"authzid": "root"}, server={"authorize": lambda *_: 1 / 0})
    with pytest.raises(SourceUnavailable):
        both.server.step(both.client.step(both.server.step()))
