"""How many workers serve this app, where that can be known when the app is loaded.

uvicorn, hypercorn and gunicorn hold their settings while they load an app or run it, and so they are found in the calls
that led here, whether they came from a command line, a file, the environment or a program. granian keeps them
elsewhere, so its command line is read. No number is guessed: other signs come with the requests (workers_apart.py).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from traceback import walk_stack
from types import FrameType
from typing import Final

__all__ = ["known_workers"]

#: Server -> the name, in its functions or on their `self`, of what holds `workers`.
_SETTINGS: Final = {"uvicorn": "config", "hypercorn": "config", "gunicorn": "cfg"}

#: Servers that ignore WEB_CONCURRENCY.
_DEAF: Final = frozenset({"daphne", "granian", "hypercorn"})


def known_workers() -> int:
    """The number of workers; 1 where none is known."""
    running = [number for frame, _ in walk_stack(None) if (number := _setting(frame)) is not None]
    # gunicorn may run uvicorn's workers, each of which believes to be the only one.
    return max(running) if running else _written_workers(sys.argv, os.environ)


def _setting(frame: FrameType) -> int | None:
    name = _SETTINGS.get(str(frame.f_globals.get("__name__", "")).partition(".")[0])
    if name is None:
        return None
    variables = frame.f_locals
    settings = variables.get(name) or getattr(variables.get("self"), name, None)
    workers = getattr(settings, "workers", None)
    if not isinstance(workers, int):
        return None
    # uvicorn: one process is started again at each change, whatever else is set.
    return 1 if getattr(settings, "should_reload", False) is True else workers


def _written_workers(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """What a command line or the environment says."""
    server = _server(command)
    written = [environment.get("GRANIAN_WORKERS", "")] if server == "granian" else []
    if server not in _DEAF:
        written.append(environment.get("WEB_CONCURRENCY", ""))
    if server == "granian":
        for word, following in zip(command, [*command[1:], ""], strict=True):
            name, equals, value = word.partition("=")
            if name == "--workers":
                written.insert(0, value if equals else following)
    return next((int(text) for text in written if text.isascii() and text.isdigit()), 1)


def _server(command: Sequence[str]) -> str:
    """The program's name: that of its file, or of its folder for `python -m`."""
    path = PurePath(command[0] if command else "")
    return path.parent.name if path.name == "__main__.py" else path.stem
