"""The digest-http command, run as people run it."""

import os
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner

from digest_http import COMPILED, __version__
from digest_http.algorithms import by_name
from digest_http.cli import main
from digest_http.cli.commands import command
from digest_http.users import HtdigestUsers

HOW = "'user add' and 'user import' make it with --create"
APACHE_LINE = "alice:wonder:7f963e1a2219f44dfea287fa7f2ff391"


@pytest.fixture(params=["file", "htdigest", "sqlite"])
def users(request, tmp_path):
    """Where users are kept, as the commands name it."""
    path = tmp_path / "users"
    return {"file": str(path), "htdigest": f"htdigest:///{path}", "sqlite": f"sqlite:///{path}"}[request.param]


def run(*arguments, password=None):
    """One command with a password on its standard input."""
    stdin = [] if password is None else ["--password-stdin"]
    return CliRunner().invoke(command, [*arguments, *stdin], input=password)


def user(verb, users, name, password=None, *more):
    """One of the user commands in the realm wonder; what is missing is made."""
    made = ["--create"] if verb == "add" else []
    return run("user", verb, users, name, "--realm", "wonder", *made, *more, password=password)


def test_a_user_from_first_to_last(users):
    """add, check, passwd, list and del, on files and databases alike."""
    assert user("add", users, "alice", "s3cret\n").exit_code == 0
    assert run("user", "list", users).output == "alice\twonder\tMD5 SHA-256\n"
    assert user("check", users, "alice", "s3cret").output == "right\n"
    assert user("check", users, "alice", "S3cret").exit_code == 1
    assert user("passwd", users, "alice", "n3w", "--hash", "SHA-512-256").exit_code == 0
    assert run("user", "list", users, "--realm", "wonder").output == "alice\twonder\tMD5 SHA-256 SHA-512-256\n"
    assert user("check", users, "alice", "s3cret").exit_code == 1
    assert user("check", users, "alice", "n3w").exit_code == 0
    assert user("del", users, "alice").exit_code == 0
    assert run("user", "list", users).output == ""


def test_a_name_that_firefox_cannot_send(users):
    """It is added, and a line on standard error says so; for other names nothing is said."""
    added = user("add", users, "Zoë", "s3cret")
    assert (added.exit_code, added.stderr) == (0, "Note: the name is not ASCII, and Firefox cannot send such a name.\n")
    assert user("add", users, "alice", "s3cret").output == ""


def test_what_is_not_there_or_there_already(users):
    """add wants a new name; passwd, del and check want a known one, and check does not say which was wrong."""
    assert user("passwd", users, "alice", "x").exit_code == 1
    assert user("add", users, "alice", "s3cret").exit_code == 0
    again = user("add", users, "alice", "other")
    assert (again.exit_code, "there already" in again.output) == (1, True)
    assert user("del", users, "bob").exit_code == 1
    assert user("check", users, "alice", "wrong").output == user("check", users, "bob", "wrong").output == "wrong\n"
    assert user("check", users, "alice", "s3cret").exit_code == 0


