"""Stateless nonces: recognised only as issued, by the same realm and keys."""

import hmac
import os
import re
import string
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError
from digest_http.httpauth.nonce_ids import issued_at
from digest_http.httpauth.nonce_life import CLOCK_SKEW, steady_microseconds
from digest_http.httpauth.nonces import NonceSource, claimed_issue, steady_clock
from tests.httpauth.nonce_sources import EPOCH, KEY, NOW, OTHER_KEY, SECOND, Clock, source
from tests.support.forked import in_child


def test_issued_nonces_are_recognised():
    """What is issued is recognised, with its issue in its id and the epoch of its store."""
    nonces = source(lifetime=300)
    recognised = nonces.recognise(nonces.issue())
    assert recognised is not None
    nonce_id, epoch = recognised
    assert issued_at(nonce_id) == NOW * SECOND
    assert epoch == EPOCH


def test_text_is_a_token():
    """A nonce is lower-case hex of a fixed width: nothing to quote, nothing to decode two ways."""
    nonces = source()
    issued = [nonces.issue() for _ in range(50)]
    assert {len(nonce) for nonce in issued} == {78}
    assert set(b"".join(issued)) <= set(b"0123456789abcdef")


@pytest.mark.obeys("nonce-is-fresh")
def test_two_in_one_tick_differ():
    """A40b: the clock stands still, yet each nonce and each id is its own."""
    nonces = source()
    issued = {nonces.issue() for _ in range(1000)}
    assert len(issued) == 1000
    assert len({nonces.recognise(nonce) for nonce in issued}) == 1000


def test_randomness_is_asked_for():
    """Nonces come from the `random` that was given, 96 bits each, so vectors need no patching."""
    asked = []

    def random(size):
        asked.append(size)
        return bytes(size)

    first, second = source(random=random), source(random=random)
    assert first.issue() == second.issue()
    assert asked == [12, 12]


@pytest.mark.obeys("nonce-is-fresh")
@pytest.mark.parametrize("position", range(78))
def test_tampering_at_every_position(position):
    """A16: any other character at any position is not recognised."""
    nonces = source()
    nonce = nonces.issue()
    others = [octet for octet in string.printable.encode() + b"\x00\xff" if octet != nonce[position]]
    for octet in others:
        assert nonces.recognise(nonce[:position] + bytes([octet]) + nonce[position + 1 :]) is None


def test_other_spellings():
    """A17: capitals, blanks, prefixes, cuts and doublings of a good nonce are not that nonce."""
    nonces = source()
    nonce = nonces.issue()
    spellings = [
        nonce.upper(),
        b" " + nonce,
        nonce + b" ",
        b"0x" + nonce,
        nonce[:-1],
        nonce + b"0",
        nonce * 2,
        b"0" + nonce,
    ]
    spellings += [nonce[:14].upper() + nonce[14:], b"+" + nonce[1:], b" " + nonce[1:], nonce[:13] + b"_" + nonce[14:]]
    for spelling in spellings:
        assert spelling == nonce or nonces.recognise(spelling) is None


@given(
    st.binary()
    | st.binary(min_size=78, max_size=78)
    | st.text("0123456789abcdef", min_size=78, max_size=78).map(str.encode)
)
def test_made_up_nonces(octets):
    """A14: octets that no key of ours made are not recognised, whatever they are."""
    assert source().recognise(octets) is None


def test_forged_with_a_fresh_time_and_no_mac():
    """A14: a right time under zeros instead of a MAC."""
    nonces = source()
    assert nonces.recognise(nonces.issue()[:46] + b"0" * 32) is None


def test_other_realms_and_servers():
    """A15: a nonce is good in one realm and under one key only."""
    nonce = source().issue()
    assert source(realm=b"s").recognise(nonce) is None
    assert source(realm=b"").recognise(nonce) is None
    assert source(keys=(OTHER_KEY,)).recognise(nonce) is None
    assert source().recognise(nonce) is not None


