"""Keys of nonces that several workers share: given, from the environment, or from a file that changes."""

import logging
import os
import subprocess
import sys
import time
import warnings

import pytest

from digest_http.errors import ConfigurationError, SecurityWarning
from digest_http.guard.key_sources import KeyFile, configured_keys
from digest_http.httpauth.nonces import NonceSource
from digest_http_middleware import DigestAuthMiddleware

OLD, NEW = "0123456789abcdef" * 4, "fedcba9876543210" * 4


class Seconds:
    """A clock moved by hand."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def path(tmp_path):
    """A file with one key."""
    path = tmp_path / "keys"
    path.write_text(f"# made last year\n{OLD}\n", encoding="ascii")
    return path


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    monkeypatch.delenv("DIGEST_HTTP_KEYS", raising=False)
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)


def test_text(monkeypatch):
    """Words of the setting or of the environment, newest first; the setting wins."""
    assert configured_keys(f"{NEW}, {OLD}") == (NEW.encode(), OLD.encode())
    assert configured_keys(None) is None
    monkeypatch.setenv("DIGEST_HTTP_KEYS", f"{NEW}\n{OLD}\n")
    assert configured_keys(None) == (NEW.encode(), OLD.encode())
    assert configured_keys([b"k" * 16]) == (b"k" * 16,)


def test_a_file(path, monkeypatch):
    """Named by a URL, in the environment too; comments are skipped and no key is shown."""
    keys = configured_keys(f"file://{path}")
    assert isinstance(keys, KeyFile)
    assert keys() == (OLD.encode(),)
    assert OLD not in repr(keys)
    monkeypatch.setenv("DIGEST_HTTP_KEYS", f"file://{path}")
    assert isinstance(configured_keys(None), KeyFile)


NO_KEY = "there is no nonce key: make one with 'digest-http key new'"
SHORT_KEY = "a nonce key has fewer than 32 characters: make one with 'digest-http key new'"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" , ", NO_KEY),
        ("short", SHORT_KEY),
        (f"{OLD} short", SHORT_KEY),
        ("k" * 31, SHORT_KEY),
        (
            "file:///no/such/file",
            "the nonce keys in /no/such/file cannot be read: [Errno 2] No such file or directory: '/no/such/file'",
        ),
        ("file://", "keys is a URL that does not name a file on this machine; write keys='file:///etc/app/keys'"),
    ],
)
def test_settings_that_cannot_work(text, said):
    """Said where they are written, and without the text."""
    with pytest.raises(ConfigurationError) as caught:
        configured_keys(text)
    assert str(caught.value) == said


def test_the_shortest_key():
    """Thirty-two characters, separated by white space or commas."""
    assert configured_keys(",".join(["k" * 32, "l" * 32])) == (b"k" * 32, b"l" * 32)


def test_an_empty_environment(monkeypatch):
    """A variable that is set to nothing is a variable that is not set."""
    monkeypatch.setenv("DIGEST_HTTP_KEYS", "")
    assert configured_keys(None) is None


def test_a_file_name_with_odd_characters(tmp_path):
    """What a URL cannot hold is percent-encoded; comments and keys are UTF-8."""
    path = tmp_path / "nonce keys"
    path.write_text(f"# für alle\n{OLD} # und {NEW}\n{NEW}", encoding="utf-8")
    keys = configured_keys(f"file://{tmp_path}/nonce%20keys")
    assert isinstance(keys, KeyFile)
    assert keys() == (OLD.encode(), NEW.encode())
    assert repr(keys) == f"<KeyFile {str(path)!r}>"


def test_a_file_is_looked_at_once_a_second(path):
    """Between two looks nothing is read, and what has not changed is the same object."""
    seconds = Seconds()
    keys = KeyFile(path, seconds=seconds)
    first = keys()
    path.write_text(NEW, encoding="ascii")
    seconds.now += 0.9
    assert keys() is first
    seconds.now += 0.1
    second = keys()
    assert second == (NEW.encode(),)
    seconds.now += 0.5
    path.write_text(f"{NEW} {OLD}", encoding="ascii")
    assert keys() is second
    seconds.now += 0.5
    third = keys()
    assert third == (NEW.encode(), OLD.encode())
    seconds.now += 1
    assert keys() is third


def test_the_first_look_is_a_second_away(path):
    """A file that was just read is not read again at once, and not taken for changed when it is."""
    seconds = Seconds()
    keys = KeyFile(path, seconds=seconds)
    path.write_text(NEW, encoding="ascii")
    first = keys()
    assert first == (OLD.encode(),)
    unchanged = KeyFile(path, seconds=seconds)
    before = unchanged()
    seconds.now += 1
    assert unchanged() is before
    assert keys() == (NEW.encode(),)


def test_what_the_log_says_of_a_file(path, caplog):
    """Which file, and why keeping the previous keys."""
    seconds = Seconds()
    keys = KeyFile(path, seconds=seconds)
    path.write_text("short", encoding="ascii")
    path.chmod(0o600)
    caplog.clear()
    seconds.now += 1
    keys()
    assert [(record.name, record.levelname, record.getMessage()) for record in caplog.records] == [
        ("digest_http.keys", "ERROR", f"{path} is not usable, keeping the previous keys: {SHORT_KEY}")
    ]


def test_a_file_is_utf_8_wherever_it_is_read(path):
    """Whatever the locale of a service is, a comment may be in any language."""
    path.write_text(f"{OLD}  # schl\u00fcssel\n", encoding="utf-8")
    program = f"from digest_http.guard.key_sources import KeyFile; print(len(KeyFile({str(path)!r})()))"
    environment = {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=True)
    assert ran.stdout.strip() == b"1"


def test_rotation(path):
    """The new key second, first, alone: at each step the nonces of the step before are still recognised."""
    seconds = Seconds()
    keys = KeyFile(path, seconds=seconds)
    source = NonceSource(b"r", keys, b"00000001")
    issued = [source.issue()]
    for words in ((OLD, NEW), (NEW, OLD), (NEW,)):
        path.write_text("\n".join(words), encoding="ascii")
        seconds.now += 1.1
        issued.append(source.issue())
        assert source.recognise(issued[-1]) is not None
        assert source.recognise(issued[-2]) is not None or len(words) == 1
    assert [source.recognise(nonce) is not None for nonce in issued] == [False, False, True, True]


def test_a_worker_that_has_not_looked_yet(path):
    """A nonce of a key that was foreign a moment ago is recognised when the file has been read."""
    seconds = Seconds()
    source = NonceSource(b"r", KeyFile(path, seconds=seconds), b"00000001")
    nonce = NonceSource(b"r", [NEW.encode()], b"00000001").issue()
    assert source.recognise(nonce) is None
    path.write_text(f"{OLD} {NEW}", encoding="ascii")
    seconds.now += 1.1
    source.issue()
    assert source.recognise(nonce) is not None


@pytest.mark.parametrize("edit", ["short", "", None])
def test_a_broken_edit_keeps_the_old_keys(path, edit, caplog):
    """It is logged without a key in it, and a later good edit counts."""
    seconds = Seconds()
    keys = KeyFile(path, seconds=seconds)
    if edit is None:
        path.unlink()
    else:
        path.write_text(edit, encoding="ascii")
    seconds.now += 1.1
    with caplog.at_level(logging.ERROR, "digest_http.keys"):
        assert keys() == (OLD.encode(),)
    assert "not usable" in caplog.text
    assert "short" not in caplog.text.replace("shorter", "")
    path.write_text(NEW, encoding="ascii")
    seconds.now += 1.1
    assert keys() == (NEW.encode(),)


async def app(_scope, _receive, _send):
    """Never called here."""


def test_workers_without_common_keys_are_told(tmp_path, monkeypatch):
    """At the start: with a store that is shared, or in what looks like one worker of several."""
    shared = f"sqlite:///{tmp_path}/nonces.db"
    with pytest.warns(SecurityWarning, match="DIGEST_HTTP_KEYS"):
        DigestAuthMiddleware(app, {"a": "b"}, "r", store=shared)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        DigestAuthMiddleware(app, {"a": "b"}, "r", store=shared, keys=[b"k" * 32])
        DigestAuthMiddleware(app, {"a": "b"}, "r", store=shared, keys=OLD)
        DigestAuthMiddleware(app, {"a": "b"}, "r")
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    with pytest.warns(SecurityWarning, match="worker"):
        DigestAuthMiddleware(app, {"a": "b"}, "r")
    monkeypatch.setenv("DIGEST_HTTP_KEYS", OLD)
    with pytest.warns(SecurityWarning, match="keeps its own counts"):
        DigestAuthMiddleware(app, {"a": "b"}, "r")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        DigestAuthMiddleware(app, {"a": "b"}, "r", store=shared)


def test_a_shared_store_brings_its_clock(tmp_path):
    """Workers of one machine measure the age of a nonce with one clock, unless another is given."""
    shared = f"sqlite:///{tmp_path}/nonces.db"
    layers = [
        DigestAuthMiddleware(app, {"a": "b"}, "r", store=shared, keys=OLD),
        DigestAuthMiddleware(app, {"a": "b"}, "r", store=shared, keys=OLD, clock=lambda: 7.0),
    ]
    nonces = [next(iter(layer.guard.acceptor.nonces.values())) for layer in layers]
    before = int(time.monotonic() * 1e6)
    assert before <= nonces[0].now() <= time.monotonic() * 1e6
    assert nonces[1].now() == 7_000_000
