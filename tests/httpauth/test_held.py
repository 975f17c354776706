"""Which algorithms a realm offers, given what its users hold."""

import pytest

from digest_http.algorithms import by_name, select
from digest_http.httpauth.held import DEFAULT_ALGORITHMS, OLD_CLIENTS, algorithms_for, lacking
from digest_http.httpauth.protocols import HashCounts


@pytest.mark.parametrize(("users", "having", "offered"), [
    # Nothing is known, or nobody is there yet: the default list.
    (0, {}, ["SHA-256", "MD5"]), (0, {"MD5": 0}, ["SHA-256", "MD5"]),
    # What every user has, of the default list.
    (3, {"MD5": 3, "SHA-256": 3}, ["SHA-256", "MD5"]), (3, {"MD5": 3}, ["MD5"]), (3, {"SHA-256": 3}, ["SHA-256"]),
    (3, {"MD5": 3, "SHA-256": 2}, ["MD5"]), (3, {"MD5": 1, "SHA-256": 3}, ["SHA-256"]),
    (3, {"MD5": 3, "SHA-512-256": 3}, ["MD5"]), (3, {"SHA-256": 3, "SHA-512-256": 3}, ["SHA-256"]),
    # No hash of the list that all have: those that any has, before a hash that is not in the list.
    (3, {"MD5": 2, "SHA-256": 1}, ["SHA-256", "MD5"]), (3, {"MD5": 2}, ["MD5"]),
    (3, {"MD5": 1, "SHA-512-256": 3}, ["MD5"]),
    # Nothing of the list.
    (3, {"SHA-512-256": 3}, ["SHA-512-256"]), (3, {"SHA-512-256": 1}, ["SHA-512-256"]),
    # Nothing that is known here.
    (3, {}, ["SHA-256", "MD5"]), (3, {"SHA-1": 3}, ["SHA-256", "MD5"]),
])  # fmt: skip
def test_what_is_offered(users, having, offered):
    """No hash that some user lacks, while there is another."""
    assert [algorithm.name for algorithm in algorithms_for(HashCounts(users, having))] == offered


def test_users_that_cannot_be_counted():
    """The default list."""
    assert [algorithm.name for algorithm in algorithms_for(None)] == list(DEFAULT_ALGORITHMS)
    assert OLD_CLIENTS == ("MD5",)


def test_how_many_lack_a_hash():
    """By the name on offer; a session algorithm takes the hash of its base."""
    counts = HashCounts(5, {"MD5": 5, "SHA-256": 2})
    offered = select(["SHA-256", "SHA-256-sess", "MD5", "MD5-sess", "SHA-512-256"])
    assert lacking(offered, counts) == {"SHA-256": 3, "SHA-256-sess": 3, "SHA-512-256": 5}
    assert lacking([by_name("SHA-256")], None) == {}
    assert lacking(offered, HashCounts(0, {})) == {}