def test_key_and_realm_do_not_run_together():
    """A character moved from the realm to the key, or the other way, makes other nonces."""
    assert (
        source(realm=b"ab", keys=(b"k" * 16,)).recognise(source(realm=b"b", keys=(b"k" * 16 + b"a",)).issue()) is None
    )
    assert (
        source(realm=b"b", keys=(b"k" * 16 + b"a",)).recognise(source(realm=b"ab", keys=(b"k" * 16,)).issue()) is None
    )


def test_rotation():
    """The newest key signs, the older ones still verify, and one that left the list does not."""
    before = source(keys=(KEY,)).issue()
    both = source(keys=(OTHER_KEY, KEY))
    assert both.recognise(before) is not None
    assert source(keys=(OTHER_KEY,)).recognise(both.issue()) is not None
    assert source(keys=(KEY,)).recognise(both.issue()) is None
    assert source(keys=(OTHER_KEY,)).recognise(before) is None


def test_keys_that_change_while_running():
    """A function gives the keys of now: the next nonce is signed with the newest, and a dropped key's are foreign."""
    current = [KEY]
    nonces = source(keys=lambda: current)
    before = nonces.issue()
    assert nonces.recognise(before) is not None
    current = [OTHER_KEY, KEY]
    between = nonces.issue()
    assert source(keys=(OTHER_KEY,)).recognise(between) is not None
    assert nonces.recognise(before) is not None
    current = [OTHER_KEY]
    after = nonces.issue()
    assert nonces.recognise(before) is None
    assert nonces.recognise(between) is not None
    assert nonces.recognise(after) is not None


@pytest.mark.parametrize("change", ["another list", "in place"])
def test_a_key_that_left_verifies_nothing_more(change):
    """At once, whether or not anything is issued meanwhile; a nonce that was recognised before is forgotten, too."""
    current = [OTHER_KEY, KEY]
    nonces = source(keys=lambda: current)
    old, new = source(keys=(KEY,)).issue(), nonces.issue()
    assert nonces.recognise(old) is not None
    assert nonces.recognise(new) is not None
    if change == "in place":
        current.remove(KEY)
    else:
        current = [OTHER_KEY]
    assert nonces.recognise(old) is None
    assert nonces.recognise(new) is not None
    current.append(KEY)
    assert nonces.recognise(old) is not None


def test_the_same_keys_in_another_list():
    """What is remembered stays: a function may make its answer anew each time."""
    nonces = source(keys=lambda: [KEY[:], OTHER_KEY])
    nonce = nonces.issue()
    for _ in range(10):
        assert nonces.recognise(nonce) is not None
    known = nonces.kind.macs().known[nonce]
    assert nonces.kind.macs().recognise(nonce) is known


def test_a_thread_that_still_reads_under_a_key_that_left():
    """What it finds is remembered with that key alone, and so is forgotten with it."""
    keys = [KEY]
    nonces = source(keys=lambda: keys)
    nonce = nonces.issue()
    before = nonces.kind.macs()  # what the other thread has in its hands
    keys = [OTHER_KEY]
    assert nonces.recognise(nonce[::-1]) is None
    assert before.recognise(nonce) is not None
    assert nonces.recognise(nonce) is None


@pytest.mark.parametrize("current", [[], [b"short"]], ids=["none", "a short one"])
def test_keys_that_cannot_work_while_running(current):
    """Nothing is issued or recognised with them: it is said, and those of before do not go on."""
    keys = [KEY]
    nonces = source(keys=lambda: keys)
    nonce = nonces.issue()
    keys = current
    for call in (nonces.issue, lambda: nonces.recognise(nonce)):
        with pytest.raises(ConfigurationError):
            call()


@pytest.mark.parametrize("lifetimes", [(300, 600), (600, 300), (300, 0.5)])
def test_an_id_is_the_same_under_any_lifetime(lifetimes):
    """What is counted by holds no setting."""
    nonce = source().issue()
    first, second = (source(lifetime=lifetime).recognise(nonce) for lifetime in lifetimes)
    assert first == second is not None


def test_an_epoch_that_changes_while_running():
    """A function gives the epoch of now: another process may have begun a new one."""
    current = b"00000001"
    nonces = source(epoch=lambda: current)
    first = nonces.issue()
    current = b"00000002"
    epochs = [found[1] for found in map(nonces.recognise, (first, nonces.issue())) if found]
    assert epochs == [b"00000001", b"00000002"]


