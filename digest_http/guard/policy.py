"""What a setting says is on offer, before anybody has looked at the users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from digest_http import settings
from digest_http.algorithms import Algorithm, select
from digest_http.errors import ConfigurationError
from digest_http.httpauth.held import OLD_CLIENTS
from digest_http.httpauth.offer import DEFAULT_QOP, QOPS

__all__ = ["Policy"]


class Policy(NamedTuple):
    """`algorithms` is None where the users decide."""

    algorithms: tuple[Algorithm, ...] | None
    qop: tuple[str, ...]

    @classmethod
    def of(
        cls,
        algorithms: Iterable[str] | None,
        qop: Iterable[str] | None,
        *,
        old_clients: bool = False,
        allow_rfc2069: bool = False,
    ) -> Policy:
        """The policy of four keywords. Raises ConfigurationError if they contradict each other.

        `qop=[]` is for clients that know none, and so it needs `allow_rfc2069` and MD5.
        """
        old_clients = settings.flag("old_clients", old_clients)
        without_qop = settings.flag("allow_rfc2069", allow_rfc2069) and isinstance(qop, (list, tuple)) and not qop
        if old_clients:
            named = [name for name, value in (("algorithms", algorithms), ("qop", qop)) if value is not None]
            if named:
                raise ConfigurationError(
                    f"old_clients=True stands for algorithms=['MD5'] and qop=['auth']: leave {' and '.join(named)} "
                    "out, or leave old_clients out"
                )
            return cls(select(OLD_CLIENTS), DEFAULT_QOP)
        chosen = settings.algorithms("algorithms", algorithms) if algorithms is not None else None
        if without_qop:
            if any(algorithm.name != "MD5" for algorithm in chosen or ()):
                raise ConfigurationError(
                    "qop=[] is the form of RFC 2069, which knows MD5 only: write algorithms=['MD5'], or leave "
                    "algorithms out"
                )
            return cls(select(OLD_CLIENTS), ())
        return cls(
            chosen,
            settings.words("qop", qop, QOPS) if qop is not None else DEFAULT_QOP,
        )
