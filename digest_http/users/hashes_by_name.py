"""H(A1) by hash and name: what MappingUsers is made of. Each request asks, so this file may be compiled."""

from __future__ import annotations

from typing import Final

from digest_http.algorithms import Algorithm
from digest_http.derivable import mypyc_attr
from digest_http.encoding import nfc

__all__ = ["HashesByName"]


@mypyc_attr(allow_interpreted_subclasses=True)
class HashesByName:
    """H(A1) of the users of a realm for several hashes, and who has a name, in whichever Unicode form it is spelt."""

    __slots__ = ("_ha1", "_realm")

    def __init__(self, realm: str, ha1: dict[str, dict[str, bytes]]) -> None:
        self._realm: Final = realm
        self._ha1: Final = ha1

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | None:
        """See Users.ha1; None for another realm or an algorithm this was not made for."""
        table = self._ha1.get(algorithm.base)
        if table is None or (realm != self._realm and nfc(realm) != self._realm):
            return None
        found = table.get(username)
        return found if found is not None or username.isascii() else table.get(nfc(username))
