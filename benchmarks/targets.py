"""The targets, for the form that runs: compiled (digest_http.COMPILED), or pure Python."""

from __future__ import annotations

from typing import Final

from digest_http import COMPILED

__all__ = ["target"]

#: Name: the word, the figure of the compiled form, that of the pure one, None if it has none, the unit.
_TARGETS: Final[dict[str, tuple[str, float, float | None, str]]] = {
    "verify / hashes": ("at most", 2.2, 3.3, "x"),
    "verify / Paste": ("at most", 0.65, 1.0, "x"),
    "verify / Twisted": ("at most", 0.8, None, "x"),
    "verify / Flask-HTTPAuth": ("at most", 0.1, 0.1, "x"),
    "challenge / hashes": ("at most", 1.5, 2.0, "x"),
    "replay / accepted": ("at most", 1.05, 1.1, "x"),
    "kept, one worker": ("at least", 66, 58, " %"),
    "kept, memory": ("at least", 66, 58, " %"),
    "kept, sqlite": ("at least", 48, 42, " %"),
    "kept, redis": ("at least", 55, 48, " %"),
    "step / hashes": ("at most", 4, 4, "x"),
    "flow / hashes": ("at most", 4.0, 5.5, "x"),
    "sspi / primitives": ("at most", 2, 2, "x"),
    "proved flow / own": ("at most", 0.8, 1.15, "x"),
    "auth-int, 1 KiB / hashes": ("at most", 2.5, 3.3, "x"),
    "auth-int, 1 MiB / hashes": ("at most", 1.05, 1.08, "x"),
    "auth-int, memory": ("at most", 64, 64, " KiB"),
    "plug / own": ("at most", 0.6, 0.8, "x"),
    "call with / without": ("at most", 1.08, 1.12, "x"),
}


def target(name: str) -> str:
    """The target of that name, as the table shows it; nothing if the form that runs has none."""
    word, compiled, pure, unit = _TARGETS[name]
    figure = compiled if COMPILED else pure
    return "" if figure is None else f"{word} {figure:g}{unit}"
