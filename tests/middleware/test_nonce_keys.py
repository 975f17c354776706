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


@pytest.mark.parametrize("sign", ["shared store", "WEB_CONCURRENCY"])
def test_workers_without_common_keys_are_warned(monkeypatch, sign):
    """Where this is one worker of several, random keys would make every other challenge stale."""
    if sign == "WEB_CONCURRENCY":
        monkeypatch.setenv(sign, "4")
    store = SharedStore() if sign == "shared store" else MemoryStore()
    with pytest.warns(SecurityWarning, match="DIGEST_HTTP_KEYS"):
        Server(store=store)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Server(store=store, keys=[b"k" * 32])