def test_only_nonces_of_the_right_length_are_remembered():
    """Long octets cost a password holder nothing to send, so they are not kept."""
    nonces = source()
    for size in (0, 77, 79, 8000):
        assert nonces.recognise(b"0" * size) is None
    assert nonces.kind.macs().known == {}


def test_workers_with_common_keys_know_each_others_nonces():
    """A47: what one worker issued, another recognises, with the epoch of the store it was issued on."""
    recognised = source(epoch=b"00000002").recognise(source(epoch=b"00000001").issue())
    assert recognised is not None
    assert recognised[1] == b"00000001"


def test_nothing_of_the_key_is_in_the_nonce():
    """A39: neither the key's octets nor its hex, nor those of a key derived from it by a plain hash."""
    key = bytes(range(200, 232))
    nonces = source(keys=(key,))
    text = b"".join(nonces.issue() for _ in range(200))
    for size in (4, 8):
        pieces = [key[at : at + size] for at in range(len(key) - size + 1)]
        assert not any(piece in text or piece.hex().encode() in text for piece in pieces)


@pytest.mark.obeys("nonce-time")
def test_life():
    """A18: alive up to its expiry and not after, and not long before it was issued."""
    clock = Clock()
    nonces = source(lifetime=300, clock=clock)
    recognised = nonces.recognise(nonces.issue())
    assert recognised is not None
    nonce_id, _ = recognised
    issued = NOW * SECOND
    ages = [-CLOCK_SKEW - 1, -CLOCK_SKEW, 0, 300 * SECOND, 300 * SECOND + 1]
    assert [nonces.alive(nonce_id, issued + age) for age in ages] == [False, True, True, True, False]
    # Expiry does not make it foreign: the digest was right, so the answer can be stale=true.
    clock.now += 10_000
    assert nonces.recognise(source(lifetime=300).issue()) is not None
    assert nonces.now() == (NOW + 10_000) * SECOND


def test_overtime():
    """What counts is when the head arrived; the rest may come later, but not beyond the overtime."""
    nonces = source(lifetime=300, overtime=900)
    recognised = nonces.recognise(nonces.issue())
    assert recognised is not None
    nonce_id, _ = recognised

    def alive(arrived, now):
        return nonces.alive(nonce_id, NOW * SECOND + now, NOW * SECOND + arrived)

    last = 300 * SECOND
    assert [alive(arrived, last) for arrived in (-CLOCK_SKEW - 1, -CLOCK_SKEW, 0, last)] == [False, True, True, True]
    assert [alive(last, now) for now in (last + 1, 1200 * SECOND, 1200 * SECOND + 1)] == [True, True, False]
    assert [alive(0, 1200 * SECOND), alive(0, 1200 * SECOND + 1)] == [True, False]
    assert not alive(last + 1, last + 1)
    assert not nonces.alive(nonce_id, NOW * SECOND + last + 1)
    assert (nonces.lifetime, nonces.kept) == (300 * SECOND, 1200 * SECOND)
    assert source(lifetime=300).kept == 300 * SECOND
    of_challenge = nonces.for_challenge(by_name("MD5"))
    assert (of_challenge.lifetime, of_challenge.kept) == (300 * SECOND, 1200 * SECOND)


def test_renewal():
    """nextnonce is due when 80 % of the life are over."""
    nonces = source(lifetime=300)
    recognised = nonces.recognise(nonces.issue())
    assert recognised is not None
    issued = NOW * SECOND
    due = [nonces.renewal_if_alive(recognised[0], issued + age * SECOND) for age in (0, 239, 240, 241, 300)]
    assert due == [False, False, False, True, True]


def test_steady_clock_follows_wall_time():
    """The default clock reads like the wall clock, and never goes back."""
    readings = [steady_clock() for _ in range(100)]
    assert readings == sorted(readings)
    assert readings[0] > NOW


