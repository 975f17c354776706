"""What each source says of the hashes it holds."""

import asyncio
import hashlib
import time

import pytest

from digest_http.algorithms import by_name, select
from digest_http.httpauth.protocols import CountedUsers, HashCounts
from digest_http.users import CachedUsers, CallableUsers, HtdigestUsers, MappingUsers
from digest_http.users.sql import SQLUsers
from tests.users_sources.test_htdigest import Seconds, line
from tests.users_sources.test_sql import hashes

MD5, SHA256 = by_name("MD5"), by_name("SHA-256")


def test_a_mapping_holds_all_it_was_made_for():
    """Every password was hashed; users that come and go are counted."""
    users = MappingUsers({"alice": "a", "bob": "b"}, "r", select(["SHA-256", "MD5-sess"]))
    assert users.count_hashes("r") == HashCounts(2, {"SHA-256": 2, "MD5": 2})
    users.set("carol", "c")
    assert users.count_hashes("r") == HashCounts(3, {"SHA-256": 3, "MD5": 3})
    users.remove("alice")
    assert users.count_hashes("r") == HashCounts(2, {"SHA-256": 2, "MD5": 2})
    assert users.count_hashes("other") is None
    assert MappingUsers({}, "r", [MD5]).count_hashes("r") == HashCounts(0, {"MD5": 0})


def test_a_file_is_counted_in_its_realm(tmp_path):
    """Each user once, each hash by its lines; other realms do not count."""
    path = tmp_path / "users"
    lines = [line("alice", "r", "pw"), line("alice", "r", "pw", SHA256), line("bob", "r", "pw"), line("eve", "q", "pw")]
    path.write_text("\n".join(lines), encoding="utf-8")
    users = HtdigestUsers(path, "r")
    assert users.count_hashes("r") == HashCounts(2, {"MD5": 2, "SHA-256": 1})
    assert users.count_hashes("q") is None


def test_a_file_that_changes_is_counted_anew(tmp_path):
    """Asking looks at the file, as a look-up of a user does."""
    path = tmp_path / "users"
    path.write_text(line("alice", "r", "pw"), encoding="utf-8")
    seconds = Seconds()
    users = HtdigestUsers(path, "r", seconds=seconds)
    path.write_text(line("alice", "r", "pw", SHA256) + "\n\n", encoding="utf-8")
    seconds.now += 2
    deadline = time.monotonic() + 20
    while users.count_hashes("r") != HashCounts(1, {"SHA-256": 1}):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_file_that_is_read_again_says_names_once(tmp_path, caplog):
    """Names that a browser cannot send: one line for each number that is higher than before."""
    path = tmp_path / "users"
    seconds = Seconds()
    path.write_text(line("Zoë", "r", "pw"), encoding="utf-8")
    path.chmod(0o600)
    users = HtdigestUsers(path, "r", seconds=seconds)
    for number, name in enumerate(("alice", "bob", "André"), 2):
        path.write_text(path.read_text(encoding="utf-8") + "\n" + line(name, "r", "pw"), encoding="utf-8")
        seconds.now += 2
        deadline = time.monotonic() + 20
        while users.count_hashes("r") != HashCounts(number, {"MD5": number}):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    reader = users._reader  # noqa: SLF001 - its last line comes after the table
    assert reader is not None
    reader.join(20)
    said = [
        record.getMessage().partition(" user names")[0] for record in caplog.records if record.levelname == "WARNING"
    ]
    assert said == ["1 of 1", "2 of 4"]


def test_a_table_is_counted_in_its_realm(tmp_path):
    """The rows of a database, and of one that has none yet."""

    async def counted():
        users = SQLUsers(f"sqlite:///{tmp_path}/users.db")
        try:
            await users.create_table()
            empty = await users.count_hashes("r")
            await users.replace("alice", "r", hashes("alice", "r", "pw"))
            await users.replace("bob", "r", {"MD5": hashlib.md5(b"bob:r:pw").hexdigest().encode()})
            await users.replace("eve", "q", hashes("eve", "q", "pw"))
            return empty, await users.count_hashes("r"), await users.count_hashes("q")
        finally:
            await users.close()

    assert asyncio.run(counted()) == (
        HashCounts(0, {}),
        HashCounts(2, {"MD5": 2, "SHA-256": 1}),
        HashCounts(1, {"MD5": 1, "SHA-256": 1}),
    )


@pytest.mark.parametrize("seconds", [1, 60])
def test_a_cache_passes_it_on(seconds):
    """What the source behind it says now; None where that cannot tell."""
    mapping = MappingUsers({"alice": "a"}, "r", [MD5])
    assert CachedUsers(mapping, seconds).count_hashes("r") == HashCounts(1, {"MD5": 1})
    mapping.set("bob", "b")
    assert CachedUsers(mapping, seconds).count_hashes("r") == HashCounts(2, {"MD5": 2})
    unknown = CachedUsers(CallableUsers(lambda *_: None), seconds)
    assert unknown.count_hashes("r") is None
    assert not isinstance(CallableUsers(lambda *_: None), CountedUsers)
