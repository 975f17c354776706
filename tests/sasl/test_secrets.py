"""What an end holds: never copied, never shown, dropped when it is not needed."""

from __future__ import annotations

import copy
import pickle

import pytest

from tests.sasl.dead_ends import assert_dead
from tests.sasl.user_hash import HA1


@pytest.mark.parametrize("copier", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_exchange_cannot_be_copied(pair, copier):
    """Two copies would use one key stream twice."""
    both = pair("rc4").login()
    for end in both.client, both.server:
        with pytest.raises(TypeError):
            copier(end)


def test_repr_shows_no_secret(pair):
    """Names and state only."""
    both = pair("rc4")
    seen = repr(both.client) + repr(both.server)
    both.login()
    seen += repr(both.client) + repr(both.server)
    both.client.close()
    seen += repr(both.client)
    assert "secret" not in seen
    assert both.server.session_key().hex() not in seen
    assert "closed" in seen


@pytest.mark.parametrize("secret", [{"password": "secret"}, {"password": None, "ha1": HA1}])
def test_the_password_is_dropped_at_the_end(pair, secret):
    """After success and after failure the client holds neither the password nor its hash."""
    for finish in (lambda both: both.login(), lambda both: both.client.close()):
        both = pair("auth-int", client=secret)
        held = vars(both.client).values()
        assert "secret" in held or HA1 in held
        finish(both)
        assert "secret" not in held
        assert HA1 not in held


def test_closing_drops_the_keys(pair):
    """close() ends the context."""
    both = pair("rc4").login()
    both.client.close()
    assert_dead(both.client)
    assert both.server.complete
