"""Servers of files and calendars behind the WSGI plug, and the programs that people use with them."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.dav.file_manager import file_manager
from tests.dav.scripts.served import PASSWORD, USER
from tests.live.peers import HOST, free_port, program, running, server_root, wait_until_listening
from tests.programs.processes import run
from tests.programs.scripted import installed

pytestmark = pytest.mark.live

#: Seconds in which a loaded machine has imported any of the servers.
PATIENCE = 120
CALENDARS = ["radicale", "xandikos"]


@contextmanager
def served(kind: str, root: Path, *words: str) -> Iterator[str]:
    """The URL of a server that keeps its files in a folder of its own below `root`."""
    interpreter, port = installed("bin/python"), free_port()
    folder, log = root / kind, root / f"{kind}.log"
    folder.mkdir()
    here = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{here}:{here / 'middleware'}"}
    command = [interpreter, "-m", "tests.dav.scripts.served", kind, str(port), str(folder), *words]
    with running(command, log, environment) as process:
        wait_until_listening(process, port, log, PATIENCE)
        yield f"http://{HOST}:{port}/"


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """All of them by name; the folder "root" is where they keep what they are sent."""
    with (
        server_root() as root,
        served("wsgidav", root) as wsgidav,
        served("radicale", root) as radicale,
        served("xandikos", root) as xandikos,
    ):
        yield {"wsgidav": wsgidav, "radicale": radicale, "xandikos": xandikos, "root": str(root)}


@pytest.mark.parametrize("kind", ["wsgidav", *CALENDARS])
def test_strangers(servers: dict[str, str], kind: str) -> None:
    """Nobody gets in without a password, also by the field that the server would believe."""
    for headers in ({}, {"Remote-User": USER}, {"Authorization": "Basic YWxpY2U6czNjcmV0"}):
        answer = httpx.request("PROPFIND", servers[kind], headers=headers, trust_env=False)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Digest ")


@pytest.mark.parametrize("kind", CALENDARS)
def test_caldav(servers: dict[str, str], tmp_path: Path, kind: str) -> None:
    """A calendar is made, filled and read; a wrong password is refused."""
    script = str(Path(__file__).parent / "scripts" / "calendars.py")
    said = run([installed("bin/python"), "-P", script, servers[kind], USER, PASSWORD], tmp_path)
    assert json.loads(said.splitlines()[-1]) == [[True], "refused"], said


VDIRSYNCER = """\
[general]
status_path = "{folder}/status/"
[pair up]
a = "mine"
b = "theirs"
collections = ["work"]
[pair down]
a = "theirs"
b = "other"
collections = ["work"]
[storage mine]
type = "filesystem"
path = "{folder}/mine/"
fileext = ".ics"
[storage other]
type = "filesystem"
path = "{folder}/other/"
fileext = ".ics"
[storage theirs]
type = "caldav"
url = "{url}"
username = "{user}"
password = "{password}"
auth = "digest"
"""


@pytest.mark.parametrize("kind", CALENDARS)
def test_vdirsyncer(servers: dict[str, str], tmp_path: Path, kind: str) -> None:
    """An event goes from one folder to the server, and from there to another folder."""
    (tmp_path / "mine" / "work").mkdir(parents=True)
    event = Path(__file__).with_name("event.ics").read_text(encoding="utf-8")
    (tmp_path / "mine" / "work" / "2@tests.ics").write_text(event, encoding="utf-8")
    config = tmp_path / "config"
    config.write_text(
        VDIRSYNCER.format(folder=tmp_path, url=servers[kind], user=USER, password=PASSWORD), encoding="utf-8"
    )
    command = [installed("bin/vdirsyncer"), "-c", str(config)]
    said = run([*command, "discover"], tmp_path, "y\n" * 8)
    said += run([*command, "sync", "up"], tmp_path) + run([*command, "sync", "down"], tmp_path)
    found = list((tmp_path / "other" / "work").glob("*.ics"))
    assert ["SUMMARY:walk" in each.read_text(encoding="utf-8") for each in found] == [True], said


def test_litmus(servers: dict[str, str], tmp_path: Path) -> None:
    """The tests of a WebDAV server come to the same with a login and without one; three of five rooms are clean."""
    litmus = program("litmus", package="litmus")
    closed = run([litmus, "-k", servers["wsgidav"], USER, PASSWORD], tmp_path)
    with server_root() as root, served("wsgidav", root, "open") as url:
        opened = run([litmus, "-k", url], tmp_path)
    summary = re.findall(r"summary for `(\w+)': of (\d+) tests run: (\d+) passed", closed)
    assert [(room, ran) for room, ran, passed in summary if ran == passed] == [
        ("basic", "16"), ("copymove", "13"), ("http", "4"),
    ]  # fmt: skip
    assert summary == re.findall(r"summary for `(\w+)': of (\d+) tests run: (\d+) passed", opened)


def test_davfs2(servers: dict[str, str]) -> None:
    """A folder of the system: a file of 3 MB is written there, and arrives whole."""
    mount, umount = program("mount.davfs", package="davfs2"), program("umount", package="mount")
    if os.geteuid() != 0 or not os.access("/dev/fuse", os.W_OK):
        # No package brings that, so it is no peer that could be missing.
        pytest.skip("only root can mount, and /dev/fuse must be there")
    noise = b"".join(number.to_bytes(4) * 3 for number in range(250_000))
    with server_root() as folder:
        for name in ("cache", "mount"):
            (folder / name).mkdir()
        # The program gives up root's rights for those of this group.
        shutil.chown(folder / "cache", group="davfs2")
        (folder / "cache").chmod(0o1775)
        secrets, config = folder / "secrets", folder / "config"
        secrets.write_text(f"{servers['wsgidav']} {USER} {PASSWORD}\n", encoding="utf-8")
        secrets.chmod(0o600)
        config.write_text(
            f"secrets {secrets}\ncache_dir {folder}/cache\nuse_locks 0\nask_auth 0\ndelay_upload 0\n", encoding="utf-8"
        )
        said = run([mount, "-o", f"conf={config}", servers["wsgidav"], str(folder / "mount")], folder)
        if not (folder / "mount").is_mount():
            assert re.search("fuse|not permitted", said), said
            pytest.skip("this machine lets nobody mount")
        try:
            (folder / "mount" / "large").write_bytes(noise)
        finally:
            # It returns when all is sent.
            run([umount, str(folder / "mount")], folder)
    assert (Path(servers["root"]) / "wsgidav" / "large").read_bytes() == noise


def test_gvfs(servers: dict[str, str]) -> None:
    """A file of 3 MB goes out and comes back; a wrong password opens nothing, and is not tried for ever."""
    noise = b"".join(number.to_bytes(4) * 3 for number in range(250_000))
    # The path of a bus is short, and pytest's folders have long names.
    with server_root() as folder, file_manager(folder) as gio:
        there = servers["wsgidav"].replace("http:", "dav:")
        (folder / "out").write_bytes(noise)
        # Asked a second time it reads the end of its input, and gives up.
        assert "wrong-credentials" in gio("mount", there, typed=f"{USER}\nanother\n")
        assert there not in gio("mount", "--list")
        gio("mount", there, typed=f"{USER}\n{PASSWORD}\n")
        assert there in gio("mount", "--list")
        said = gio("copy", "out", f"{there}by-gvfs")
        assert "by-gvfs" in gio("list", there), said
        gio("copy", f"{there}by-gvfs", "back")
        assert (folder / "back").read_bytes() == noise
        gio("mount", "--unmount", there)
    assert (Path(servers["root"]) / "wsgidav" / "by-gvfs").read_bytes() == noise
