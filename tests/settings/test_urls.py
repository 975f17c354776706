"""URLs as settings: none names another place than the one that is read, and no error shows one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.cli.sources import open_source
from digest_http.errors import ConfigurationError
from digest_http.guard.key_sources import configured_keys
from digest_http.stores import open_store
from digest_http.users import CachedUsers, open_users


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which each file that a slip could name is there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys").write_text("k" * 40)
    (tmp_path / "members").write_text(f"alice:home:{'0' * 32}\n")
    (tmp_path / "members").chmod(0o600)
    return tmp_path


def users(url: str) -> Any:
    """The source of a URL."""
    return open_users(url, "home", [by_name("MD5")])


@pytest.mark.parametrize(
    ("opens", "url"),
    [
        (open_store, "memory://#packed=1"),
        (open_store, "memory://?packed=1#s3cret"),
        (open_store, "memory://?packed=1&packed=0"),
        (open_store, "memory://?capacity=5&capacity=s3cret"),
        (open_store, "memory://\n"),
        (open_store, "sqlite:///s3cret#1/nonces.db"),
        (open_store, "sqlite:///nonces.db#s3cret"),
        (open_store, "sqlite:///s3cret\t.db"),
        (open_store, "sqlite:///nonces.db?capacity=5&capacity=6"),
        (open_store, "redis://:s3cret@host/0#x"),
        (open_store, "redis://:s3#cret@host/0"),
        (open_store, "redis://:s3cret@host/1/2"),
        (open_store, "redis://:s3cret@host/sessions"),
        (open_store, "redis://:s3cret@host/0%20"),
        (open_store, "redis://:s3cret@host/-1"),
        (open_store, "redis://:s3cret@host/1?db=2"),
        (open_store, "redis:///:s3cret@host/1"),
        (open_store, "valkeys://:s3cret@host/zero"),
        (open_store, "redis+sentinel://:s3cret@host/service/0?db=1"),
        (open_store, "redis+sentinel://:s3cret@host/service/0/1"),
        (users, "htdigest:///members#s3cret"),
        (users, "htdigest:///members\r\n"),
        (users, "htdigest:///members?cache=5&cache=50"),
        (users, "sqlite:///s3cret.db?table=a&table=b"),
        (users, "sqlite:///users.db?cache=5#x"),
        (open_source, "htdigest:///members#s3cret"),
        (open_source, "htdigest://host/members"),
        (open_source, "htdigest:///members?table=s3cret"),
        (open_source, "htdigest:///memb\ters"),
        (configured_keys, "file:///{place}/keys#s3cret"),
        (configured_keys, "file:///{place}/keys?s3cret"),
        (configured_keys, "file://s3cret{place}/keys"),
        (configured_keys, "file:keys"),
    ],
)
def test_refused(opens: Any, url: str, place: Path) -> None:
    """What would end early, be dropped, or be said twice; each with words that tell what to write."""
    with pytest.raises(ConfigurationError) as refused:
        opens(url.replace("{place}", str(place)))
    said = str(refused.value)
    assert "s3cret" not in said
    assert "s3#cret" not in said


def test_taken(place: Path) -> None:
    """What is written as it is meant."""
    assert repr(open_store("memory:///?packed=1")) == "<PackedMemoryStore of 0 nonces, at most 100000>"
    store: Any = open_store("sqlite:///a%231.db?capacity=7")
    assert (store.path, store.capacity) == (place / "a#1.db", 7)
    assert isinstance(users("htdigest:///members?cache=5"), CachedUsers)
    open_source("htdigest:///members?cache=5")
    for keys in (f"file://{place}/keys", f"file:{place}/keys", f"file://localhost{place}/keys\n"):
        found: Any = configured_keys(keys)
        assert list(found()) == [b"k" * 40]
    # A database's URL is SQLAlchemy's, for which "#" is a character as others.
    assert "'a#b'" in repr(users("sqlite:///users.db?table=a#b"))
