"""Where the commands that speak HTTP take a password from: file, input, netrc, keyring, prompt; and what goes wrong."""

import sys
from typing import Any

import pytest
from click.testing import CliRunner

from digest_http.cli.commands import command
from tests.cli.http_server import serving
from tests.client_auth.strict_server import StrictServer
from tests.live.peers import python_peer

BROKEN = "machine 127.0.0.1 login alice s3cret\n"


@pytest.fixture
def url():
    """A server that knows alice."""
    with serving(StrictServer().answer) as base:
        yield base


def get(url, *arguments, **invoke):
    """One get; no password in anything but its input."""
    ran = CliRunner().invoke(command, ["get", url, *arguments], **invoke)
    assert "s3cret" not in ran.stdout + ran.stderr
    return ran


@pytest.fixture
def kept(tmp_path):
    """Write a netrc file that others cannot read."""

    def write(text, name="netrc"):
        path = tmp_path / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    return write


def test_a_file_a_prompt_and_the_name_in_the_url(url, tmp_path):
    """The name may stand in the URL, the password never."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    assert get(url, "-u", "alice", "--password-file", str(secret)).stdout == "hello alice"
    named = url.replace("//", "//alice@")
    assert get(named, "--password-file", str(secret)).stdout == "hello alice"
    asked = get(named, input="s3cret\n")
    # The runner of an older click puts the line end that ends a prompt before the body.
    assert (asked.exit_code, asked.stdout.strip()) == (0, "hello alice")
    assert "Password" in asked.stderr


def test_netrc_gives_name_and_password(url, kept, tmp_path, monkeypatch):
    """By host; in a file that is named, or in the home folder."""
    text = "machine other login bob password x\nmachine 127.0.0.1 login alice password s3cret\n"
    assert get(url, "--netrc-file", kept(text)).stdout == "hello alice"
    assert get(url, "-u", "alice", "--netrc-file", kept(text)).stdout == "hello alice"
    kept(text, ".netrc")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert get(url, "--netrc").stdout == "hello alice"


NETRC: dict[str, tuple[str | bytes, list[str], str]] = {
    "another host": ("machine other login bob password s3cret\n", [], "has no password for 127.0.0.1"),
    "another name": ("machine 127.0.0.1 login bob password s3cret\n", ["-u", "alice"], "of 'bob' for 127.0.0.1, not"),
    "broken": (BROKEN, [], ": this is not a netrc file, or others may read it"),
    "no password": ("machine 127.0.0.1 login alice\n", [], "has no password for 127.0.0.1"),
    "no text": (b"machine \xff\xfe\n", [], "cannot be read"),
}


@pytest.mark.parametrize("row", NETRC)
def test_what_is_wrong_with_a_netrc_file(row, url, tmp_path):
    """One line with the file's name, and no word out of it that may be a password."""
    text, arguments, sentence = NETRC[row]
    path = tmp_path / "netrc"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    ran = get(url, "--netrc-file", str(path), *arguments)
    assert ran.exit_code == 1
    assert sentence in ran.stderr


def test_without_a_home_there_is_no_netrc(url, monkeypatch, tmp_path):
    """A file that is not there is told."""
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    ran = get(url, "--netrc")
    assert (ran.exit_code, "cannot be read (FileNotFoundError)" in ran.stderr) == (1, True)


@pytest.fixture
def keyring():
    """The keyring package with a backend that keeps things in memory; what is in it can be set."""
    package = python_peer("keyring")
    backend: Any = python_peer("keyring.backend")

    class Memory(backend.KeyringBackend):  # type: ignore[misc]  # a package that need not be there
        priority = 1
        kept: dict[tuple[str, str], str]
        broken = False

        def get_password(self, service, username):
            if self.broken:
                raise RuntimeError("s3cret")
            return self.kept.get((service, username))

        def set_password(self, service, username, password):
            self.kept[service, username] = password

        def delete_password(self, service, username):
            del self.kept[service, username]

    memory = Memory()
    memory.kept = {}
    before = package.get_keyring()
    package.set_keyring(memory)
    yield memory
    package.set_keyring(before)


@pytest.mark.live
def test_the_keyring_keeps_passwords_by_origin(url, keyring):
    """Its service is the origin of the URL; what is missing there is said with the command that stores it."""
    missing = get(f"{url}/page", "-u", "alice", "--keyring")
    assert missing.exit_code == 1
    assert f"store one with 'keyring set {url} alice'" in missing.stderr
    keyring.set_password(url, "alice", "s3cret")
    assert get(f"{url}/page", "-u", "alice", "--keyring").stdout == "hello alice"
    keyring.broken = True
    broken = get(url, "-u", "alice", "--keyring")
    assert (broken.exit_code, broken.stderr) == (1, "Error: the keyring cannot be read (RuntimeError)\n")


def test_without_the_keyring_package(url, monkeypatch):
    """It is no dependency; the command says how to get it."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    ran = get(url, "-u", "alice", "--keyring")
    assert (ran.exit_code, ran.stderr) == (1, "Error: --keyring needs a package: pip install keyring\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--netrc", "--password-stdin"], "give one of --password-file, --password-stdin, --netrc and --keyring"),
        (["-u", "alice", "--keyring", "--password-file", __file__], "give one of"),
        (["--password-stdin"], "whose password is it? Give --user NAME"),
        (["--keyring"], "whose password is it? Give --user NAME"),
        (["-u", "alice", "--password-stdin"], "the password is empty"),
    ],
)
def test_contradictions_are_usage_errors(url, arguments, sentence):
    """Exit status 2, before anything is sent."""
    ran = get(url, *arguments, input="")
    assert ran.exit_code == 2
    assert sentence in ran.stderr
