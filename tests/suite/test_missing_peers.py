"""On a machine without a peer: skipped with the name of the package, and nothing is left open for another test."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.faults.wall_clock import WallClock
from tests.live.browser import chromium
from tests.live.commands import curl, wget
from tests.live.httpd import httpd
from tests.live.lighttpd import lighttpd
from tests.live.peers import PATH_ONLY, found_program, peer_file
from tests.programs.firefox import firefox
from tests.programs.webkit import webkit
from tests.sasl import programs
from tests.servers.by_binary import httpd_proxy, squid
from tests.servers.by_language import java, php, ruby
from tests.stores_shared.redis_opener import Background
from tests.stores_shared.redis_servers import RedisServer
from tests.suite.sources import TESTS
from tests.users_sources.postgres import postgres

#: What opens a peer, called with a folder; and Debian's name for what is missing.
OPENERS: dict[str, tuple[Any, str]] = {
    "httpd": (lambda _: httpd(), "apache2-bin"),
    "lighttpd": (lambda _: lighttpd("MD5"), "lighttpd"),
    "chromium": (lambda _: chromium(), "chromium"),
    "firefox": (lambda folder: firefox(folder, "u", "p"), "firefox-esr"),
    "webkit": (lambda folder: webkit(folder, "u", "p"), "webkit2gtk-driver"),
    "curl": (lambda _: curl("http://127.0.0.1:1/"), "curl"),
    "wget": (lambda _: wget("u", "p", "http://127.0.0.1:1/"), "wget"),
    "redis": (RedisServer, "redis-server"),
    "redis in the background": (lambda _: Background("redis"), "redis-server"),
    "postgres": (lambda _: postgres(), "postgresql"),
    "libfaketime": (WallClock, "libfaketime"),
    "jdk": (lambda folder: programs.command("jdk", folder), "openjdk-17-jdk-headless"),
    "cyrus": (lambda folder: programs.command("cyrus", folder), "gcc libc6-dev"),
    "squid": (lambda _: squid(), "squid"),
    "httpd as a proxy": (lambda _: httpd_proxy(), "apache2-bin"),
    "php": (lambda _: php(), "php-cli"),
    "webrick": (lambda _: ruby("WEBrick", "/none", "ruby-webrick")(), "ruby"),
    "jetty": (lambda _: java("JettySite", "none", package="libjetty9-java")(), "libjetty9-java"),
    "gsasl": (lambda folder: programs.running("gsasl", folder), "gcc libc6-dev"),
}


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """The folder for temporary files of a machine on which nothing is installed."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv(PATH_ONLY, "1")
    monkeypatch.delenv("CI", raising=False)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("peer", OPENERS)
def test_a_missing_peer_leaves_nothing_behind(peer, bare, tmp_path):
    """The test that wants it is skipped, with the package that Debian calls it by."""
    opener, package = OPENERS[peer]
    with pytest.raises(pytest.skip.Exception) as skipped:
        enter(opener(tmp_path))
    assert f"(Debian package {package})" in str(skipped.value)
    assert list(bare.iterdir()) == []


def enter(opened: Any) -> None:
    """Begin what is a context manager."""
    if isinstance(opened, AbstractContextManager):
        with opened:
            pass


def test_only_path_counts_on_a_bare_machine(bare, monkeypatch):
    """Elsewhere servers are found in Debian's folders too, and libraries in theirs; a program on PATH always."""
    server = bare / "some-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    assert found_program("some-server", folders=f"{bare.parent}/temp*") is None
    with pytest.raises(pytest.skip.Exception, match="some-server is not installed"):
        peer_file(str(server), package="none")
    monkeypatch.delenv(PATH_ONLY)
    assert found_program("absent", "some-server", folders=f"{bare.parent}/temp*") == str(server)
    assert peer_file("/no/such/*", str(server), package="none") == server
    monkeypatch.setenv(PATH_ONLY, "1")
    monkeypatch.setenv("PATH", str(bare))
    assert found_program("some-server") == str(server)


#: Two tests and a fixture that want a peer, once marked and once not.
WANTING = """
import pytest
from tests.live.peers import program

@pytest.fixture
def peer():
    return program("no-such-peer", package="none")

def test_without_the_marker():
    program("no-such-peer", package="none")

def test_a_fixture_without_the_marker(peer):
    pass

@pytest.mark.live
def test_with_the_marker():
    program("no-such-peer", package="none")

@pytest.mark.parametrize("way", ["none", pytest.param("live", marks=pytest.mark.live)])
def test_a_fixture_with_the_marker(way, request):
    if way == "live":
        request.getfixturevalue("peer")
"""


def test_who_needs_a_peer_is_marked(tmp_path):
    """A test without the marker fails: it would be skipped where peers are missing, and not run where they are."""
    file = tmp_path / "test_wanting.py"
    file.write_text(WANTING, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment["PYTHONPATH"] = os.pathsep.join([str(TESTS.parent), *filter(None, sys.path)])
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-rs",
        "-c",
        os.devnull,
    ]
    command += ["-o", "markers=live", "--rootdir", str(tmp_path), str(file)]
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert "1 failed, 1 passed, 2 skipped, 1 error" in ran.stdout, ran.stdout + ran.stderr
    assert ran.stdout.count("SKIPPED [2]") == 1
    assert "no-such-peer is not installed (Debian package none); a test that needs a peer is marked live" in ran.stdout
