"""Algorithm objects, the allow-list and the order of strength (RFC 7616 §3.3, §6.1).

One of the few files that touch hashlib. An algorithm that this build of Python lacks (SHA-512/256 comes from
OpenSSL and may be missing, MD5 may be barred) is simply not available; asking for it raises UnsupportedAlgorithm.
"""

from __future__ import annotations

import hashlib
from binascii import hexlify
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import import_module
from typing import Final, Protocol, TypeAlias

from .errors import UnsupportedAlgorithm

__all__ = ["Algorithm", "Hash", "available", "by_name", "by_token", "select"]


#: What can be hashed.
Octets: TypeAlias = bytes | bytearray | memoryview


class Hash(Protocol):
    """The part of a hashlib object that is used here."""

    @property
    def digest_size(self) -> int:
        """Octets of the raw digest."""
        ...

    def update(self, octets: Octets, /) -> None:
        """Hash more octets."""
        ...

    def digest(self) -> bytes:
        """The raw digest so far."""
        ...

    def hexdigest(self) -> str:
        """The digest so far in lower-case hex."""
        ...

    def copy(self) -> Hash:
        """An independent object in the same state."""
        ...


class Algorithm:
    """One value of the `algorithm` parameter: its name, its hash, and whether A1 is per session.

    `name` is spelled as in RFC 7616; `base` is the name without -sess, so equal bases share H(A1).
    `strength` orders the hashes: a higher one is preferred. Instances are made once and compared by identity.
    """

    __slots__ = ("base", "digest_size", "name", "new", "new_short", "session", "strength", "token")

    def __init__(
        self,
        base: str,
        hash_: Callable[[Octets], Hash],
        strength: int,
        *,
        session: bool,
        short: Callable[[Octets], Hash] | None = None,
    ) -> None:
        self.base: Final = base
        self.name: Final = base + "-sess" if session else base
        self.token: Final = self.name.encode("ascii")
        self.session: Final = session
        self.strength: Final = strength
        self.digest_size: Final = hash_(b"").digest_size
        """Octets of the raw digest; the hex form that HTTP carries is twice as long."""
        self.new: Final = hash_
        """Makes a hash object over octets."""
        self.new_short: Final = hash_ if short is None else short
        """The same for some hundred octets at most: of two implementations the one that begins sooner."""

    def digest(self, octets: bytes) -> bytes:
        """H(octets), raw."""
        return self.new(octets).digest()

    def hexdigest(self, octets: bytes) -> bytes:
        """H(octets) in lower-case hex, as ASCII octets, ready to be hashed again."""
        return hexlify(self.new(octets).digest())

    def hash_body(self) -> Hash:
        """A fresh hash object for an entity body that arrives in pieces."""
        return self.new(b"")

    def __repr__(self) -> str:
        return f"<Algorithm {self.name}>"

    def __reduce__(self) -> tuple[object, ...]:
        return (by_name, (self.name,))


def _md5(octets: Octets) -> Hash:
    # usedforsecurity=False: the protocol fixes MD5; builds in FIPS mode would refuse it otherwise.
    return hashlib.md5(octets, usedforsecurity=False)


def _md5_of_the_interpreter() -> Callable[[Octets], Hash]:
    """Python's own MD5, where it was built in; else that of `hashlib`.

    OpenSSL hashes long bodies faster, but to set it up takes longer than to hash what a response is made of.
    """
    try:
        found: Callable[[Octets], Hash] = import_module("_md5").md5
    except ImportError:
        return _md5
    return found


def _sha512_256(octets: Octets) -> Hash:
    # A copied template: the look-up by name inside hashlib.new costs more than hashing a short message.
    state = _sha512_256_template().copy()
    state.update(octets)
    return state


@lru_cache(maxsize=1)
def _sha512_256_template() -> Hash:
    return hashlib.new("sha512_256")


_HASHES: Final[tuple[tuple[str, Callable[[Octets], Hash]], ...]] = (
    ("MD5", _md5),
    ("SHA-256", hashlib.sha256),
    ("SHA-512-256", _sha512_256),
)
#: Where another implementation is quicker with short octets.
_SHORT: Final[dict[str, Callable[[Octets], Hash]]] = {"MD5": _md5_of_the_interpreter()}


def _build() -> dict[str, Algorithm]:
    table: dict[str, Algorithm] = {}
    for strength, (base, hash_) in enumerate(_HASHES):
        short = _SHORT.get(base)
        try:
            pair = [Algorithm(base, hash_, strength, session=session, short=short) for session in (False, True)]
        except (ValueError, AttributeError):  # hashlib refuses a hash that this build bars, or has no such name
            continue
        table.update((algorithm.name, algorithm) for algorithm in pair)
    return table


_BY_NAME: Final = _build()
_BY_TOKEN: Final = {algorithm.token.lower(): algorithm for algorithm in _BY_NAME.values()}


def available() -> tuple[Algorithm, ...]:
    """All algorithms that work in this build, weakest first, each followed by its -sess form."""
    return tuple(_BY_NAME.values())


def by_name(name: str) -> Algorithm:
    """The algorithm of that RFC 7616 name, letter case ignored. Raises UnsupportedAlgorithm."""
    algorithm = by_token(name.encode("ascii", "replace"))
    if algorithm is None:
        raise UnsupportedAlgorithm(f"algorithm {name!r} is not available here; this Python has {', '.join(_BY_NAME)}")
    return algorithm


def by_token(token: bytes) -> Algorithm | None:
    """The algorithm of a received token (letter case ignored, RFC 7616 §3.3), or None."""
    return _BY_TOKEN.get(token.lower())


def select(names: Iterable[str]) -> tuple[Algorithm, ...]:
    """An allow-list from names, in their order. Raises UnsupportedAlgorithm for a name, or for an empty list."""
    algorithms = tuple(dict.fromkeys(by_name(name) for name in names))
    if not algorithms:
        raise UnsupportedAlgorithm("name at least one algorithm, for instance 'SHA-256'")
    return algorithms
