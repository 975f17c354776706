"""The nonces of one kind under the keys of now: issued, and recognised.

What a nonce has, and what a kind is, nonces.py says. Each request goes through this file, so it may be compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from digest_http.secret_holder import SecretHolder

from .cnonce_source import ready_of
from .nonce_macs import NonceMacs

__all__ = ["NonceKind"]


class NonceKind(SecretHolder):
    """See the head of the file; the arguments are those of NonceSource, which has looked at them.

    `label`, `prefix`, `separator`: see NonceMacs. `now`: microseconds. `draw`: gives 24 hex digits or more.
    Raises ConfigurationError for a key that is short.
    """

    __slots__ = ("_draw", "_epoch", "_keys_of_now", "_label", "_macs", "_now", "_prefix", "_ready", "_separator")

    def __init__(
        self,
        keys: Sequence[bytes] | Callable[[], Sequence[bytes]],
        label: bytes,
        prefix: bytes,
        separator: bytes,
        *,
        epoch: Callable[[], bytes],
        now: Callable[[], int],
        draw: Callable[[], bytes],
    ) -> None:
        self._label: Final = label
        self._prefix: Final = prefix
        self._separator: Final = separator
        self._epoch: Final = epoch
        self._now: Final = now
        self._draw: Final = draw
        self._ready: Final = ready_of(draw)
        self._keys_of_now: Final = keys if callable(keys) else None
        self._macs = NonceMacs(keys() if callable(keys) else keys, label, prefix, separator)

    def issue(self, when: int | None = None) -> bytes:
        """See NonceSource.issue."""
        try:
            drawn = self._ready.pop()
        except IndexError:
            drawn = self._draw()
        # The first 24 of the digits that are drawn.
        text = b"%014x%b%.24b" % (self._now() if when is None else when, self._epoch(), drawn)
        return (self._macs if self._keys_of_now is None else self.macs()).signed(text)

    def macs(self) -> NonceMacs:
        """The keys of now, and what is known under them. Raises ConfigurationError for keys that cannot work."""
        if self._keys_of_now is not None:
            # By value: the same list may have been changed in place, and another one may hold the same keys.
            present = tuple(self._keys_of_now())
            if present != self._macs.keys:
                # Keys, MACs and memory in one step: another thread sees those of before, or these.
                self._macs = NonceMacs(present, self._label, self._prefix, self._separator)
        return self._macs
