"""A limiter of failed logins, on the library `limits`: `throttle=Throttle()`.

It counts failures by address, and by name and address. Once there are too many, requests with credentials get 429
until the window is over, and nothing of them is verified: no look-up, no hash.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

from limits import RateLimitItem, aio, parse_many, strategies
from limits.errors import ConfigurationError as NoStorage
from limits.storage import storage_from_string

from digest_http import settings
from digest_http.errors import ConfigurationError
from digest_http.secrecy import HoldsSecrets

__all__ = ["BY_ADDRESS", "BY_LOGIN", "Throttle"]

#: Failures of one name from one address: more than anybody needs to find his own password.
BY_LOGIN: Final = "10 per 15 minutes"

#: Failures from one address, of all names: an office or a mobile network may stand behind one.
BY_ADDRESS: Final = "100 per 15 minutes"

#: What the keys in the storage begin with.
NAMESPACE: Final = "digest-http"

#: Bits of an IPv6 address that name one customer: whoever has one address there has them all.
IPV6_PREFIX: Final = 64

# Others limit what a key may hold, and names are of any characters.
_storage: Final = re.compile(r"(?:async\+)?(?:memory|rediss?|valkeys?)(?:\+(?:unix|sentinel|cluster))?://")

#: The address of those whose address is not known. They share one account.
UNKNOWN: Final = "unknown"


class Throttle(HoldsSecrets):
    """Counts failed logins in `storage`, a URL of the library `limits`.

    memory:// (the default) counts for one process, and fits every server. redis://host:6379/1 fits servers that block
    (WSGI), async+redis://host:6379/1 those that await (ASGI, FastAPI). `login`, `address`: how many failures are
    allowed, in the library's words; None for no limit. `clock`: the seconds since 1970, as the storage has them.

    Raises ConfigurationError for a limit or a storage that cannot work.
    """

    def __init__(
        self,
        storage: str = "memory://",
        *,
        login: str | None = BY_LOGIN,
        address: str | None = BY_ADDRESS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        settings.text("storage", storage, example="memory://")
        self._clock: Final = settings.function("clock", clock, 0, example="time.time")
        self._login: Final = _limit("login", login, BY_LOGIN)
        self._address: Final = _limit("address", address, BY_ADDRESS)
        if self._login is None and self._address is None:
            raise ConfigurationError(
                "login and address are None, so nothing would be limited; write one of them, for instance "
                f"login={BY_LOGIN!r}"
            )
        #: Whether its answers have to be awaited.
        self.awaits: Final = storage.startswith("async+")
        #: Whether its answers take a connection to another machine, for which the caller waits.
        self.blocks: Final = not self.awaits and not storage.startswith("memory://")
        self._storage: Final = _opened(storage)
        kind: Any = aio.strategies if self.awaits else strategies
        self._limiter: Final[Any] = kind.FixedWindowRateLimiter(self._storage)

    def delay(self, name: str, client: str | None) -> float | Awaitable[float]:
        """See digest_http.guard.Throttle."""
        accounts = self._accounts(name, client)
        return self._wait_for(accounts) if self.awaits else self._longest(accounts)

    def failed(self, name: str, client: str | None) -> Awaitable[None] | None:
        """See digest_http.guard.Throttle."""
        accounts = self._accounts(name, client)
        if self.awaits:
            return self._count(accounts)
        for limit, parts in accounts:
            self._limiter.hit(limit, *parts)
        return None

    def close(self) -> Awaitable[None] | None:
        """Close the connections to the storage; await it where answers are awaited. The limiter is not used again."""
        if self.awaits:
            return self._close()
        close = getattr(getattr(self._storage, "storage", None), "close", None)
        if close is not None:
            close()
        return None

    async def _close(self) -> None:
        close = getattr(getattr(getattr(self._storage, "bridge", None), "storage", None), "aclose", None)
        if close is not None:
            await close()

    def _longest(self, accounts: list[tuple[RateLimitItem, tuple[str, ...]]]) -> float:
        longest = 0.0
        for limit, parts in accounts:
            if not self._limiter.test(limit, *parts):
                longest = max(longest, self._left(limit, self._limiter.get_window_stats(limit, *parts)))
        return longest

    async def _wait_for(self, accounts: list[tuple[RateLimitItem, tuple[str, ...]]]) -> float:
        longest = 0.0
        for limit, parts in accounts:
            if not await self._limiter.test(limit, *parts):
                longest = max(longest, self._left(limit, await self._limiter.get_window_stats(limit, *parts)))
        return longest

    async def _count(self, accounts: list[tuple[RateLimitItem, tuple[str, ...]]]) -> None:
        for limit, parts in accounts:
            await self._limiter.hit(limit, *parts)

    def _left(self, limit: RateLimitItem, stats: Any) -> float:  # noqa: ANN401 - a named tuple of the library's
        # The window may have ended between the two questions, or the storage's clock differ from ours.
        return min(max(float(stats.reset_time) - self._clock(), 1.0), float(limit.get_expiry()))

    def _accounts(self, name: str, client: str | None) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        place = _place(client)
        accounts: list[tuple[RateLimitItem, tuple[str, ...]]] = []
        if self._address is not None:
            accounts.append((self._address, ("address", place)))
        if self._login is not None:
            # The name comes last: whatever a stranger writes into it, it is the account of no other address.
            accounts.append((self._login, ("login", place, name)))
        return accounts

    def __repr__(self) -> str:
        return f"<Throttle login={_shown(self._login)} address={_shown(self._address)}>"


def _place(client: str | None) -> str:
    """What counts as one address: an IPv6 network, or the address itself."""
    if client is None:
        return UNKNOWN
    try:
        address = ip_address(client)
    except ValueError:
        return UNKNOWN
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), IPV6_PREFIX), strict=False).network_address)


def _limit(setting: str, limit: str | None, example: str) -> RateLimitItem | None:
    if limit is None:
        return None
    text = settings.text(setting, limit, example=example)
    try:
        parsed = parse_many(text)
    except ValueError:
        parsed = []
    if len(parsed) != 1 or parsed[0].amount < 1:
        raise settings.refusal(setting, text, f"one number, 1 at least, and a time, for instance {setting}={example!r}")
    parsed[0].namespace = NAMESPACE
    return parsed[0]


def _opened(storage: str) -> Any:  # noqa: ANN401 - one of two families of the library's
    # Of the clients that `limits` knows for asyncio it would take one that is not among our extras.
    options = {"implementation": "redispy"} if storage.startswith("async+redis") else {}
    if _storage.match(storage) is not None:
        with contextlib.suppress(NoStorage, ValueError):
            return storage_from_string(storage, **options)
    # The URL may hold a password, and so may what the library says of it.
    raise ConfigurationError(
        "storage is not a URL of memory, Redis or Valkey that can be used here; write for instance storage='memory://' "
        "or storage='async+redis://localhost:6379/1', and install the package redis"
    )


def _shown(limit: RateLimitItem | None) -> str:
    return "none" if limit is None else repr(str(limit))
