"""Keys of nonces: given, from the environment, or random with a word of warning where that cannot work."""

import warnings

import pytest

from digest_http.errors import ConfigurationError, SecurityWarning
from digest_http.stores import MemoryStore
from tests.attacks.driver import Server

WORD = "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def one_worker(monkeypatch):
    """Whatever the environment of the tests says, this is one worker without configured keys."""
    monkeypatch.delenv("DIGEST_HTTP_KEYS", raising=False)
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)


class SharedStore(MemoryStore):
    """A store that says that other workers count in it too."""

    shared = True


def test_one_worker_needs_no_keys():
    """The default is silent: random keys are right for one process (warnings are errors here)."""
    assert Server().request().status == 401


def test_keys_from_the_environment(monkeypatch):
    """Two workers with one environment take each other's nonces."""
    monkeypatch.setenv("DIGEST_HTTP_KEYS", WORD)
    store = SharedStore()
    first, second = Server(store=store), Server(store=store)
    second.clock.now = first.clock.now
    signer = first.signer()
    assert second.get(signer).status == 200
    assert first.get(signer).status == 401


def test_keys_in_text():
    """The setting may be the same text; a text that holds no proper key is refused at the start."""
    assert Server(keys=WORD).request().status == 401
    for text in ("", "short", " , ", f"{WORD} short"):
        with pytest.raises(ConfigurationError):
            Server(keys=text)


def test_a_shared_store_without_common_keys(monkeypatch):
    """Random keys would make every other challenge stale, however many workers there are."""
    with pytest.warns(SecurityWarning, match="DIGEST_HTTP_KEYS"):
        Server(store=SharedStore())
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Server(store=SharedStore(), keys=[b"k" * 32])


@pytest.mark.parametrize("keys", [None, [b"k" * 32]], ids=["no keys", "keys"])
@pytest.mark.parametrize(
    ("program", "words", "environment", "workers"),
    [
        ("app.py", [], {}, 1),
        ("app.py", [], {"WEB_CONCURRENCY": "1"}, 1),
        ("app.py", [], {"WEB_CONCURRENCY": ""}, 1),
        ("app.py", [], {"WEB_CONCURRENCY": "many"}, 1),
        ("app.py", [], {"WEB_CONCURRENCY": "4"}, 4),
        ("app.py", ["--workers", "4"], {}, 1),
        ("hypercorn", [], {"WEB_CONCURRENCY": "4"}, 1),
        ("daphne", [], {"WEB_CONCURRENCY": "4"}, 1),
        ("granian", [], {"WEB_CONCURRENCY": "4"}, 1),
        ("granian", ["--workers", "4"], {}, 4),
        ("granian", ["--workers", "2"], {}, 2),
        ("granian", ["--workers"], {}, 1),
        ("granian", ["--workers=4"], {"GRANIAN_WORKERS": "1"}, 4),
        ("granian", [], {"GRANIAN_WORKERS": "4"}, 4),
        ("granian/__main__.py", ["--workers", "1"], {"GRANIAN_WORKERS": "4"}, 1),
    ],
)
def test_a_store_of_one_process_and_several_workers(monkeypatch, program, words, environment, workers, keys):
    """With keys or without: a warning where a number is known that is not one, and no other."""
    monkeypatch.setattr("sys.argv", [f"/usr/bin/{program}", *words])
    monkeypatch.delenv("GRANIAN_WORKERS", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Server(keys=keys)
    assert [warning.category for warning in caught] == [SecurityWarning] * (workers > 1)
    for warning in caught:
        assert f"one of {workers} workers" in str(warning.message)
        assert "sqlite:///" in str(warning.message)
        assert ("DIGEST_HTTP_KEYS" in str(warning.message)) == (keys is None)
