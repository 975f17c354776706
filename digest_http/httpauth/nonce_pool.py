"""Which nonce a client signs its next request with (RFC 7616 §3.3 nonce, §3.4 nc, §3.5 nextnonce).

Two ways of use:

* **shared**, the usual one: all requests take the newest nonce that the server has accepted, each with the next nc. A
  new nonce is shared only once it was accepted, so requests that start together answer their own challenges and do
  not crowd onto the first nonce that somebody saw.
* **exclusive**, for servers where requests under way together get in each other's way, because they want nc to rise by
  exactly one or take a nonce once only: a nonce belongs to one request at a time and is put back for the next one. A
  request that finds none goes out unsigned and fetches its own. A context changes to this when it meets such a server.

A challenge alone changes nothing of all that: anybody can send one. What it offers is kept in a table of its own, so
that a repeated nonce goes on with its count, and no flood of offers pushes out what was accepted.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final, TypeAlias

from digest_http.grammar import MAX_NC
from digest_http.secret_holder import SecretHolder

from .client_nonce import ClientNonce
from .logical_clock import tick

__all__ = ["MAX_NONCES", "NoncePool"]

#: A nonce and the opaque that came with it.
_Key: TypeAlias = tuple[bytes, bytes | None]

#: Nonces remembered in one context, accepted ones and merely offered ones each. A nonce that is forgotten and then
#: offered again would restart its count, so there are many more than requests are usually under way.
MAX_NONCES = 128  # not Final: compiled code would hold the number itself, and tests set a lower one


class NoncePool(SecretHolder):
    """The nonces of one context. Threads may share it."""

    __slots__ = ("_accepted", "_idle", "_lock", "_offered", "_once", "current", "exclusive")

    def __init__(self) -> None:
        # Guards all of this, and the counts of the nonces. So nobody but this class reads a count to write it.
        self._lock: Final = Lock()
        self._accepted: Final[OrderedDict[_Key, ClientNonce]] = OrderedDict()
        self._offered: Final[OrderedDict[_Key, ClientNonce]] = OrderedDict()
        self._idle: Final[list[ClientNonce]] = []
        self._once = False
        #: Whether each nonce belongs to one request at a time.
        self.exclusive = False
        #: The nonce that is shared; None before one was accepted, and while `exclusive`.
        self.current: ClientNonce | None = None

    def reserve(self) -> ClientNonce | None:
        """The nonce for a new request, or None: send it unsigned and learn from the answer."""
        if not self.exclusive:
            return self.current
        with self._lock:
            return self._idle.pop() if self._idle else None

    def next_count(self, nonce: ClientNonce) -> int | None:
        """The next nc of a nonce, for one request; None if all are used up, and then it is the shared one no more."""
        counter, lock = nonce.counter, self._lock
        # As `with` does it, at half its cost: each request comes by.
        lock.acquire()
        try:
            number = counter.last + 1
            if number >= MAX_NC:
                if self.current is not None and self.current.counter is counter:
                    self.current = None
                if number > MAX_NC:
                    return None
            counter.last = number
            return number
        finally:
            lock.release()

    def take_back(self, nonce: ClientNonce, count: int) -> None:
        """Take back a count that was given out and never sent, unless later ones are out already."""
        counter = nonce.counter
        with self._lock:
            if count and counter.last == count:
                counter.last -= 1

    def raise_count(self, nonce: ClientNonce, nc: int) -> None:
        """Note that a nonce has been used `nc` times. A count never goes back."""
        counter = nonce.counter
        with self._lock:
            counter.last = max(counter.last, nc)

    def learn(self, nonce: ClientNonce) -> ClientNonce | None:
        """The nonce of a challenge to sign one request with, counting on if it is known; None if its count is over.

        RFC 7616 §3.4: nc counts the requests sent with a nonce. A repeated 401 does not undo them. What a repeated
        challenge says differently is in what is returned, and reaches others once it was accepted.
        """
        key = nonce.key
        with self._lock:
            known = self._accepted.get(key) or self._offered.get(key)
            if known is not None:
                nonce = known.again(nonce.choice, nonce.identity)
            else:
                self._offered[key] = nonce
                if len(self._offered) > MAX_NONCES:
                    self._offered.popitem(last=False)
            if nonce is not known:
                nonce.learnt_at = tick()
            elif key in self._offered:
                self._offered.move_to_end(key)
            return nonce if nonce.count < MAX_NC else None

    def count_on(self, nonce: ClientNonce) -> None:
        """Count on from the highest count of this nonce with any opaque: for a server that counts by nonce alone."""
        with self._lock:
            known = (*self._accepted.values(), *self._offered.values())
            highest = max((other.count for other in known if other.octets == nonce.octets), default=0)
            nonce.counter.last = max(nonce.counter.last, highest)

    def accept(self, nonce: ClientNonce) -> None:
        """Note that the server took a request signed with this nonce: from now on it may be signed with in advance.

        A nonce learnt before the shared one does not replace it; its answer was late.
        """
        with self._lock:
            self._remember(nonce)
            if nonce.count >= MAX_NC:
                return
            if self.exclusive:
                if not self._once:
                    self._put_back(nonce)
            elif self.current is None or self.current.learnt_at < nonce.learnt_at:
                self.current = nonce

    def release(self, nonce: ClientNonce) -> bool:
        """Give back the nonce of a request whose answer proves nothing; False if it was never accepted."""
        with self._lock:
            if self._accepted.get(nonce.key) is not nonce:
                return False
            if self.exclusive and not self._once and nonce.count < MAX_NC:
                self._put_back(nonce)
            return True

    def take_nextnonce(self, number: int, successor: ClientNonce | None) -> None:
        """Take up nextnonce, if the accepted answer to a request with this nc brought one.

        The old nonce's count stays for requests under way. A nextnonce after the very first use means that the server
        takes each nonce once.
        """
        if number == 1 and self._once != (successor is not None):
            with self._lock:
                self._once = successor is not None
            if self._once:
                self.make_exclusive()
        if successor is not None:
            learnt = self.learn(successor)
            if learnt is not None:
                self.accept_next(learnt)

    def accept_next(self, nonce: ClientNonce) -> None:
        """Sign with this nonce from now on, before any request was accepted with it.

        On the word of a server that accepted the one before, or of the user.
        """
        with self._lock:
            self._remember(nonce)
            if self.exclusive:
                self._put_back(nonce)
            else:
                self.current = nonce

    def use(self, nonce: ClientNonce) -> None:
        """Sign with this nonce from now on, on the word of a challenge alone.

        For clients that are not told what was accepted. It pushes out nothing that was.
        """
        with self._lock:
            if not self.exclusive and nonce.count < MAX_NC:
                self.current = nonce

    def drop(self, nonce: ClientNonce) -> None:
        """Sign nothing more with this nonce, unless a challenge brings it again. Its count is kept."""
        with self._lock:
            if self.current is nonce:
                self.current = None

    def sign_no_more(self) -> None:
        """Sign nothing more with any nonce of before. Their counts are kept."""
        with self._lock:
            self.current = None
            self._idle.clear()

    def make_exclusive(self) -> None:
        """From now on let each nonce belong to one request at a time."""
        with self._lock:
            # Not put among the idle ones: requests may be under way with it.
            self.exclusive = True
            self.current = None

    # Both with the lock held.

    def _remember(self, nonce: ClientNonce) -> None:
        self._offered.pop(nonce.key, None)
        self._accepted[nonce.key] = nonce
        self._accepted.move_to_end(nonce.key)
        if len(self._accepted) > MAX_NONCES:
            self._accepted.popitem(last=False)

    def _put_back(self, nonce: ClientNonce) -> None:
        if all(idle.counter is not nonce.counter for idle in self._idle):
            self._idle.append(nonce)
            if len(self._idle) > MAX_NONCES:  # a server may hand out a nextnonce with each answer
                del self._idle[0]
