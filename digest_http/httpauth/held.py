"""Which algorithms a realm offers, given what its users hold.

A client takes the strongest algorithm that it is offered. A user without H(A1) for that one is locked out, with the
right password. So a hash that some users lack is not offered, unless somebody names it or nothing else is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from digest_http.algorithms import Algorithm, available, select

from .protocols import HashCounts

__all__ = ["DEFAULT_ALGORITHMS", "OLD_CLIENTS", "algorithms_for", "lacking"]

#: What is offered without a setting, as far as the users hold it.
DEFAULT_ALGORITHMS: Final = ("SHA-256", "MD5")

#: What is offered to old clients: all of them know MD5, and some read the first challenge only.
OLD_CLIENTS: Final = ("MD5",)


def algorithms_for(counts: HashCounts | None) -> tuple[Algorithm, ...]:
    """What to offer without a setting: what all users have of the default list; else what some have; else other hashes.

    `counts` is None, or counts nobody, where nothing is known of the users: then it is the default list.
    """
    usual = select(DEFAULT_ALGORITHMS)
    if counts is None or not counts.users:
        return usual
    others = tuple(a for a in reversed(available()) if not a.session and a not in usual)
    for wanted in (usual, others):
        for enough in (counts.users, 1):
            held = tuple(a for a in wanted if counts.having.get(a.base, 0) >= enough)
            if held:
                return held
    return usual


def lacking(algorithms: Iterable[Algorithm], counts: HashCounts | None) -> Mapping[str, int]:
    """How many users have no H(A1) for an algorithm on offer, by its name; those that all have are left out."""
    if counts is None:
        return {}
    gaps = {a.name: counts.users - counts.having.get(a.base, 0) for a in algorithms}
    return {name: number for name, number in gaps.items() if number > 0}
