"""The console examples of docs/cli.md print what the page shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest_http.cli.commands import command
from digest_http_client_auth.command.probing.result import EXIT_STATUS
from tests.cli.http_server import serving
from tests.client_auth.strict_server import StrictServer

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
_console = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_commands = re.compile(r"^\$ (digest-http .*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)

EXAMPLES = [
    match
    for block in _console.findall(PAGE.partition("## get, head, post")[2])
    for match in _commands.findall(block)
]  # fmt: skip


class Greets(StrictServer):
    """The page's server: it says who came, and with how many octets."""

    def _answer(self, method, target, parameters, body):
        self.page = f"Hello alice, {len(body)} octets\n".encode()
        return super()._answer(method, target, parameters, body)


def test_the_page_has_examples() -> None:
    """Of get, post and probe."""
    assert {line.split()[1] for line, _ in EXAMPLES} == {"get", "post", "probe"}


@pytest.mark.parametrize(("line", "shown"), EXAMPLES)
def test_an_example_prints_what_is_shown(
    line: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line "..." stands for any lines, and "..." within one for any text."""
    monkeypatch.chdir(tmp_path)
    Path("secret").write_text("s3cret\n", encoding="utf-8")
    Path("photo").write_bytes(b"eleven octs")
    with serving(Greets(realm="Staff area", opaque=None, algorithms=("SHA-256", "MD5")).answer) as url:
        arguments = shlex.split(line.replace("http://127.0.0.1:8000", url))[1:]
        printed = CliRunner().invoke(command, arguments).output.replace(url, "http://127.0.0.1:8000")
    pattern = re.escape(shown).replace(r"\.\.\.", ".*").replace("\n.*\\\n", "\n(?s:.*)\n")
    assert re.fullmatch(pattern, printed), printed


def test_the_examples_of_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, in one folder, with the password typed, piped or in a file."""
    monkeypatch.chdir(tmp_path)
    Path("secret").write_text("s3cret\n", encoding="utf-8")
    (block,) = _console.findall(PAGE.partition("## user")[2].partition("## key")[0])
    examples = _commands.findall(block.replace("$ pass show alice | ", "$ "))
    assert {line.split()[2] for line, _ in examples} == {"add", "passwd", "check", "list", "realms", "import", "del"}
    for line, shown in examples:
        typed = "s3cret\ns3cret\n" if "Password:" in shown else "s3cret"
        printed = CliRunner().invoke(command, shlex.split(line)[1:], input=typed).output
        # A terminal shows no blank at the end of a prompt, and the runner no line end of what is typed.
        assert "".join(printed.split()) == "".join(shown.split()), line


def test_the_page_has_every_exit_status() -> None:
    """The table of verdicts is that of the code."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d) \|", PAGE, re.MULTILINE)
    assert {verdict: int(status) for verdict, status in rows} == EXIT_STATUS
