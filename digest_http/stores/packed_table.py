"""States of nonces in few octets: a hash table of pages, each a row of records of one length.

    record   ID_OCTETS     the nonce's id, the first octet highest
             STATE_OCTETS  its state, the first octet lowest; all ones if the state is too long and stands aside

The records of a page stand in the order in which they came, and only the one that came first of all is ever dropped.
That one is the first of its page, so of the order of all no more is kept than four octets each: which page it is.

Growth is linear hashing (Litwin, 1980): a new record may cut one page in two, in turn. So nothing is ever rebuilt as a
whole, and no step takes longer because the table is large. Pages stay when records go, as eight octets each.
"""

from __future__ import annotations

import os
from array import array
from collections import deque
from typing import Final

from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import Verdict

__all__ = ["PackedTable"]

ID_OCTETS: Final = 20

#: A state under the default window whose nonce has no places taken: 13 bits, 128 and 32.
STATE_OCTETS: Final = 22

RECORD: Final = ID_OCTETS + STATE_OCTETS

#: Records of a page on average. A page costs some 80 octets besides; finding a record costs the more the longer it is.
PER_PAGE: Final = 12

#: Numbers of pages in a piece of their order.
PIECE: Final = 1024

#: What stands for a state that is kept aside. It names a window that no rule has (sequence.MAX_WINDOW).
_ASIDE: Final = (1 << 8 * STATE_OCTETS) - 1

#: Bits of a hash: what an item of the order holds. So many pages have no room in any memory.
_HASH: Final = (1 << 32) - 1

#: Shared by all pages without a record: a page is changed in place only where one stands.
_EMPTY: Final = bytearray()


class PackedTable:
    """Nonce id -> state, and the order in which they came. Not for several threads at once."""

    __slots__ = ("_aside", "_cut", "_length", "_mask", "_order", "_pages", "_passed", "_secret")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Drop all."""
        # Nobody chooses an id, but a user may choose among the nonces that he was given. Since hash() of an int is its
        # rest by a prime, a secret factor keeps from him which of them would meet in one page.
        self._secret = int.from_bytes(os.urandom(8)) | 1
        self._pages: list[bytearray] = [_EMPTY]
        # Pages are numbered by the hash under the mask; those before `_cut` are cut already, by one bit more.
        self._mask = 0
        self._cut = 0
        self._length = 0
        self._aside: dict[int, int] = {}
        # The hashes of all, the first come first, in pieces: those of the first one that are `_passed` are dropped.
        self._order: deque[array[int]] = deque()
        self._passed = 0

    def advance(self, nonce_id: int, nc: int, rule: SequenceRule) -> Verdict | None:
        """Judge a count by the state of its nonce, and keep the next state; None if the nonce is not here."""
        hashed = hash(nonce_id * self._secret)
        number = hashed & self._mask
        if number < self._cut:
            number = hashed & (self._mask << 1 | 1)
        page = self._pages[number]
        key = nonce_id.to_bytes(ID_OCTETS, "big")
        at = page.find(key)
        while at % RECORD:  # not where a record begins
            if at < 0:
                return None
            at = page.find(key, at + 1)
        at += ID_OCTETS
        kept = int.from_bytes(page[at : at + STATE_OCTETS], "little")
        state = kept if kept != _ASIDE else self._aside[nonce_id]
        verdict, after = rule.advance(state, nc)
        if after is not state:
            if after >= _ASIDE:
                self._aside[nonce_id] = after
                after = _ASIDE
            elif kept == _ASIDE:
                del self._aside[nonce_id]
            page[at : at + STATE_OCTETS] = after.to_bytes(STATE_OCTETS, "little")
        return verdict

    def add(self, nonce_id: int, state: int) -> None:
        """Keep the state of a nonce that is not here."""
        hashed = hash(nonce_id * self._secret) & _HASH
        if state >= _ASIDE:
            self._aside[nonce_id] = state
            state = _ASIDE
        number = self._number(hashed)
        # A new page of the right size: one that grows in place takes an eighth more than it needs.
        record = nonce_id.to_bytes(ID_OCTETS, "big") + state.to_bytes(STATE_OCTETS, "little")
        self._pages[number] = self._pages[number] + record
        if not self._order or len(self._order[-1]) == PIECE:
            self._order.append(array("I"))
        self._order[-1].append(hashed)
        self._length += 1
        if self._length > len(self._pages) * PER_PAGE:
            self._cut_one()

    def first(self) -> int:
        """The id of the nonce that came first. Raises IndexError if there is none."""
        page = self._pages[self._number(self._order[0][self._passed])]
        return int.from_bytes(page[:ID_OCTETS])

    def drop_first(self) -> None:
        """Drop the nonce that came first. Raises IndexError if there is none."""
        if self._aside:
            self._aside.pop(self.first(), None)
        piece = self._order[0]
        number = self._number(piece[self._passed])
        self._pages[number] = self._pages[number][RECORD:] or _EMPTY
        self._passed += 1
        if self._passed == len(piece):
            self._order.popleft()
            self._passed = 0
        self._length -= 1

    def _number(self, hashed: int) -> int:
        """Which page a hash belongs to."""
        number = hashed & self._mask
        return number if number >= self._cut else hashed & (self._mask << 1 | 1)

    def _cut_one(self) -> None:
        """Cut the next page in two, by one bit more of the hash."""
        page, bit = self._pages[self._cut], self._mask + 1
        halves = bytearray(), bytearray()
        for at in range(0, len(page), RECORD):
            nonce_id = int.from_bytes(page[at : at + ID_OCTETS])
            halves[bool(hash(nonce_id * self._secret) & bit)].extend(page[at : at + RECORD])
        low, high = (half[:] or _EMPTY for half in halves)  # copies, of the right size
        self._pages[self._cut] = low
        self._pages.append(high)
        self._cut += 1
        if self._cut == bit:
            self._mask, self._cut = self._mask << 1 | 1, 0

    def __len__(self) -> int:
        """How many nonces are here."""
        return self._length
