"""The help is whole: of each command, each option and argument, with examples that can be typed."""

import os
import pty
import shlex
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from digest_http.cli.commands import command
from digest_http.cli.over_http import SUMMARIES, _loaded
from tests.cli.user_places import run as run_user
from tests.live.peers import found_program

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry), "COLUMNS": "100"}


def commands(group=command, path=()):
    """(path, command) of all of them, groups too, with those of the client loaded."""
    yield path, group
    for name in group.list_commands(click.Context(group)) if isinstance(group, click.Group) else ():
        if group is command and name in SUMMARIES:
            yield (name,), _loaded(name)
        else:
            yield from commands(group.commands[name], (*path, name))


ALL = dict(commands())
EXAMPLES = [
    (path, line.strip())
    for path, one in ALL.items()
    for line in (one.epilog or "").partition("Examples:\n")[2].splitlines()
]


def named(path):
    """How a command is called."""
    return " ".join(("digest-http", *path))


@pytest.mark.parametrize("path", ALL, ids=named)
def test_a_command_explains_itself(path):
    """A sentence for the list, a text, a word on each option, and at least one example; nothing is cut off."""
    one = ALL[path]
    shown = CliRunner().invoke(command, [*path, "--help"]).output
    assert "..." not in shown.replace("[ARGS]...", "").replace("[OPTIONS]", "")
    assert one.help
    assert "Examples:" in shown
    options = [parameter for parameter in one.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []
    for argument in one.params:
        if isinstance(argument, click.Argument):
            name = argument.metavar or str(argument.name).upper()
            told = f"{one.help} {ALL[path[:-1]].help}"
            assert name in told or isinstance(argument.type, click.Choice), name


@pytest.mark.parametrize(("path", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_an_example_can_be_typed(path, line, tmp_path, monkeypatch):
    """Its options and arguments are those of a command; it is of the command under whose help it stands."""
    monkeypatch.chdir(tmp_path)
    for file in ("secret", "photo", "authority.pem"):
        (tmp_path / file).touch()
    typed = line.removeprefix('eval "$(').replace(')"  ', "  ").rpartition("$(")[2].removesuffix(")")
    words = shlex.split(typed.rpartition(" | ")[2], comments=True)
    words = words[: words.index(">>") if ">>" in words else words.index(">") if ">" in words else None]
    assert words.pop(0) == "digest-http"
    longest = max((known for known in ALL if tuple(words[: len(known)]) == known), key=len)
    if "COMMAND" not in words:
        assert longest[: len(path)] == path
        ALL[longest].make_context("example", words[len(longest) :])


def test_completion_knows_commands_options_and_files():
    """What a shell asks for when the key is pressed, of the client's commands too."""

    def completed(*words):
        environment = {
            **ENVIRONMENT,
            "_DIGEST_HTTP_COMPLETE": "bash_complete",
            "COMP_WORDS": shlex.join(["digest-http", *words])
            if words[-1]
            else shlex.join(["digest-http", *words[:-1]]),
            "COMP_CWORD": str(len(words)),
        }
        code = "import sys; sys.argv[0] = 'digest-http'; from digest_http.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        return set(done.stdout.split())

    assert {"plain,user", "plain,get", "plain,completion"} <= completed("")
    assert {"plain,import", "plain,realms"} <= completed("user", "")
    assert {"plain,--user", "plain,--keyring"} <= completed("get", "--")
    assert {"plain,fish"} == completed("completion", "f")
    assert {"file,us"} == completed("user", "list", "us")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell):
    """It calls the command by its name; the shell itself, where it is there, finds no fault in it."""
    script = CliRunner().invoke(command, ["completion", shell]).stdout
    assert "_DIGEST_HTTP_COMPLETE" in script
    assert "digest-http" in script
    found = found_program(shell)
    if found:
        assert subprocess.run([found, "-n"], input=script, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["user", "add", "--create", "users", "alice", "--realm", "R"],
        ["user", "check", "there", "alice", "--realm", "R"],
        ["user", "passwd", "there", "alice", "--realm", "R"],
        ["get", "http://127.0.0.1:1/", "--user", "alice"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_without_a_terminal_another_way_is_named(arguments, tmp_path):
    """In a job or a service there is nobody to ask: one line says what to give, and nothing is made or sent."""
    (tmp_path / "there").write_text(f"alice:R:{'0' * 32}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "digest_http.cli", *arguments],
        env=ENVIRONMENT, cwd=tmp_path, input="s3cret\ns3cret\n", capture_output=True, text=True, check=False,
        start_new_session=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "there is no terminal to ask for the password: give --password-stdin or --password-file FILE" in done.stderr
    assert "Warning" not in done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_terminal_is_asked(tmp_path):
    """What is typed there is the password, and is not shown."""
    main, other = pty.openpty()
    line = [sys.executable, "-m", "digest_http.cli", "user", "add", "--create", "users", "alice", "--realm", "wonder"]
    child = subprocess.Popen(
        line, env=ENVIRONMENT, cwd=tmp_path, stdin=other, stdout=other, stderr=other, start_new_session=True
    )
    os.close(other)
    shown = b""
    try:
        # The space comes last: what is typed before the terminal hides it would be thrown away.
        for prompt in (b"Password: ", b"confirmation: "):
            while prompt not in shown:
                shown += os.read(main, 1000)
            os.write(main, b"s3cret\n")
        assert child.wait(timeout=60) == 0
    finally:
        child.kill()
        child.wait()
        os.close(main)
    assert b"s3cret" not in shown
    assert (
        run_user("check", tmp_path / "users", "alice", "--realm", "wonder", "--password-stdin", given="s3cret").output
        == "right\n"
    )