def test_passwords_from_file_and_prompt(users, tmp_path):
    """A line of a file, or typed twice."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret\r\n", encoding="utf-8")
    assert user("add", users, "alice", None, "--password-file", str(secret)).exit_code == 0
    assert user("check", users, "alice", "s3cret").exit_code == 0
    typed = CliRunner().invoke(command, ["user", "passwd", users, "alice", "--realm", "wonder"], input="n3w\nn3w\n")
    assert typed.exit_code == 0
    assert "n3w" not in typed.output
    assert user("check", users, "alice", "n3w").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [("--password-stdin", "--password-file", __file__), ("--password-file", __file__), ("--password-stdin",)],
    ids=["two sources", "many lines", "empty"],
)
def test_passwords_that_cannot_be(users, arguments, tmp_path):
    """A usage error, and nothing is stored."""
    done = CliRunner().invoke(
        command, ["user", "add", "--create", users, "alice", "--realm", "wonder", *arguments], input="\n"
    )
    assert done.exit_code == 2
    assert run("user", "list", users).output in {"", f"Error: there is no file {str(tmp_path / 'users')!r}; {HOW}\n"}


@pytest.mark.parametrize("encoding", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
@pytest.mark.parametrize("way", ["--password-stdin", "--password-file"])
def test_octets_that_are_no_text(tmp_path, way, encoding):
    """Said without showing any of them, whatever the locale."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"caf\xe9")
    given = [way, str(secret)] if way == "--password-file" else [way]
    child = subprocess.run(
        [
            sys.executable,
            "-m",
            "digest_http.cli",
            "user",
            "add",
            "--create",
            str(tmp_path / "u"),
            "alice",
            "--realm",
            "R",
            *given,
        ],
        input=b"caf\xe9",
        capture_output=True,
        check=False,
        env={**os.environ, **encoding, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert child.returncode == 2
    assert b"not UTF-8" in child.stderr
    assert b"e9" not in child.stderr
    assert b"position" not in child.stderr
    assert not (tmp_path / "u").exists()


def test_a_prompt_in_another_encoding(tmp_path, monkeypatch):
    """What the terminal's encoding could not read is UTF-8 all the same, or refused unseen."""
    for typed, status in (("caf\udcc3\udca9", 0), ("caf\udce9", 2)):
        monkeypatch.setattr("click.prompt", lambda *_args, typed=typed, **_keywords: typed)
        result = run("user", "add", "--create", str(tmp_path / str(status)), "alice", "--realm", "wonder")
        assert result.exit_code == status
        assert "udce9" not in result.output
    assert user("check", str(tmp_path / "0"), "alice", "café").exit_code == 0


def test_a_line_end_inside_a_password(tmp_path):
    """Of any kind: most likely something else was meant to be read."""
    for octets in (b"a\nb", b"a\r\nb", b"a\rb\n"):
        assert user("add", str(tmp_path / "u"), "alice", octets).exit_code == 2
    assert user("add", str(tmp_path / "u"), "alice", b"ab\r\n").exit_code == 0
    assert user("check", str(tmp_path / "u"), "alice", b"ab").exit_code == 0


def test_no_option_takes_a_password():
    """Every user of a machine can read the arguments of a command."""
    assert user("add", "users", "alice", None, "s3cret").exit_code == 2
    assert user("add", "users", "alice", None, "--password", "s3cret").exit_code == 2


def test_it_writes_what_apache_reads(tmp_path):
    """Apache's own line for MD5, and the marked one for the others."""
    path = tmp_path / "users"
    user("add", str(path), "alice", "s3cret", "--hash", "MD5")
    assert path.read_text(encoding="utf-8") == APACHE_LINE + "\n"
    user("passwd", str(path), "alice", "s3cret", "--hash", "SHA-256")
    assert re.fullmatch(rf"{APACHE_LINE}\nalice:wonder:SHA-256:[0-9a-f]{{64}}\n", path.read_text(encoding="utf-8"))
    assert HtdigestUsers(path, "wonder").ha1("alice", "wonder", by_name("MD5")) == APACHE_LINE[-32:].encode()


@pytest.mark.parametrize(
    ("before", "after"), [(None, 0o600), (0o600, 0o600), (0o640, 0o640), (0o666, 0o640), (0o400, 0o400)]
)
def test_modes_are_tight(tmp_path, before, after):
    """A new file is for the owner; a rewritten one is never open to all, and never wider than it was."""
    path = tmp_path / "users"
    if before is not None:
        path.touch()
        path.chmod(before)
    assert user("add", str(path), "alice", "s3cret").exit_code == 0
    assert stat.S_IMODE(path.stat().st_mode) == after


@pytest.mark.parametrize("url", ["sqlite:///{}/users.db", "sqlite:///file:{}/users.db?uri=true"])
def test_a_new_database_is_for_the_owner(tmp_path, url):
    """SQLite alone would make it readable for all."""
    assert user("add", url.format(tmp_path), "alice", "s3cret").exit_code == 0
    assert stat.S_IMODE((tmp_path / "users.db").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["users.db"]


def test_a_path_that_looks_like_half_a_url(tmp_path, monkeypatch):
    """A name with a bracket is a file's name."""
    monkeypatch.chdir(tmp_path)
    assert user("add", f"/{tmp_path}/[users", "alice", "s3cret").exit_code == 0
    assert (tmp_path / "[users").exists()


def test_other_lines_stay_as_they_are(tmp_path):
    """Comments, blank lines, other users and their order."""
    path = tmp_path / "users"
    path.write_text(f"# people\n\nbob:wonder:{'0' * 32}\n{APACHE_LINE}\nbob:other:{'1' * 32}\n", encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    user("passwd", str(path), "alice", "s3cret")
    assert path.read_text(encoding="utf-8") == before
    user("del", str(path), "alice")
    assert path.read_text(encoding="utf-8") == before.replace(APACHE_LINE + "\n", "")


def test_a_broken_file_is_left_alone(tmp_path):
    """The number of the line is said, not what is in it."""
    path = tmp_path / "users"
    path.write_text("alice:wonder:deadbeef\n", encoding="utf-8")
    done = user("add", str(path), "bob", "s3cret")
    assert done.exit_code == 1
    assert "line 1" in done.output
    assert "deadbeef" not in done.output
    assert path.read_text(encoding="utf-8") == "alice:wonder:deadbeef\n"


@pytest.mark.parametrize(
    ("name", "realm"), [("a:b", "r"), ("", "r"), ("#a", "r"), ("a\nb", "r"), ("a", "r\nx"), ("a", "r:SHA-256")]
)
def test_names_no_line_can_hold(tmp_path, name, realm):
    """What could be read back as another user is refused, or is stored and read back as it is."""
    path = tmp_path / "users"
    done = run("user", "add", "--create", str(path), name, "--realm", realm, "--hash", "SHA-256", password="s3cret")
    if done.exit_code == 0:
        assert run("user", "list", str(path)).output == f"{name}\t{realm}\tSHA-256\n"
    else:
        assert not path.exists() or path.read_bytes() == b""


def test_many_writers_at_once(tmp_path):
    """Twelve commands in one moment: every user is there, and no half file was ever seen."""
    path = tmp_path / "users"

    def add(number):
        line = [
            sys.executable,
            "-m",
            "digest_http.cli",
            "user",
            "add",
            "--create",
            str(path),
            f"user{number}",
            "--realm",
            "r",
        ]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        return subprocess.run([*line, "--password-stdin"], input=b"pw", check=False, env=environment).returncode

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(add, range(12))) == {0}
    assert len(run("user", "list", str(path)).output.splitlines()) == 12
    assert [entry.name for entry in tmp_path.iterdir()] == ["users"]


def test_new_keys():
    """256 random bits in hex, as DIGEST_HTTP_KEYS takes them."""
    first, second = run("key", "new").output, run("key", "new").output
    assert re.fullmatch(r"[0-9a-f]{64}\n", first)
    assert first != second


def test_a_url_is_never_shown():
    """A database's URL may hold a password, so an error names neither."""
    for url in ("postgresql+nodriver://u:s3cret@127.0.0.1:1/x", "postgresql://u:s3cret@127.0.0.1:1/x", "x://s3cret"):
        done = run("user", "list", url)
        assert done.exit_code == 1
        assert "s3cret" not in done.output


def test_a_missing_extra_is_said():
    """Without click the command says what to install."""
    code = "import sys; sys.modules['click'] = None; from digest_http.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env=environment)
    assert done.returncode == 1
    assert b"digest-http[cli]" in done.stderr


def test_the_entry_point(monkeypatch, capsys):
    """What the console script and `python -m digest_http.cli` call."""
    monkeypatch.setattr(sys, "argv", ["digest-http", "key", "new"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 0
    assert len(capsys.readouterr().out) == 65


def test_the_version():
    """The same that a program reads, in one line, and which form runs."""
    assert run("--version").output == f"digest-http {__version__} ({'compiled' if COMPILED else 'pure Python'})\n"
