"""digest-http get, head and post: what reaches the server, where the answer goes, and the exit status."""

import os
import stat
import sys

import pytest

from tests.cli.http_server import serving
from tests.cli.probed import run
from tests.cli.weak_servers import ProvesWrongly, challenges, says
from tests.client_auth.strict_server import StrictServer


@pytest.fixture
def server():
    """A strict server that greets whom it knows."""
    return StrictServer()


@pytest.fixture
def url(server):
    """Where it is."""
    with serving(server.answer) as base:
        yield f"{base}/page"


def names(folder):
    """What a folder holds."""
    return [path.name for path in folder.iterdir()]


def test_get_writes_the_body(url):
    """To standard output, octet by octet."""
    ran = run("get", url)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "hello alice", "")


def test_head_writes_status_and_fields(url):
    """The digest of the proof is masked."""
    ran = run("head", url)
    assert ran.exit_code == 0
    assert ran.stdout.startswith("200 OK\n")
    assert 'Authentication-Info: rspauth="(masked)", qop=auth, nc=00000001, cnonce=' in ran.stdout


def test_a_file_is_there_whole_or_not_at_all(url, tmp_path):
    """-o makes a file with the usual mode; a refusal leaves what was there, and nothing beside it."""
    file = tmp_path / "page"
    assert run("get", url, "-o", str(file)).exit_code == 0
    assert file.read_bytes() == b"hello alice"
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~umask
    assert run("get", url, "-o", str(file), password="guess").exit_code == 1
    assert (names(tmp_path), file.read_bytes()) == (["page"], b"hello alice")


def test_an_answer_that_breaks_off_leaves_the_file_alone(tmp_path):
    """The server announces more than it sends."""
    file = tmp_path / "page"
    file.write_bytes(b"old")
    with serving(says(200, ("Content-Length", "1000"), ("Connection", "close"))) as url:
        ran = run("get", url, "-o", str(file), name=None)
    assert ran.exit_code == 1
    assert "broke off" in ran.stderr
    assert (names(tmp_path), file.read_bytes()) == (["page"], b"old")


def test_data_is_sent_as_a_form(server):
    """Unless a header says what it is."""
    seen: list[tuple[object, ...]] = []
    plain = server.answer

    def answer(method, target, fields, body):
        seen.append((method, fields.get("content-type"), fields.get("x-more"), body))
        return plain(method, target, fields, body)

    with serving(answer) as other:
        assert run("post", other, "--data", "a=b").exit_code == 0
        assert seen.pop() == ("POST", "application/x-www-form-urlencoded", None, b"a=b")
        more = ["-H", "content-type: application/json", "-H", "X-More: yes", "--method", "PUT"]
        assert run("post", other, "--data", "{}", *more).exit_code == 0
        assert seen.pop() == ("PUT", "application/json", "yes", b"{}")


def test_an_upload_is_sent_once(url, server, tmp_path):
    """A HEAD fetches the challenge, so the file itself goes out signed the first time."""
    file = tmp_path / "big"
    file.write_bytes(os.urandom(300_000))
    assert run("post", url, "--upload", str(file)).exit_code == 0
    assert [len(body) for _, _, body in server.requests] == [0, 0, 300_000]
    assert server.accepted[-1][1] == file.read_bytes()
    assert server.signed[-1]["qop"] == "auth"


def test_an_upload_signs_its_body_on_demand_only(tmp_path):
    """A server that has auth-int alone is told about; --auth-int then signs the body."""
    file = tmp_path / "file"
    file.write_bytes(b"octets")
    server = StrictServer(qop="auth-int")

    def answer(method, *rest):
        server.page = b"" if method == "HEAD" else None  # what a proof covers is what is sent
        return server.answer(method, *rest)

    with serving(answer) as url:
        ran = run("post", url, "--upload", str(file))
        assert (ran.exit_code, server.signed) == (1, [])
        assert "none of the offered qop values" in ran.stderr
        assert run("post", url, "--upload", str(file), "--auth-int").exit_code == 0
        assert (server.accepted[-1][1], server.signed[-1]["qop"]) == (b"octets", "auth-int")
        assert run("post", url, "--data", "x").exit_code == 0


def test_an_upload_that_has_to_be_sent_again_is_whole(tmp_path):
    """A server that wants a password for PUT and none for HEAD: the file goes out twice, from its start."""
    file = tmp_path / "file"
    file.write_bytes(b"octets" * 1000)
    server = StrictServer()

    def answer(method, *rest):
        return (200, [], b"") if method == "HEAD" else server.answer(method, *rest)

    with serving(answer) as url:
        assert run("post", url, "--upload", str(file), "--method", "PUT").exit_code == 0
    assert server.accepted == [("/", b"octets" * 1000)]


def test_a_refused_upload_is_not_sent(url, server, tmp_path):
    """The HEAD before it was refused: one signed try, and the file stays here."""
    file = tmp_path / "file"
    file.write_bytes(b"octets")
    assert run("post", url, "--upload", str(file), password="guess").exit_code == 1
    assert (len(server.signed), [body for _, _, body in server.requests]) == (1, [b"", b""])


