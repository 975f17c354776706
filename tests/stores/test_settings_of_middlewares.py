"""Two middlewares whose settings differ share a store, and both are started anew now and then: no header passes twice.

Every ordered pair of settings, in every store, through the ASGI interface: headers of nonces that either issued go to
one, to the other and back, at several ages, while other clients begin nonces and so make the store forget.
"""

from itertools import permutations
from typing import Any

import pytest

from tests.attacks.driver import Clock, Server
from tests.attacks.signing import Signer
from tests.stores.nonce_stores import OPENERS, reopened

# Counts and settings, which no interpreter sees otherwise.
pytestmark = pytest.mark.once

KEYS = [b"k" * 32]
CAPACITY = 1000

SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "lifetime 60": {"nonce_lifetime": 60},
    "lifetime 301": {"nonce_lifetime": 301},
    "lifetime 600": {"nonce_lifetime": 600},
    "window 1": {"window": 1},
    "window 64": {"window": 64},
    "window 4096": {"window": 4096},
    "strict": {"sequence": "strict"},
    "RFC 2069": {"allow_rfc2069": True},
    "qop auth": {"qop": ["auth"]},
    "qop auth-int": {"qop": ["auth-int"]},
    "MD5": {"algorithms": ["MD5"]},
    "userhash": {"userhash": True},
    "another realm": {"realm": "another"},
    "clock ahead": {"ahead": 100},
    "clock behind": {"ahead": -100},
    "capacity 1": {"capacity": 1},
    "all others": {
        "nonce_lifetime": 1000,
        "window": 9,
        "allow_rfc2069": True,
        "qop": ["auth-int", "auth"],
        "algorithms": ["SHA-512-256", "MD5"],
        "userhash": True,
        "ahead": 1,
        "capacity": 3,
    },
}


class Node:
    """A middleware of one setting, its clock, and the store as it has it."""

    def __init__(self, name, store, clock):
        self.policy = dict(SETTINGS[name])
        self.capacity = self.policy.pop("capacity", CAPACITY)
        ahead = self.policy.pop("ahead", 0)
        self.clock = lambda: clock() + ahead
        self.start(store)

    def start(self, store):
        """Begin, or begin anew with what the store still holds; memory stays with its process."""
        self.store = store if self.in_memory(store) else reopened(store, self.capacity)
        self.server = Server(store=self.store, keys=KEYS, clock=self.clock, **self.policy)

    @staticmethod
    def in_memory(store):
        """Whether there is but one object that both share."""
        return not hasattr(store, "shared") and not hasattr(store, "prefix")

    def sign(self, *counts):
        """Headers of one fresh nonce."""
        challenge = next(each for each in self.server.request().challenges if each["algorithm"] == "MD5")
        body = b"" if challenge["qop"] == "auth-int" else None
        return [Signer(challenge).sign("GET", "/x", nc, body=body) for nc in counts]

    def sign_rfc2069(self):
        """A header of the old form, if it may be used here."""
        if not self.policy.get("allow_rfc2069"):
            return []
        return [Signer(self.server.challenge("MD5")).sign("GET", "/x", None, qop=None, cnonce=None)]

    def status(self, header):
        """The answer to a header."""
        return self.server.request("GET", "/x", header).status


@pytest.mark.once
@pytest.mark.parametrize("first", SETTINGS)
@pytest.mark.parametrize("store_name", ["memory", "sqlite", pytest.param("redis", marks=pytest.mark.live)])
def test_no_header_passes_twice(store_name, first):
    """Whatever the other's setting is."""
    for one, other in permutations(SETTINGS, 2):
        if one != first:
            continue
        clock, store = Clock(), OPENERS[store_name](CAPACITY)
        nodes = [Node(name, store, clock) for name in (one, other)]
        headers = [
            header for node in nodes for header in (*node.sign(70, 5, 6, 1), *node.sign(1), *node.sign_rfc2069())
        ]
        accepted: set[bytes] = set()
        for wait in (0, 239, 62, 299):
            clock.now += wait
            for node in nodes if wait != 299 else reversed(nodes):
                for header in (*headers, *node.sign(1)):
                    status = node.status(header)
                    assert status in (200, 400, 401)
                    assert status != 200 or header not in accepted, (one, other, wait)
                    if status == 200:
                        accepted.add(header)
                # What was accepted a moment ago is what the other sees next.
                node.start(store)
        assert len(accepted) >= 6
