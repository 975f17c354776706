"""What a setting says is on offer, before anybody has looked at the users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from digest_http import settings
from digest_http.algorithms import Algorithm, select
from digest_http.errors import ConfigurationError
from digest_http.httpauth.held import OLD_CLIENTS
from digest_http.httpauth.server import DEFAULT_QOP, QOPS

__all__ = ["Policy"]


class Policy(NamedTuple):
    """`algorithms` is None where the users decide."""

    algorithms: tuple[Algorithm, ...] | None
    qop: tuple[str, ...]

    @classmethod
    def of(cls, algorithms: Iterable[str] | None, qop: Iterable[str] | None, *, old_clients: bool) -> Policy:
        """The policy of three keywords. Raises ConfigurationError if they contradict each other."""
        if old_clients:
            named = [name for name, value in (("algorithms", algorithms), ("qop", qop)) if value is not None]
            if named:
                raise ConfigurationError(
                    f"old_clients=True stands for algorithms=['MD5'] and qop=['auth']: leave {' and '.join(named)} "
                    "out, or leave old_clients out"
                )
            return cls(select(OLD_CLIENTS), DEFAULT_QOP)
        return cls(
            settings.algorithms("algorithms", algorithms) if algorithms is not None else None,
            settings.words("qop", qop, QOPS) if qop is not None else DEFAULT_QOP,
        )