@pytest.mark.parametrize(
    ("keys", "lifetime", "text"),
    [
        ((), 300, "empty"),
        ((b"",), 300, "shorter"),
        ((KEY, b"k" * 15), 300, "shorter"),
        ((KEY,), 0, "lifetime"),
        ((KEY,), -1, "lifetime"),
    ],
)
def test_settings_that_cannot_work(keys, lifetime, text):
    """No key, a short key anywhere in the list, a life that never begins."""
    with pytest.raises(ConfigurationError, match=text):
        source(keys=keys, lifetime=lifetime)


def test_random_keys_differ_between_default_instances():
    """A39: the text of a key is no argument with a default; who wants one makes it."""
    with pytest.raises(TypeError):
        NonceSource(b"r")  # type: ignore[call-arg]  # that is the point


def test_when_a_nonce_says_it_was_issued():
    """Of our shape, whoever made it: with the colon of a session or without. Of any other octets nothing is said."""
    at = NOW * SECOND
    for nonces in (source(), source(realm=b"other", keys=(OTHER_KEY,)), source().for_challenge(by_name("MD5-sess"))):
        assert claimed_issue(nonces.issue()) == at
    nonce = source().issue()
    session = nonce[:46] + b":" + nonce[46:]
    assert claimed_issue(session) == at
    assert claimed_issue(bytes(range(0x30, 0x3A)) + b"abcdef" * 11 + b"00") == int("0123456789abcd", 16)
    spoilt = [b"", nonce[:-1], nonce + b"0", session + b"0", b"g" + nonce[1:], nonce[:-1] + b"g", nonce[:-1] + b":"]
    spoilt += [nonce[:46] + b"::" + nonce[46:], nonce[:45] + b":" + nonce[45:], b"A" + nonce[1:]]
    assert [claimed_issue(octets) for octets in spoilt] == [None] * len(spoilt)


@pytest.mark.parametrize(("kind", "label"), [
    (None, b"digest-http nonce\x00the realm"),
    (("MD5", False, False), b"digest-http challenge\x00server\x00plain\x00the realm"),
    (("SHA-256", True, False), b"digest-http challenge\x00proxy\x00plain\x00the realm"),
    (("SHA-256", False, True), b"digest-http challenge\x00server auth\x00plain\x00the realm"),
    (("MD5-sess", True, True), b"digest-http challenge\x00proxy auth\x00session\x00the realm"),
])  # fmt: skip
def test_how_a_nonce_is_made(kind, label):
    """Hosts that run another version with the same keys must know it, so its MAC is made in one way for ever."""
    nonces = source(realm=b"the realm", random=lambda size: b"\x0b" * size)
    if kind is not None:
        name, proxy, auth_only = kind
        nonces = nonces.for_challenge(by_name(name), proxy=proxy, auth_only=auth_only)
    text = b"%014x" % (NOW * SECOND) + EPOCH + b"0b" * 12
    mac = hmac.new(hmac.digest(KEY, label, "sha256"), text, "sha256").hexdigest()[:32].encode()
    assert nonces.issue() == text + (b":" if b"session" in label else b"") + mac


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_randomness_drawn_ahead_is_given_once():
    """By whichever source, thread or forked child: the 24 digits of no two nonces are the same."""
    sources = [NonceSource(realm, [KEY], EPOCH) for realm in (b"a", b"b")]

    def randomness(number=100):
        return [nonces.issue()[22:46] for _ in range(number) for nonces in sources]

    found = randomness()  # so that some pieces are left for the fork to copy
    found += in_child(randomness)
    with ThreadPoolExecutor(4) as threads:
        found += [each for drawn in threads.map(randomness, [300] * 4) for each in drawn]
    found += randomness()
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(rb"[0-9a-f]{24}", each) for each in found)


def test_the_steady_clock_in_both_its_units(monkeypatch):
    """It is asked when it is read: who holds the monotonic clock still, holds both still, in either form."""
    monkeypatch.setattr(time, "monotonic", lambda: 1000.5)
    assert steady_microseconds() == int(steady_clock() * 1_000_000)
    before = steady_microseconds()
    monkeypatch.setattr(time, "monotonic", lambda: 1001.5)
    assert steady_microseconds() - before == 1_000_000
