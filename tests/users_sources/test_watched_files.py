"""Files that are read again when they change, of keys and of users: whoever was taken out of one is out."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError
from digest_http.guard.key_sources import KeyFile
from digest_http.users import HtdigestUsers

MD5 = by_name("MD5")


class Seconds:
    """A clock moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Watched:
    """A file with one of two contents of one length, and what reads it."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.kind, self.path, self.seconds = kind, folder / "watched", Seconds()
        self.contents = [self._content(word) for word in ("old", "new")]
        self.write(self.path, 0)
        self.reader = self.open()

    def open(self) -> Any:
        """What reads it."""
        if self.kind == "keys":
            return KeyFile(self.path, seconds=self.seconds)
        return HtdigestUsers(self.path, "r", seconds=self.seconds)

    def _content(self, word: str) -> str:
        return word * 20 if self.kind == "keys" else f"alice:r:{MD5.hexdigest(b'alice:r:' + word.encode()).decode()}"

    def write(self, path: Path, which: int) -> None:
        """One of the contents."""
        path.write_text(self.contents[which], encoding="ascii")
        path.chmod(0o600)

    @property
    def found(self) -> int | None:
        """Which of the contents counts, after a look at the file."""
        self.seconds.now += 1.1
        if self.kind == "keys":
            return next(i for i, content in enumerate(self.contents) if self.reader() == (content.encode(),))
        ha1 = (self.reader.ha1("alice", "r", MD5) or b"").decode()
        return next((i for i, content in enumerate(self.contents) if ha1 and content.endswith(ha1)), None)

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Return when it is true: users are read by a thread."""
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.005)


@pytest.fixture(params=["keys", "users"])
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Watched:
    """A file of either kind."""
    return Watched(tmp_path, request.param)


def dated_as(path: Path, status: os.stat_result) -> None:
    """As `cp -p`, rsync and images do, which have one date for all files."""
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def in_place(watched: Watched) -> None:
    """Written over."""
    watched.write(watched.path, 1)


def in_place_with_its_date(watched: Watched) -> None:
    """Written over by what restores the date: the same file, size and date."""
    before = watched.path.stat()
    # What an octet costs at least on the clock of the file system.
    watched.wait_for(lambda: _tick(watched.path.parent) > before.st_ctime_ns)
    watched.write(watched.path, 1)
    dated_as(watched.path, before)


def replaced_with_its_date(watched: Watched) -> None:
    """Another file in its place, with the size and date of the first."""
    before = watched.path.stat()
    beside = watched.path.with_name("beside")
    watched.write(beside, 1)
    dated_as(beside, before)
    beside.replace(watched.path)


def behind_a_link(watched: Watched) -> None:
    """The path is a link, which is pointed to another file, as Kubernetes does."""
    first, second, link = (watched.path.with_name(name) for name in ("first", "second", "link"))
    watched.write(first, 0)
    watched.write(second, 1)
    dated_as(second, first.stat())
    link.symlink_to(first)
    watched.path.unlink()
    watched.path.symlink_to(link)
    assert watched.found == 0
    after = link.with_name("after")
    after.symlink_to(second)
    after.replace(link)


def gone_for_a_time(watched: Watched) -> None:
    """Missing while it is looked at, and then there."""
    watched.path.unlink()
    assert watched.found == 0
    watched.write(watched.path, 1)


def _tick(folder: Path) -> int:
    probe = folder / "probe"
    probe.write_bytes(b"")
    return probe.stat().st_ctime_ns


@pytest.mark.skipif(os.name != "posix", reason="this system has no time of change")
@pytest.mark.parametrize(
    "change", [in_place, in_place_with_its_date, replaced_with_its_date, behind_a_link, gone_for_a_time]
)
def test_each_way_to_change_a_file_is_seen(watched, change):
    """Whatever stays the same with it: what was taken out opens nothing any more."""
    assert watched.found == 0
    change(watched)
    watched.wait_for(lambda: watched.found == 1)


def test_a_server_that_goes_to_another_folder(watched, tmp_path, monkeypatch):
    """A relative name means the file that it meant when the settings were made."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    path = watched.path
    watched.path = Path(path.name)
    watched.reader = watched.open()
    assert watched.found == 0
    monkeypatch.chdir(tmp_path / "elsewhere")
    watched.write(path, 1)
    watched.wait_for(lambda: watched.found == 1)


@contextlib.contextmanager
def no_file_can_be_opened() -> Generator[None]:
    """A process at its limit of open files: what it looks at is there, and cannot be read."""
    resource: Any = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_what_could_not_be_read_is_read_later(watched, caplog):
    """The log says so once; the file need not change again, and the old content counts no longer than that."""
    watched.write(watched.path, 1)
    with caplog.at_level(logging.ERROR, "digest_http"), no_file_can_be_opened():
        watched.wait_for(lambda: watched.found == 0 and caplog.records)
        for _ in range(3):
            assert watched.found == 0
        watched.wait_for(lambda: watched.kind == "keys" or not watched.reader._reader.is_alive())  # noqa: SLF001 - it must end within the limit
    assert len(caplog.records) == 1
    assert "keeping the previous" in caplog.text
    watched.wait_for(lambda: watched.found == 1)


@pytest.mark.parametrize("octets", [b"\xff\xfe" + b"s3cret" * 9, b"s3cret\xe9" * 9, b"s3cret" * 9 + b"\xc3"])
def test_octets_that_are_no_text(watched, caplog, octets):
    """Half a character, or another encoding: the previous content counts, and no octet is shown or makes a 500."""
    watched.path.write_bytes(octets)
    with caplog.at_level(logging.ERROR, "digest_http"):
        watched.wait_for(lambda: watched.found == 0 and caplog.records)
    assert "s3cret" not in caplog.text
    with pytest.raises(ConfigurationError) as caught:
        watched.open()
    assert "s3cret" not in repr(caught.value)
    assert watched.kind != "keys" or caught.value.__cause__ is None
    watched.write(watched.path, 1)
    watched.wait_for(lambda: watched.found == 1)
