"""A PostgreSQL server of the tests' own, on a socket file in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tests.live import peers
from tests.live.peers import HOST, free_port, running, server_root, wait_until_listening

#: What a loaded machine may take to recover an empty database.
READY_SECONDS = 30.0


def program(name: str) -> str:
    """Its full path; Debian keeps the server's programs outside PATH."""
    return peers.program(name, package="postgresql", folders="/usr/lib/postgresql/*/bin")


@contextmanager
def postgres() -> Generator[str]:
    """The URL of an empty database while the block runs."""
    postmaster, initdb, is_ready = program("postgres"), program("initdb"), program("pg_isready")
    setpriv = peers.program("setpriv", package="util-linux") if os.geteuid() == 0 else ""
    with server_root() as folder:
        data = folder / "data"
        data.mkdir(mode=0o700)
        account: dict[str, Any] = {}
        if os.geteuid() == 0:  # the server refuses to be root
            account = {"user": "postgres", "group": "postgres"}
            shutil.chown(data, **account)
            shutil.chown(folder, **account)
        make = [initdb, "--pgdata", str(data), "--username", "digest", "--auth", "trust", "--no-sync"]
        subprocess.run(make, check=True, capture_output=True, cwd=folder, **account)
        port = free_port()
        settings = [f"listen_addresses={HOST}", f"port={port}", f"unix_socket_directories={folder}", "fsync=off"]
        command = [postmaster, "-D", str(data), *(part for setting in settings for part in ("-c", setting))]
        if account:
            entry = pwd.getpwnam("postgres")
            command = [setpriv, f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", *command]
        log = folder / "postgres.log"
        with running(command, log) as process:
            wait_until_listening(process, port, log)
            _wait_until_ready(is_ready, port)
            yield f"postgresql://digest@{HOST}:{port}/postgres"


def _wait_until_ready(is_ready: str, port: int) -> None:
    """Return once the server answers; it listens some time before, and says that it is starting up."""
    ask = [is_ready, "--quiet", "--host", HOST, "--port", str(port)]
    deadline = time.monotonic() + READY_SECONDS
    while subprocess.run(ask, check=False).returncode != 0:
        assert time.monotonic() < deadline, "PostgreSQL listens and does not get ready"
        time.sleep(0.05)
