"""Stores and user sources that are slow, down or full: 503 while they are, no 200 unchecked, and recovery."""

import resource
import signal
import sqlite3
import time
from contextlib import closing

import pytest
from click.testing import CliRunner

from digest_http.cli.commands import command
from tests.faults.by_hand import get, settled_nonce, sign
from tests.faults.fleet import fleet
from tests.stores_shared.redis_servers import RedisServer

pytestmark = pytest.mark.live


def accepted_again(url: str) -> None:
    """Before long a client with a new nonce gets in."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        answer = get(url)
        answer = get(url, sign(answer.nonce, 1))
        if answer.status == 200:
            return
        time.sleep(0.1)
    raise AssertionError("no recovery without a restart")


def assert_unavailable(url: str, nonce: str, nc: int) -> None:
    """503 with Retry-After, while what is wrong still is: who waited for its end would never get an answer here."""
    answer = get(url, sign(nonce, nc))
    assert answer.status == 503
    assert int(answer.fields["retry-after"]) >= 1
    assert "www-authenticate" not in answer.fields


def test_redis_hangs(tmp_path, redis_server):
    """SIGSTOP: 503 after the time-out set; when it goes on, what it had been asked is not accepted a second time."""
    with fleet(tmp_path, store=redis_server.url, source_timeout=0.5) as servers:
        nonce = settled_nonce(servers.url)
        redis_server.process.send_signal(signal.SIGSTOP)
        try:
            for nc in (2, 3):
                assert_unavailable(servers.url, nonce, nc)
        finally:
            redis_server.process.send_signal(signal.SIGCONT)
        accepted_again(servers.url)
        assert get(servers.url, sign(nonce, 1)).status == 401


def test_redis_down_at_the_start(tmp_path):
    """Workers start without it, answer 503 and go to work when it is there."""
    server = RedisServer(tmp_path)
    with fleet(tmp_path, store=server.url) as servers:
        assert_unavailable(servers.url, get(servers.url).nonce, 1)
        server.start()
        try:
            accepted_again(servers.url)
        finally:
            server.stop()


def test_sqlite_locked(tmp_path):
    """Another program holds the lock: 503 soon, later ones at once; the workers go on when it is given back."""
    path = tmp_path / "nonces.db"
    with fleet(tmp_path, store=f"sqlite:///{path}") as servers:
        nonce = settled_nonce(servers.url)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert_unavailable(servers.url, nonce, 2)
            assert_unavailable(servers.url, nonce, 3)
            other.execute("ROLLBACK")
        assert get(servers.url, sign(nonce, 4)).status == 200
        assert get(servers.url, sign(nonce, 1)).status == 401


def test_disk_full(tmp_path):
    """No write succeeds: 503 and no unchecked 200; the workers go on when there is room again."""
    with fleet(tmp_path, store=f"sqlite:///{tmp_path}/nonces.db") as servers:
        nonce = settled_nonce(servers.url)
        resource.prlimit(servers.process, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        for nc in (2, 3, 1):
            assert_unavailable(servers.url, nonce, nc)
        resource.prlimit(servers.process, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        accepted_again(servers.url)
        assert get(servers.url, sign(nonce, 1)).status == 401


@pytest.fixture
def users_file(tmp_path):
    """A database with alice in it."""
    path = tmp_path / "users.db"
    add = ["user", "add", "--create", f"sqlite:///{path}", "alice", "--realm", "fleet", "--password-stdin"]
    assert CliRunner().invoke(command, add, input="s3cret").exit_code == 0
    return path


def test_users_broken(tmp_path, users_file):
    """The database of users is spoilt: 503 for a right password and a wrong one alike, and recovery."""
    with fleet(tmp_path, users=f"sqlite:///{users_file}") as servers:
        nonce = settled_nonce(servers.url)
        good = users_file.read_bytes()
        users_file.write_bytes(b"not a database" * 1000)
        assert_unavailable(servers.url, nonce, 2)
        assert get(servers.url, sign(nonce, 2, password="wrong")).status == 503
        users_file.write_bytes(good)
        accepted_again(servers.url)


def test_users_slow(tmp_path, users_file):
    """The database of users is locked: 503 after the time-out set, and recovery."""
    with fleet(tmp_path, users=f"sqlite:///{users_file}", source_timeout=0.5) as servers:
        nonce = settled_nonce(servers.url)
        with closing(sqlite3.connect(users_file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert_unavailable(servers.url, nonce, 2)
            other.execute("ROLLBACK")
        accepted_again(servers.url)
