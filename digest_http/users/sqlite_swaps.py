"""Connections to a file of SQLite that was replaced: a pool would go on to read the file that is gone."""

from __future__ import annotations

import os
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

__all__ = ["follow"]

#: Where a connection keeps which file it has opened.
_OPENED: Final = "digest_http.opened"
_UNKNOWN: Final = object()


def follow(engine: Engine, name: str) -> None:
    """Have each connection to the file `name` made anew when another file stands there.

    Whoever was taken out of the new one, or logged out in it, is out. While no file is there, connections that a pool
    has kept read the old one. A relative name is one of now: a server may change its folder later.
    """
    name = os.path.abspath(name)  # noqa: PTH100 - as os.stat below takes it

    def connecting(_dialect: Any, record: Any, *_arguments: Any) -> None:  # noqa: ANN401 - as SQLAlchemy calls it
        # Before it is opened: whatever comes in between, the connection is not taken for one to the newer file.
        if record is not None:
            record.info[_OPENED] = _file(name)

    def checked_out(_connection: Any, record: Any, _fairy: Any) -> None:  # noqa: ANN401 - as above
        # A connection that a function of the program's own has made tells nothing.
        opened = record.info.get(_OPENED, _UNKNOWN)
        present = _file(name)
        if present is not None and opened is not _UNKNOWN and present != opened:
            raise DisconnectionError("another file stands in its place")

    event.listen(engine, "do_connect", connecting)
    event.listen(engine, "checkout", checked_out)


def _file(name: str) -> tuple[int, int] | None:
    try:
        status = os.stat(name)  # noqa: PTH116 - for each look-up, and a Path costs as much again
    except OSError:
        return None
    return status.st_dev, status.st_ino
