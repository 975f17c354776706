"""gvfs, by which GNOME's file manager and its programs reach servers of files, on a bus of its own.

It is not installed but unpacked in a folder (tests/dav/gvfs/fetch), so it is told where its parts are.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.peers import program, running
from tests.programs.processes import run
from tests.programs.scripted import installed

__all__ = ["FileManager", "file_manager"]

#: Seconds in which a loaded machine has started the bus, and the daemon on it.
PATIENCE = 60


class FileManager:
    """What a person does in the file manager, by the command `gio`."""

    def __init__(self, gio: str, folder: Path, environment: dict[str, str]) -> None:
        self._gio = gio
        self._folder = folder
        self._environment = environment

    def __call__(self, *words: str, typed: str = "") -> str:
        """What `gio` says; `typed` is what it reads where it asks."""
        return run([self._gio, *words], self._folder, typed, **self._environment)


@contextmanager
def file_manager(folder: Path) -> Iterator[FileManager]:
    """Everything runs in `folder`, and ends with the block."""
    unpacked = Path(installed("gvfs/usr/libexec/gvfsd")).parents[2]
    bus, gio = program("dbus-daemon", package="dbus-daemon"), program("gio", package="libglib2.0-bin")
    (modules,) = unpacked.glob("usr/lib/*/gio/modules")
    libraries = modules.parents[1]
    mounts, runtime = folder / "mounts", folder / "runtime"
    mounts.mkdir()
    runtime.mkdir(mode=0o700)
    mount = (unpacked / "usr/share/gvfs/mounts/dav.mount").read_text(encoding="utf-8")
    (mounts / "dav.mount").write_text(mount.replace("=/usr/", f"={unpacked}/usr/"), encoding="utf-8")
    log = folder / "bus.log"
    with running([bus, "--session", "--nofork", "--nopidfile", "--print-address=1"], log):
        environment = {
            "DBUS_SESSION_BUS_ADDRESS": _found(log, r"^(unix:\S+)$"),
            "XDG_RUNTIME_DIR": str(runtime),
            "GIO_EXTRA_MODULES": str(modules),
            "GIO_USE_VFS": "gvfs",
            "GVFS_MOUNTABLE_DIR": str(mounts),
            "LD_LIBRARY_PATH": f"{libraries}:{libraries / 'gvfs'}",
        }
        home = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        daemon = str(unpacked / "usr/libexec/gvfsd")
        with running([daemon, "--no-fuse"], folder / "gvfsd.log", {**home, **environment}):
            manager = FileManager(gio, folder, environment)
            _wait_for_daemon(program("gdbus", package="libglib2.0-bin"), folder, environment)
            yield manager


def _wait_for_daemon(gdbus: str, folder: Path, environment: dict[str, str]) -> None:
    name = "org.gtk.vfs.Daemon"
    run([gdbus, "wait", "--session", f"--timeout={PATIENCE}", name], folder, **environment)
    bus = ["--dest", "org.freedesktop.DBus", "--object-path", "/", "--method", "org.freedesktop.DBus.NameHasOwner"]
    there = run([gdbus, "call", "--session", *bus, name], folder, **environment)
    assert there == "(true,)\n", (folder / "gvfsd.log").read_text(errors="replace")


def _found(log: Path, pattern: str) -> str:
    """What a pattern finds in a log, as soon as it stands there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = re.search(pattern, log.read_text(errors="replace"), re.MULTILINE)
        if found:
            return found[1]
        time.sleep(0.02)
    raise AssertionError(log.read_text(errors="replace"))
