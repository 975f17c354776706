"""Where passwords and their hashes come from, on either side."""

from __future__ import annotations

import pytest

from digest_http import calculation
from digest_http.errors import LogonDenied, SourceUnavailable
from tests.sasl.dead_ends import assert_dead
from tests.sasl.user_hash import HA1


class HashedUsers:
    """Users of the HTTP side."""

    def ha1(self, username, realm, algorithm):
        """See Users.ha1."""
        assert algorithm.name == "MD5"
        return calculation.hex_octets(HA1) if (username, realm) == ("chris", "example.com") else None


@pytest.mark.parametrize(
    "users",
    [
        {"chris": "secret"},
        {"chris": HA1},
        {"chris": HA1.hex().encode()},
        lambda username, realm: {"chris@example.com": "secret"}.get(f"{username}@{realm}"),
        HashedUsers(),
    ],
    ids=["passwords", "raw", "hex", "callable", "object"],
)
@pytest.mark.parametrize(
    "secret",
    [{}, *({"password": None, "ha1": ha1} for ha1 in (HA1, HA1.hex(), HA1.hex().encode()))],
    ids=["password", "raw", "text", "hex"],
)
def test_passwords_and_hashes(pair, users, secret):
    """Either side may keep H(A1) instead of the password."""
    pair(client=secret, server={"users": users}).login()
    both = pair(client={**secret, "username": "nobody"}, server={"users": users})
    with pytest.raises(LogonDenied):
        both.server.step(both.client.step(both.server.step()))


@pytest.mark.parametrize("users", [lambda *_: 1 / 0, lambda *_: 5])
def test_a_source_that_fails_lets_nobody_in(pair, users):
    """An error of ours, never a pass."""
    both = pair(server={"users": users})
    response = both.client.step(both.server.step())
    with pytest.raises(SourceUnavailable):
        both.server.step(response)
    assert_dead(both.server)
