"""What one side accepts: qop, ciphers and maxbuf. They are checked when they are set."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Final, cast

from digest_http.errors import SecurityWarning, UnsupportedAlgorithm
from digest_http.settings import flag, items, number
from digest_http.settings import words as known_words

from .ciphers import CIPHERS, check_installed, is_barred
from .directives import DEFAULT_MAXBUF, MAX_MAXBUF, MIN_MAXBUF

__all__ = ["DEFAULT_CIPHERS", "DEFAULT_QOP", "QOPS", "Policy", "words"]

QOPS: Final = ("auth", "auth-int", "auth-conf")

#: No layer: a caller that never calls wrap() would agree to a layer and then send in clear.
DEFAULT_QOP: Final = ("auth",)

#: The ciphers whose keys are not short by design. 3des is first, because the RFC requires it of every implementation.
DEFAULT_CIPHERS: Final = ("3des", "rc4")


class Policy:
    """Checked settings, best first. Raises ConfigurationError for a setting that cannot work, warns of a weak one.

    Ciphers that this machine's OpenSSL bars are in `barred`, not in `ciphers`. If no cipher is left, `qop` has no
    auth-conf either. Raises UnsupportedAlgorithm if no other qop was allowed. `maxbuf` is in octets.
    """

    __slots__ = ("barred", "ciphers", "enforce_maxbuf", "maxbuf", "qop")

    def __init__(
        self, qop: str | Iterable[str], ciphers: str | Iterable[str], maxbuf: int, *, enforce_maxbuf: bool
    ) -> None:
        allowed = words("qop", qop, QOPS)
        chosen = _ciphers(ciphers, needed="auth-conf" in allowed)
        self.maxbuf: Final = number("maxbuf", maxbuf, MIN_MAXBUF, MAX_MAXBUF, example=DEFAULT_MAXBUF)
        self.enforce_maxbuf: Final = flag("enforce_maxbuf", enforce_maxbuf)
        if chosen:
            check_installed()
        self.barred: Final = tuple(name for name in chosen if is_barred(name))
        self.ciphers: Final = tuple(name for name in chosen if name not in self.barred)
        self.qop: Final = allowed if self.ciphers or not chosen else tuple(q for q in allowed if q != "auth-conf")
        if not self.qop:
            raise UnsupportedAlgorithm(f"auth-conf cannot work here: {self.reason_barred()}", reason="cipher")
        for name in self.ciphers:
            if CIPHERS[name].weak:
                warnings.warn(
                    f"cipher {name} has a key of {CIPHERS[name].bits} bits and is easy to break; RFC 6331 retired "
                    "DIGEST-MD5 and its ciphers: use TLS",
                    SecurityWarning,
                    stacklevel=4,  # the line that makes the client or server
                )

    def reason_barred(self) -> str:
        """Which of the ciphers named cannot be used on this machine, why, and what to do; empty if all can."""
        if not self.barred:
            return ""
        return (
            f"the OpenSSL under the package 'cryptography' bars {', '.join(self.barred)} (FIPS mode, or no legacy "
            "provider): take another cipher, or auth-int inside TLS"
        )


def _ciphers(value: str | Iterable[str], *, needed: bool) -> tuple[str, ...]:
    """The ciphers to use; none if not `needed`. They are checked in both cases, so a misspelt name shows at once."""
    if not needed and not isinstance(value, str):
        value = cast("tuple[str, ...]", items("ciphers", value, "a list of ciphers, for instance ['3des']", empty=True))
        if not value:
            return ()
    chosen = words("ciphers", value, CIPHERS)
    return chosen if needed else ()


def words(setting: str, value: str | Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """A setting of one or several known words, in order, each once. Raises ConfigurationError."""
    return known_words(setting, value, tuple(known), one_alone=True)
