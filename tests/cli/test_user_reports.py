"""What `user list`, `realms` and `check` tell of what is stored, for people and for programs."""

import json
import sqlite3

import pytest

from tests.cli.user_places import KINDS, place_of, run

MD5 = "0" * 32
SHA = "1" * 64


@pytest.fixture(params=KINDS)
def users(request, tmp_path):
    """alice with two hashes and bob with one in the realm wonder; Zoë in another with MD5."""
    lines = f"alice:wonder:{MD5}\nalice:wonder:SHA-256:{SHA}\nbob:wonder:{MD5}\nZoë:café:{MD5}\n"
    place = place_of(request.param, tmp_path / "users")
    assert run("import", "--create", place, "-", given=lines).exit_code == 0
    return place


def table(tmp_path, *rows):
    """A database with these rows, as another program may write them."""
    run("import", "--create", f"sqlite:///{tmp_path}/their.db", "-", given=f"x:wonder:{MD5}\n")
    with sqlite3.connect(tmp_path / "their.db") as database:
        for number, (name, base, ha1) in enumerate(rows):
            row = (name, "wonder", base, ha1, b"%d" % number)
            database.execute("INSERT INTO digest_users VALUES (?, ?, ?, ?, ?)", row)
    database.close()
    return f"sqlite:///{tmp_path}/their.db"


def test_lists(users):
    """The same for people and as JSON, in one order, and H(A1) in neither."""
    assert run("list", users).stdout == "Zoë\tcafé\tMD5\nalice\twonder\tMD5 SHA-256\nbob\twonder\tMD5\n"
    listed = run("list", users, "--json", "--realm", "wonder")
    assert json.loads(listed.stdout) == [
        {"user": "alice", "realm": "wonder", "hashes": ["MD5", "SHA-256"]},
        {"user": "bob", "realm": "wonder", "hashes": ["MD5"]},
    ]
    assert MD5 not in listed.stdout
    assert run("list", users, "--json").stdout.isascii()


def test_realms(users):
    """How many users each has, and how many of them have which hash."""
    assert run("realms", users).stdout == "café\t1\tMD5=1\nwonder\t2\tMD5=2 SHA-256=1\n"
    assert json.loads(run("realms", users, "--json").stdout) == [
        {"realm": "café", "users": 1, "hashes": {"MD5": 1}},
        {"realm": "wonder", "users": 2, "hashes": {"MD5": 2, "SHA-256": 1}},
    ]


def test_a_check_of_all(users):
    """Notes are no faults: hashes that some lack, MD5 alone, a name that a browser cannot send."""
    done = run("check", users)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "note\tthe realm 'café' has MD5 alone: 'user passwd --hash SHA-256' adds a strong hash",
        "note\t'Zoë' in the realm 'café' is not ASCII, and Firefox cannot send such a name",
        "note\t1 of 2 users of the realm 'wonder' have no SHA-256, for instance 'bob'",
        "3 users, sound",
    ]
    report = json.loads(run("check", users, "--realm", "wonder", "--json").stdout)
    assert (report["users"], report["sound"], report["faults"], len(report["notes"])) == (2, True, [], 1)


def test_a_check_of_one_password(users):
    """As JSON it says whose it is; the exit status is the same."""
    run("add", users, "carol", "--realm", "wonder", "--password-stdin", given="s3cret")
    for name, password, answer in (("carol", "s3cret", True), ("carol", "x", False), ("nobody", "x", False)):
        done = run("check", users, name, "--realm", "wonder", "--password-stdin", "--json", given=password)
        assert json.loads(done.stdout) == {"user": name, "realm": "wonder", "right": answer}
        assert done.exit_code == (0 if answer else 1)


@pytest.mark.parametrize("arguments", [["alice"], ["--password-stdin"]])
def test_half_a_question(users, arguments):
    """A name without its realm, and a password without its name."""
    assert run("check", users, *arguments, given="x").exit_code == 2


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([("Jose\u0301", "MD5", MD5.encode()), ("Jos\u00e9", "MD5", MD5.encode())], "two Unicode forms"),
        ([("eve", "MD4", MD5.encode())], "has the hash 'MD4'"),
        ([("eve", "MD5", b"short")], "no H(A1) for MD5"),
        ([("eve", "SHA-256", MD5.encode())], "no H(A1) for SHA-256"),
        ([("eve", "MD5", b"A" * 32)], "no H(A1) for MD5"),
    ],
    ids=["two forms", "unknown hash", "short", "of another hash", "upper case"],
)
def test_faults(tmp_path, rows, fault):
    """What keeps a user out has exit status 1, and is not imported."""
    place = table(tmp_path, *rows)
    done = run("check", place)
    assert done.exit_code == 1
    assert done.stdout.count("fault\t") == 1
    assert fault in done.stdout
    assert done.stdout.endswith(", not sound\n")
    assert json.loads(run("check", place, "--json").stdout)["sound"] is False
    imported = run("import", "--create", tmp_path / "new", place)
    assert imported.exit_code == 1
    assert fault in imported.stderr
    assert not (tmp_path / "new").exists()


def test_octets_of_a_hash_are_not_shown(tmp_path):
    """A row that is no text is said to be none."""
    done = run("check", table(tmp_path, ("eve", "MD5", b"\xe9" * 32)))
    assert (done.exit_code, done.output) == (1, "Error: what is stored is not UTF-8: convert it\n")


def test_a_name_moves_no_cursor(tmp_path):
    """A name of another program's is shown escaped."""
    shown = run("list", table(tmp_path, ("e\x1b[2Jve", "MD5", MD5.encode()))).stdout
    assert "\x1b" not in shown
    assert "\\x1b[2Jve" in shown


def test_a_file_that_all_may_read(tmp_path, caplog):
    """The check warns of it."""
    (tmp_path / "users").write_text(f"alice:wonder:{MD5}\n", encoding="utf-8")
    (tmp_path / "users").chmod(0o644)
    assert run("check", tmp_path / "users").exit_code == 0
    assert "run 'chmod 640" in caplog.text
