"""The lines of an htdigest file: read all or nothing, and written as they were read."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, NoReturn

from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError
from digest_http.names import realm_name, user_name
from digest_http.secrecy import refuse_to_pickle

__all__ = ["HASHES", "Entry", "line_of", "parse"]

#: Hash -> hex digits of its H(A1). Apache's lines are MD5's.
HASHES: Final = {"MD5": 32, "SHA-256": 64, "SHA-512-256": 64}

# A realm may hold colons, a user name may not: RFC 7616 §3.4.2 could not tell where it ends.
# line = user ":" realm ":" [ hash ":" ] ha1
_line = re.compile(
    r"(?P<user>[^:]+):(?P<realm>.*?)(?::(?P<hash>SHA-256|SHA-512-256):(?P<sha>[0-9A-Fa-f]{64})|:(?P<md5>[0-9A-Fa-f]{32}))",
)


class Entry(NamedTuple):
    """One user in one realm for one hash, both in Normalization Form C. `ha1` is in lower-case hex and is not shown."""

    user: str
    realm: str
    hash: str
    ha1: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What may stand in a file once."""
        return self.user, self.realm, self.hash

    def __reduce__(self) -> NoReturn:
        refuse_to_pickle(type(self).__name__)

    def __repr__(self) -> str:
        return f"Entry({self.user!r}, {self.realm!r}, {self.hash})"


def parse(octets: bytes) -> dict[tuple[str, str, str], Entry]:
    """The entries of a file by (user, realm, hash).

    Raises ValueError, naming the line by number only, for octets that are not UTF-8, a line that is none of the
    forms, and a second line of the same user, realm and hash, in whichever Unicode form, since it is ambiguous
    which of them counts.
    """
    entries: dict[tuple[str, str, str], Entry] = {}
    for number, raw in enumerate(octets.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        entry = _entry(raw.removesuffix(b"\r"), number)
        if entry is None:
            continue
        if entry.key in entries:
            raise ValueError(
                f"line {number} repeats the user, realm and hash of a line before, perhaps in another Unicode form"
            )
        entries[entry.key] = entry
    return entries


def line_of(entry: Entry) -> str:
    """The line of an entry, in Normalization Form C. Raises ValueError for a name or realm that no line can hold."""
    entry = entry._replace(user=user_name(entry.user), realm=realm_name(entry.realm))
    if entry.user.startswith("#"):
        raise ConfigurationError("a user name in a file may not begin with '#', because a comment does")
    marked = "" if entry.hash == "MD5" else f"{entry.hash}:"
    line = f"{entry.user}:{entry.realm}:{marked}{entry.ha1}"
    if _entry(line.encode(), 0) != entry:
        raise ValueError("this user or realm cannot be stored in a file: the realm ends like a hash field")
    return line


def _entry(raw: bytes, number: int) -> Entry | None:
    if not raw.strip() or raw.startswith(b"#"):
        return None
    try:
        match = _line.fullmatch(raw.decode())
    except UnicodeDecodeError:
        raise ValueError(f"line {number} is not UTF-8") from None
    if match is None:
        raise ValueError(f"line {number} is not user:realm:hash of 32 hex digits, nor user:realm:SHA-256:hash of 64")
    digest = match["sha"] or match["md5"]
    return Entry(nfc(match["user"]), nfc(match["realm"]), match["hash"] or "MD5", digest.lower())
