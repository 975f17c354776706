"""From a password to what is stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.encoding import text_to_octets
from digest_http.users.htdigest_lines import Entry

__all__ = ["DEFAULT_HASHES", "hashed"]

#: What the middleware offers by default, so that its first choice works with a new user's entry.
DEFAULT_HASHES: Final = ("SHA-256", "MD5")


def hashed(name: str, realm: str, password: str, hashes: Iterable[str]) -> list[Entry]:
    """One entry for each hash, each hash once; `hashes` are names as in HASHES."""
    octets = [text_to_octets(text) for text in (name, realm, password)]
    return [
        Entry(name, realm, base, calculation.user_hash(by_name(base), *octets).hex()) for base in dict.fromkeys(hashes)
    ]
