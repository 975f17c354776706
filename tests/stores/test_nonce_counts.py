"""A state machine of nonce counts: issue, use, time, eviction, restart, in any order hypothesis can think of.

Settings change between restarts and while the store is in use: rule, lifetime, capacity.

Two oracles watch. The first is the promise: it remembers every (nonce, count) ever accepted, over restarts too, and a
second acceptance is a broken promise. The second knows when nothing can have been lost; then the verdict must be the
one that the definition of the rule gives, so that a store cannot be sound by refusing everything.
"""

import itertools
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from digest_http.httpauth.sequence import MAX_NC, ReplayDetect, SequenceDetect
from digest_http.httpauth.verdict import Verdict
from tests.stores.nonce_stores import IN_PROCESS, OPENERS, STORES, Clock, count, reopened, source_for
from tests.stores.seen_counts import SeenCounts

LIFETIME = 100


RULES = [ReplayDetect(1), ReplayDetect(4), ReplayDetect(), SequenceDetect()]


class NonceCounts(RuleBasedStateMachine):
    """One server that restarts now and then, and its clients."""

    issued = Bundle("issued")
    heads = Bundle("heads")
    store_name = "memory"

    @initialize(
        sequence=st.sampled_from(RULES),
        capacity=st.integers(1, 4),
    )
    def open(self, sequence, capacity):
        """A first start."""
        self.sequence, self.capacity = sequence, capacity
        self.clock = Clock()
        # In the order of acceptance: a mapping is a set that keeps it, so that hypothesis can run the same again.
        self.ever_accepted: dict[tuple[bytes, int], None] = {}
        self.drawn = itertools.count()
        self.seen: dict[bytes, SeenCounts] = {}
        self.store: Any = None
        self.restart()

    @rule()
    def restart(self):
        """The process starts again with the same keys and whatever its store kept."""
        self.store = OPENERS[self.store_name](self.capacity)
        self.nonces = source_for(self.store, self.clock, LIFETIME, random=self.random)
        # Nonces begun on this store, oldest first: those that later ones may have pushed out.
        self.begun: list[bytes] = []
        self.lossless = True

    @rule(capacity=st.integers(1, 4))
    def roll(self, capacity):
        """A worker of another configuration takes the place of this one, on the same file or server."""
        if self.store_name in IN_PROCESS:
            return
        self.store, self.capacity = reopened(self.store, capacity), capacity
        self.nonces = source_for(self.store, self.clock, LIFETIME, random=self.random)
        self.lossless = False

    @rule(
        sequence=st.sampled_from(RULES),
        lifetime=st.sampled_from([LIFETIME, LIFETIME / 2, 3 * LIFETIME]),
        overtime=st.sampled_from([0, LIFETIME, 5 * LIFETIME]),
    )
    def another_setting(self, sequence, lifetime, overtime):
        """The same store is used by one whose rule and lifetime are others, and who waits longer for bodies."""
        self.sequence = sequence
        self.nonces = source_for(self.store, self.clock, lifetime, self.random, overtime)

    def random(self, size):
        """Octets that differ each time, and are the same when hypothesis runs the same history again."""
        return next(self.drawn).to_bytes(size, "big")

    @rule(target=issued)
    def issue(self):
        """Someone gets a challenge."""
        return self.nonces.issue()

    @rule(nonce=issued, nc=st.integers(1, 9) | st.integers(MAX_NC - 5, MAX_NC) | st.integers(1, MAX_NC))
    def use(self, nonce, nc):
        """A request with a right digest."""
        self.judge(nonce, nc)

    @rule(target=heads, nonce=issued, nc=st.integers(1, 9) | st.integers(1, MAX_NC))
    def head(self, nonce, nc):
        """The head of a request has arrived, and its body has not."""
        return nonce, nc, self.nonces.now()

    @rule(head=heads)
    def body(self, head):
        """The body is there, and only now can the request be verified; or the same is sent once more."""
        self.judge(*head)

    @rule(nonce=issued)
    def use_next(self, nonce):
        """What a well-behaved client does next."""
        self.judge(nonce, min(self.seen.get(nonce, SeenCounts()).highest + 1, MAX_NC))

    @precondition(lambda self: self.ever_accepted)
    @rule(data=st.data())
    def replay(self, data):
        """What an eavesdropper does."""
        self.judge(*data.draw(st.sampled_from(list(self.ever_accepted))))

    @rule(seconds=st.sampled_from([0.000001, 1, LIFETIME / 2, LIFETIME, 2 * LIFETIME]))
    def wait(self, seconds):
        """Time passes; entries may be dropped from now on."""
        self.clock.now += seconds
        if seconds >= LIFETIME / 2:
            self.lossless = False

    @rule(seconds=st.sampled_from([1, LIFETIME]))
    def clock_goes_back(self, seconds):
        """The clock is set back."""
        self.clock.now -= seconds
        self.lossless = False

    def judge(self, nonce, nc, arrived=None):
        """Count, and compare with both oracles."""
        verdict = count(self.store, self.nonces, nonce, nc, self.sequence, arrived)
        if verdict is Verdict.ACCEPTED:
            assert (nonce, nc) not in self.ever_accepted, "a replay was accepted"
        else:
            assert verdict.stale, "a client with a right digest was refused for good"
        exact = self.is_exact(nonce)
        if exact or verdict is Verdict.ACCEPTED:
            expected = self.seen.setdefault(nonce, SeenCounts()).judge(self.sequence, nc)
            assert verdict is expected
        if verdict is Verdict.ACCEPTED:
            self.ever_accepted[nonce, nc] = None
            if nonce not in self.begun:
                self.begun.append(nonce)

    def is_exact(self, nonce):
        """Whether nothing of this nonce's counts can have been lost, so that the verdict is certain."""
        recognised = self.nonces.recognise(nonce)
        if not self.lossless or recognised is None or recognised[1] != self.store.epoch:
            return False
        # A store drops the nonces begun first or those that die first; what is neither is kept by all.
        newest, youngest = self.begun[-self.capacity :], sorted(self.begun)[-self.capacity :]
        return (nonce in newest and nonce in youngest) or len(self.begun) <= self.capacity


@pytest.mark.parametrize("store_name", STORES)
def test_no_history_of_counts_accepts_a_replay(store_name):
    """A replay is never accepted; a fresh nonce is refused as stale only, and not at all if nothing was lost."""
    machine = type("NonceCounts", (NonceCounts,), {"store_name": store_name})
    # A file is slower than memory by the price of opening it at each restart; the packed store has its own machine.
    examples = min(200 if store_name == "memory" else 30, 2 * settings().max_examples)
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=40, deadline=None))
