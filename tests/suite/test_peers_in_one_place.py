"""Peers are found by tests.live.peers alone, which skips a test that lacks one and is narrowed on a bare machine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.suite.sources import FILES, calls, name_of, tree

#: Where a package manager puts programs, libraries and archives.
INSTALLED = ("/bin/", "/lib", "/opt/", "/sbin/", "/snap/", "/usr/")

#: What starts a child process; `running` is the one of tests.live.peers.
STARTERS = {"Popen", "call", "check_call", "check_output", "create_subprocess_exec", "run", "running"}


def found_elsewhere(module: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines that look for a peer by themselves, or count on one; what should stand there."""
    commands = {
        target.id: node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in calls(module):
        called = name_of(call.func)
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Name):
            first = commands.get(first.id)
        if called in {"which", "find_executable"}:
            yield call.lineno, "program() or found_program()"
        elif called == "Path" and text(first).startswith(INSTALLED):
            yield call.lineno, "peer_file()"
        elif called in STARTERS and any(map(text, command(call, first))):
            yield call.lineno, "program()"


def command(call: ast.Call, first: ast.AST | None) -> list[ast.AST]:
    """The word of a call that names the program, where it is written out."""
    if isinstance(first, ast.List | ast.Tuple):
        return list(first.elts[:1])
    # A test's own function may be called run(); no running() takes a command in one piece.
    in_one_piece = isinstance(call.func, ast.Attribute) and call.func.attr != "running"
    return [first] if first is not None and in_one_piece else []


def text(node: ast.AST | None) -> str:
    """The text of a constant, else nothing."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("name", [name for name in FILES if name != "live/peers.py"])
def test_no_peer_is_looked_for_elsewhere(name):
    """So no test can fail for want of a peer, and none finds one behind the back of a bare machine."""
    assert list(found_elsewhere(tree(name))) == []


@pytest.mark.parametrize(
    "code",
    [
        "shutil.which('valkey-server')",
        "which('curl')",
        "Path('/usr/share/java/x.jar').exists()",
        "Path('/usr/lib').glob('*/libfaketime.so.1')",
        "subprocess.run(['git', 'init'], check=True)",
        "subprocess.run('openssl version', shell=True)",
        "subprocess.Popen(('gcc', '-c', path))",
        "command = ['curl', url]; subprocess.check_output(command)",
        "asyncio.create_subprocess_exec('redis-server', '--port', '0')",
        "with running(['/usr/sbin/slapd', '-d', '0'], log) as process: pass",
    ],
)
def test_peers_found_elsewhere_are_noticed(code):
    """In the spellings that were met, and their like."""
    assert list(found_elsewhere(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "subprocess.run([sys.executable, '-c', code])",
        "subprocess.run([program('curl', package='curl'), url])",
        "with running([binary, '-f', str(config)], log) as process: pass",
        "asyncio.run(scenario())",
        "run('user', 'add')",
        "with programs.running('jdk', folder) as peer: pass",
        "Path('/proc/self/statm').exists()",
        "Path('/no/such/file')",
    ],
)
def test_other_programs_and_files_are_not_meant(code):
    """This interpreter, what program() found, and what the kernel shows."""
    assert list(found_elsewhere(ast.parse(code))) == []
