"""`digest-http user import`: from files and databases into others, all users or none."""

import json

import pytest

from digest_http.cli import importing
from tests.cli.user_places import KINDS, place_of, run

APACHE = "alice:wonder:7f963e1a2219f44dfea287fa7f2ff391"
MD5 = "0" * 32
SHA = "1" * 64


@pytest.fixture(params=KINDS)
def target(request, tmp_path):
    """Where users go to."""
    return place_of(request.param, tmp_path / "target")


@pytest.fixture
def apache(tmp_path):
    """A file as Apache's htdigest writes it, with two realms."""
    path = tmp_path / "apache"
    path.write_text(f"{APACHE}\nbob:wonder:{MD5}\ncarol:other:{MD5}\n", encoding="utf-8")
    return path


def listed(place):
    """Its users as (name, realm, hashes)."""
    return [tuple(line.split("\t")) for line in run("list", place).stdout.splitlines()]


def right(place, name, password):
    """Whether the password is right for all hashes that are stored."""
    return run("check", place, name, "--realm", "wonder", "--password-stdin", given=password).exit_code == 0


@pytest.mark.parametrize("kind", KINDS)
def test_users_move_with_their_passwords(tmp_path, target, apache, kind):
    """Through a place of each kind into a place of each kind."""
    between = place_of(kind, tmp_path / "between")
    assert run("import", "--create", between, apache).stdout == "imported 3, replaced 0, kept 0\n"
    assert run("import", "--create", target, between, "--json").exit_code == 0
    assert listed(target) == [("carol", "other", "MD5"), ("alice", "wonder", "MD5"), ("bob", "wonder", "MD5")]
    assert right(target, "alice", "s3cret")


def test_one_realm_and_standard_input(target, apache):
    """--realm takes a part, - reads what another program prints."""
    done = run("import", "--create", target, "-", "--realm", "wonder", "--json", given=apache.read_text("utf-8"))
    assert json.loads(done.stdout) == {"imported": 2, "replaced": 0, "kept": 0}
    assert [name for name, *_ in listed(target)] == ["alice", "bob"]


def test_users_that_are_there(target, apache):
    """They are an error and nothing changes, unless it is said what becomes of them."""
    run("add", "--create", target, "alice", "--realm", "wonder", "--password-stdin", given="old")
    refused = run("import", target, apache)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "nothing was imported, because 1 user is there already ('alice' in the realm 'wonder')" in refused.stderr
    assert len(listed(target)) == 1
    assert run("import", target, apache, "--existing", "keep").stdout == "imported 2, replaced 0, kept 1\n"
    assert right(target, "alice", "old")
    assert run("import", target, apache, "--existing", "replace").stdout == "imported 0, replaced 3, kept 0\n"
    assert right(target, "alice", "s3cret")
    # A hash of the old password that stayed would let it in still.
    assert ("alice", "wonder", "MD5") in listed(target)


@pytest.mark.parametrize(
    "lines",
    [
        f"dave:wonder:{MD5}\nno line of a user\n",
        f"dave:wonder:{MD5}\ndave:wonder:{MD5}\n",
        f"dave:wonder:{MD5}\ne\x07ve:wonder:{MD5}\n",
        f"dave:wonder:{MD5}\neve:won\x1bder:{MD5}\n",
        "",
        "# nobody\n",
    ],
    ids=["broken line", "twice", "control character", "control character in the realm", "empty", "comments"],
)
def test_all_or_none(target, apache, lines):
    """One user that cannot be stored stops the import before anything is."""
    run("import", "--create", target, apache)
    before = listed(target)
    done = run("import", target, "-", given=lines)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert MD5 not in done.stderr
    assert listed(target) == before


def test_a_list_of_passwords(target, tmp_path):
    """Lines name:password are hashed; a password may hold colons and blanks."""
    path = tmp_path / "list"
    path.write_bytes("\ufeffalice:s3cret\r\n\nbob: a:b \nJérôme:schön\n".encode())
    done = run("import", "--create", target, path, "--passwords", "--realm", "wonder")
    assert (done.exit_code, done.stdout) == (0, "imported 3, replaced 0, kept 0\n")
    assert right(target, "alice", "s3cret")
    assert right(target, "bob", " a:b ")
    assert right(target, "Jérôme", "schön")
    assert {hashes for *_, hashes in listed(target)} == {"MD5 SHA-256"}


def test_the_hashes_of_a_list(target):
    """--hash chooses them."""
    run("import", "--create", target, "-", "--passwords", "--realm", "R", "--hash", "SHA-512-256", given="alice:x")
    assert listed(target) == [("alice", "R", "SHA-512-256")]


@pytest.mark.parametrize(
    "octets",
    [b"s3cret", b"alice:", b":s3cret", b"alice:s3cret\nalice:s3cret2", b"alice:s3cret\xff", b"a\x00b:s3cret"],
    ids=["no colon", "no password", "no name", "twice", "no UTF-8", "control character"],
)
def test_a_broken_list_shows_no_password(tmp_path, octets):
    """The line is named by its number."""
    done = run("import", "--create", tmp_path / "new", "-", "--passwords", "--realm", "R", given=octets)
    assert done.exit_code == 1
    assert "line " in done.stderr
    assert "s3cret" not in done.output
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("arguments", [["--passwords"], ["--hash", "MD5"]])
def test_options_that_do_not_fit(tmp_path, apache, arguments):
    """Passwords need a realm, and hashes passwords."""
    assert run("import", "--create", tmp_path / "new", apache, *arguments).exit_code == 2
    assert not (tmp_path / "new").exists()


def test_a_long_import_shows_itself(tmp_path, monkeypatch, capsys):
    """On a terminal a bar tells how far it is; else nothing but the result is printed."""
    lines = "".join(f"user{number}:wonder:{MD5}\n" for number in range(500))
    quiet = run("import", "--create", f"sqlite:///{tmp_path}/quiet", "-", given=lines)
    assert quiet.output == "imported 500, replaced 0, kept 0\n"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    seen = []
    with importing._progress(10) as moved_to:  # noqa: SLF001 - a bar is seen on a terminal only
        for done in range(11):
            moved_to(done)
            seen.append(done)
    assert seen[-1] == 10
    assert "importing" in capsys.readouterr().err
