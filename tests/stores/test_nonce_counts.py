"""A state machine of nonce counts: issue, use, time, eviction, restart, in any order hypothesis can think of.

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
from tests.stores.nonce_stores import OPENERS, Clock, count, source_for

LIFETIME = 100


def naive(sequence, seen, nc):
    """Whether the definition of the rule accepts `nc` after `seen`."""
    highest = max(seen, default=0)
    if isinstance(sequence, SequenceDetect):
        return nc == highest + 1
    return nc > highest or (highest < MAX_NC and highest - nc < sequence.window and nc not in seen)


class NonceCounts(RuleBasedStateMachine):
    """One server that restarts now and then, and its clients."""

    issued = Bundle("issued")
    store_name = "memory"

    @initialize(
        sequence=st.sampled_from([ReplayDetect(1), ReplayDetect(4), ReplayDetect(), SequenceDetect()]),
        capacity=st.integers(1, 4),
    )
    def open(self, sequence, capacity):
        """A first start."""
        self.sequence, self.capacity = sequence, capacity
        self.clock = Clock()
        # In the order of acceptance: a mapping is a set that keeps it, so that hypothesis can run the same again.
        self.ever_accepted: dict[tuple[bytes, int], None] = {}
        self.drawn = itertools.count()
        self.seen: dict[bytes, set[int]] = {}
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

    @rule(nonce=issued)
    def use_next(self, nonce):
        """What a well-behaved client does next."""
        self.judge(nonce, min(max(self.seen.get(nonce, set()), default=0) + 1, MAX_NC))

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

    def judge(self, nonce, nc):
        """Count, and compare with both oracles."""
        verdict = count(self.store, self.nonces, nonce, nc, self.sequence)
        if verdict is Verdict.ACCEPTED:
            assert (nonce, nc) not in self.ever_accepted, "a replay was accepted"
        else:
            assert verdict.stale, "a client with a right digest was refused for good"
        if self.is_exact(nonce):
            expected = naive(self.sequence, self.seen.get(nonce, set()), nc)
            assert (verdict is Verdict.ACCEPTED) == expected, verdict
        if verdict is Verdict.ACCEPTED:
            self.ever_accepted[nonce, nc] = None
            self.seen.setdefault(nonce, set()).add(nc)
            if nonce not in self.begun:
                self.begun.append(nonce)

    def is_exact(self, nonce):
        """Whether nothing of this nonce's counts can have been lost, so that the verdict is certain."""
        recognised = self.nonces.recognise(nonce)
        if not self.lossless or recognised is None or recognised[1] != self.store.epoch:
            return False
        # A store drops the nonces begun first or those that die first; what is neither is kept by all.
        newest, longest = self.begun[-self.capacity :], sorted(self.begun)[-self.capacity :]
        return (nonce in newest and nonce in longest) or len(self.begun) <= self.capacity


@pytest.mark.parametrize("store_name", OPENERS)
def test_no_history_of_counts_accepts_a_replay(store_name):
    """A replay is never accepted; a fresh nonce is refused as stale only, and not at all if nothing was lost."""
    machine = type("NonceCounts", (NonceCounts,), {"store_name": store_name})
    # A file is slower than memory by the price of opening it at each restart.
    examples = 200 if store_name == "memory" else 50
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=40, deadline=None))