REFUSED = {
    "wrong password": (challenges('Digest realm="r", nonce="n", qop="auth"'), "alice",
                       "401: the server refused the name 'alice' or its password"),
    "no name": (challenges('Digest realm="r", nonce="n", qop="auth"'), None,
                "401: the server wants a name and a password: give --user NAME"),
    "Basic": (challenges('Basic realm="r"', "Negotiate"), "alice",
              "401: the server does not offer Digest but Basic, Negotiate, which is not answered"),
    "nothing": (challenges(), "alice", "401: the server does not offer Digest but nothing, which is not answered"),
    "unknown": (challenges('Digest realm="r", nonce="n", algorithm=X'), "alice",
                "401: the server's challenge is not answered: algorithm b'X' is unknown or missing from this Python"),
    "moved": (says(301, ("Location", "/there\u009b")), None, "301: it moved to /there\\x9b. Give --follow to go there"),
    "error": (says(503), None, "503 Service Unavailable"),
}  # fmt: skip


@pytest.mark.parametrize("row", REFUSED)
def test_what_was_refused_is_said_in_one_line(row):
    """On standard error, with exit status 1; nothing on standard output."""
    answer, name, line = REFUSED[row]
    with serving(answer) as url:
        ran = run("get", url, name=name)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (1, "", f"Error: {line}\n")


def test_a_server_that_proves_itself_wrongly():
    """Its body is not handed out."""
    with serving(ProvesWrongly().answer) as url:
        ran = run("get", url)
        assert (ran.exit_code, ran.stdout) == (1, "")
        assert "(rspauth) is wrong" in ran.stderr
        assert run("get", url, "--verify", "off").stdout == "hello alice"


def test_redirects_are_followed_on_demand_and_signed_there(server):
    """The page behind it is another uri, for which the client signs anew."""

    def answer(method, target, fields, body):
        if target == "/old":
            return 302, [("Location", "/new")], b""
        return server.answer(method, target, fields, body)

    with serving(answer) as base:
        ran = run("get", f"{base}/old", "--follow")
    assert (ran.exit_code, ran.stdout) == (0, "hello alice")
    assert server.accepted == [("/new", b"")]


USAGE = {
    "no body": (["post", "http://h/"], "give the body: --data TEXT or --upload FILE"),
    "two bodies": (["post", "http://h/", "--data", "x", "--upload", __file__], "give the body"),
    "own credentials": (["get", "http://h/", "-H", "Authorization: Basic x"], "Authorization is made by this command"),
    "no header": (["get", "http://h/", "-H", "nothing"], "a header is written as 'Name: value'"),
    "password in the URL": (["get", "http://a:s3krit@h/"], "URL holds a password"),
    "password in the proxy": (["get", "http://h/", "--proxy", "http://a:s3krit@h/"], "--proxy holds a password"),
    "no URL": (["get", "h"], "URL begins with http:// or https:// and a host"),
    "broken URL": (["get", "http://h:port/"], "URL is not a URL"),
    "port 0": (["get", "http://h:0/"], "URL has the port 0; ports go from 1 to 65535"),
    "port of 17 bits": (["probe", "http://h:65536/"], "URL has the port 65536"),
    "port of the proxy": (["get", "http://h/", "--proxy", "http://p:99999/"], "--proxy has the port 99999"),
    "no host": (["get", "http:///x"], "URL begins with"),
    "another scheme": (["probe", "rtsp://h/"], "URL begins with"),
    "no certificates": (["get", "http://127.0.0.1:9/", "--cacert", __file__], "holds no certificates"),
    "whose": (["probe", "http://h/", "--wrong-password"], "whose password is it? Give --user NAME"),
}  # fmt: skip


@pytest.mark.parametrize("row", USAGE)
def test_wrong_options_are_said(row):
    """Exit status 2, before anything is sent; a password that was given by mistake is not repeated."""
    arguments, sentence = USAGE[row]
    ran = run(*arguments, name=None)
    assert ran.exit_code == 2
    assert sentence in ran.stderr
    assert "s3krit" not in ran.stderr


@pytest.mark.parametrize("command", ["get", "head", "post", "probe"])
def test_without_httpx_the_command_says_what_to_install(command, monkeypatch):
    """One line; the commands that need no client go on working."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    ran = run(command, "http://h/", name=None)
    assert (ran.exit_code, ran.stderr) == (
        1,
        f"Error: 'digest-http {command}' needs httpx: pip install 'digest-http[cli,client]'\n",
    )
    assert run("key", "new", name=None).exit_code == 0


def test_the_help_names_all_commands():
    """Those of the client stand among the others, each with what it is for."""
    ran = run("--help", name=None)
    for command in ("get", "head", "key", "post", "probe", "user"):
        assert f"\n  {command} " in ran.stdout
    assert "Fetch a URL that wants Digest." in ran.stdout
    assert run("nonsense", name=None).exit_code == 2
