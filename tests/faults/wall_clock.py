"""A wall clock that a test sets for the servers it starts, with libfaketime; their monotonic clocks just go on."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from pathlib import Path

from tests.faults.by_hand import get
from tests.live.peers import peer_file

HOUR = 3600


def library() -> Path:
    """What is loaded before all else."""
    return peer_file("/usr/lib/*/faketime/libfaketime.so.1", package="libfaketime")


class WallClock:
    """Right until it is set; processes with `environment` look at it each time they ask."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "wall-clock"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: int) -> None:
        """So many seconds ahead of the true time; a negative number is behind it."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", "ascii")
        new.replace(self._file)


def wait_until_seen(url: str, seconds: int) -> None:
    """Return once a server says in its Date that the clock was set; uvicorn looks once a second."""
    end = time.monotonic() + 10
    while abs(seconds_ahead(url) - seconds) > 60:
        assert time.monotonic() < end, "the server's clock was not set"
        time.sleep(0.1)


def seconds_ahead(url: str) -> float:
    """How far a server's wall clock is ahead of ours."""
    return parsedate_to_datetime(get(url).fields["date"]).timestamp() - time.time()
