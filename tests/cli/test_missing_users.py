"""A mistyped file or database: one line, exit status 1, and nothing is made of the typo."""

import sqlite3

import pytest

from tests.cli.user_places import KINDS, place_of, run

REALM = ("--realm", "wonder")
PASSWORD = "--password-stdin"

#: Each command on a place USERS that is not there.
COMMANDS = {
    "list": ["list", "USERS"],
    "list --json": ["list", "USERS", "--json"],
    "list of a realm": ["list", "USERS", *REALM],
    "realms": ["realms", "USERS"],
    "check": ["check", "USERS", "alice", *REALM, PASSWORD],
    "check of all": ["check", "USERS"],
    "passwd": ["passwd", "USERS", "alice", *REALM, PASSWORD],
    "del": ["del", "USERS", "alice", *REALM],
    "add": ["add", "USERS", "alice", *REALM, PASSWORD],
    "import to it": ["import", "USERS", "THERE"],
    "import from it": ["import", "--create", "NEW", "USERS"],
    "import passwords from it": ["import", "--create", "NEW", "USERS", "--passwords", *REALM],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_typo_makes_nothing(tmp_path, kind, command):
    """The line names what is missing, and only the commands that may make it have a --create."""
    there = tmp_path / "there"
    there.write_text(f"alice:wonder:{'0' * 32}\n", encoding="utf-8")
    words = {"USERS": place_of(kind, tmp_path / "typo"), "NEW": str(tmp_path / "new"), "THERE": str(there)}
    if "passwords" in command:
        words["USERS"] = str(tmp_path / "typo")  # these are in a file
    done = run(*[words.get(word, word) for word in COMMANDS[command]], given="s3cret")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert "typo" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"import passwords from it"}))
def test_a_database_without_the_table(tmp_path, command):
    """It may be another program's: no table is put into it unasked."""
    path, there = tmp_path / "app.db", tmp_path / "there"
    there.write_text(f"alice:wonder:{'0' * 32}\n", encoding="utf-8")
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE theirs (x)")
    database.close()
    path.chmod(0o600)
    before = path.read_bytes()
    words = {"USERS": f"sqlite:///{path}", "NEW": str(tmp_path / "new"), "THERE": str(there)}
    done = run(*[words.get(word, word) for word in COMMANDS[command]], given="s3cret")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: there is no table 'digest_users' in the database")
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", KINDS)
def test_create_makes_it_and_empties_nothing(tmp_path, kind):
    """Unlike the -c of Apache's htdigest, it adds to what is there."""
    place = place_of(kind, tmp_path / "users")
    for name in ("alice", "bob"):
        assert run("add", "--create", place, name, *REALM, PASSWORD, given="s3cret").exit_code == 0
    assert run("list", place).output == "alice\twonder\tMD5 SHA-256\nbob\twonder\tMD5 SHA-256\n"


def test_what_the_system_says_is_one_line(tmp_path):
    """A folder in place of a file, and a file in a folder that is not there."""
    folder = run("list", tmp_path)
    assert (folder.exit_code, folder.stderr) == (1, f"Error: {tmp_path}: Is a directory\n")
    deep = run("add", "--create", tmp_path / "no" / "users", "alice", *REALM, PASSWORD, given="s3cret")
    assert (deep.exit_code, deep.stderr) == (1, f"Error: {tmp_path}/no/users: No such file or directory\n")


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["check"], ["check", "alice", PASSWORD]])
def test_a_realm_without_users_is_named(tmp_path, words):
    """A mistyped realm is no wrong password, and no empty list."""
    run("add", "--create", tmp_path / "users", "alice", *REALM, PASSWORD, given="s3cret")
    command, *others = words
    done = run(command, tmp_path / "users", *others, "--realm", "wonderland", given="s3cret")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "there is no user in the realm 'wonderland'" in done.stderr
