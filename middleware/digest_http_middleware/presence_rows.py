"""A row of the table of who is logged in: what stands in it, and what it is together with what a worker has seen.

Times in a row are in microseconds since 1970. Names are octets in UTF-8, since text of every kind is more than a
database can hold, and the row is named by a hash. So any name has one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from digest_http.algorithms import by_name
from digest_http.users.sql import MAX_NAME

from .presence import NONCES_OF_USER, Presence, Seen

__all__ = ["UserKey", "kept", "presence_of", "stamp", "together", "userhash_of"]

#: (realm, username).
UserKey = tuple[str, str]

_MICROSECONDS: Final = 1_000_000
_SHA256: Final = by_name("SHA-256")


def stamp(seconds: float) -> int:
    """Seconds as whole microseconds."""
    return round(seconds * _MICROSECONDS)


def userhash_of(key: UserKey) -> str:
    """What names the row of a user: SHA-256 of realm and name, in lower-case hex."""
    # The length of the realm tells where it ends. A surrogate, which no text should have, is no reason to keep nothing.
    realm, username = (each.encode("utf-8", "surrogatepass") for each in key)
    return _SHA256.hexdigest(b"%d:%b%b" % (len(realm), realm, username)).decode()


def kept(name: str) -> bytes:
    """A name as it stands in a row: MAX_NAME characters at most, the last an ellipsis if there were more."""
    if len(name) > MAX_NAME:
        name = name[: MAX_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return name.encode("utf-8", "surrogatepass")


def together(old: Mapping[Any, Any] | None, seen: Seen, since: int) -> dict[str, object]:
    """A row's values: what it had, unless it was last written to before `since`, and what was seen meanwhile."""
    first, last, requests = stamp(seen.first), stamp(seen.last), seen.requests
    client = None if seen.client is None else kept(seen.client)
    nonces = {nonce_id: stamp(when) for nonce_id, when in seen.nonces.items()}
    if old is not None and old["last_seen"] >= since:
        first = min(first, old["first_seen"])
        requests += old["requests"]
        for nonce_id, when in _nonces(old["nonces"]).items():
            nonces[nonce_id] = min(when, nonces.get(nonce_id, when))
        if old["last_seen"] > last:
            last, client = old["last_seen"], old["client"]
    # What is over is among the oldest, and is left out where a row is read.
    newest = sorted(((when, nonce_id) for nonce_id, when in nonces.items()), reverse=True)
    known = json.dumps({f"{nonce_id:x}": when for when, nonce_id in newest[:NONCES_OF_USER]})
    return {"first_seen": first, "last_seen": last, "client": client, "requests": requests, "nonces": known}


def _nonces(known: str) -> dict[int, int]:
    """The nonces of a row; none where somebody wrote something else there."""
    try:
        return {int(nonce_id, 16): int(when) for nonce_id, when in json.loads(known).items()}
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}


def presence_of(row: Mapping[Any, Any], since: int) -> Presence:
    """What a row tells. Nonces that were first seen before `since` are over."""
    alive = [when for when in _nonces(row["nonces"]).values() if when >= since]
    return Presence(
        _name(row["username"]),
        _name(row["realm"]),
        row["first_seen"] / _MICROSECONDS,
        row["last_seen"] / _MICROSECONDS,
        None if row["client"] is None else _name(row["client"]),
        row["requests"],
        len(alive),
    )


def _name(octets: bytes) -> str:
    try:
        return bytes(octets).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        # Not written by us.
        return bytes(octets).decode("utf-8", "replace")
