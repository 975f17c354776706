"""The two forms of one source: what says which one runs, and what the compiled one is made of."""

import ast
import importlib.util
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import digest_http
from digest_http import calculation
from digest_http.cli.commands import command
from digest_http.guard import Accepted
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.sources import Sources
from tests.support.live_beside import LIVE_BESIDE
from tests.support.pure_only import PURE_ONLY

ROOT = Path(__file__).parents[2]
HOOK = ROOT / "hatch_build.py"


@pytest.fixture
def hook():
    """The build backend's hook, where the tests stand beside the sources."""
    if not HOOK.exists():
        pytest.skip("the sources are not here")
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_form_is_told():
    """COMPILED says how the computation was loaded, and the command says the same."""
    assert digest_http.COMPILED is not calculation.__file__.endswith(".py")
    said = CliRunner().invoke(command, ["--version"]).output
    assert ("(compiled)" in said) is digest_http.COMPILED
    assert ("(pure Python)" in said) is not digest_http.COMPILED


def test_each_compiled_file_is_a_module(hook):
    """The list of the hook names files that are there, each once."""
    assert len(set(hook.COMPILED)) == len(hook.COMPILED)
    for place in hook.COMPILED:
        import_module(place.removesuffix(".py").replace("/", "."))


def test_no_coroutine_is_compiled(hook):
    """mypyc hands a cancellation on by a way that Python 3.12 deprecated: with -W error it would be a 503."""
    for place in hook.COMPILED:
        (path,) = (path for package in hook.PACKAGES if (path := (ROOT / package).parent / place).exists())
        assert "async " not in path.read_text(encoding="utf-8"), place


def test_each_cause_is_written_twice(hook):
    """mypyc leaves out what stands behind `raise ... from`: without `caused` a cause is lost, or a hidden one shown."""
    for place in hook.COMPILED:
        (path,) = (path for package in hook.PACKAGES if (path := (ROOT / package).parent / place).exists())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and node.cause is not None:
                call = node.exc
                assert isinstance(call, ast.Call), (place, node.lineno)
                assert ast.unparse(call.func) == "caused", (place, node.lineno)
                assert ast.dump(call.args[1]) == ast.dump(node.cause), (place, node.lineno)


def test_compiled_classes_have_compiled_bases(hook):
    """With another base they would take weak references, which then point to what is gone."""
    bases, compiled = set(), {"Exception", "NamedTuple", "Protocol"}
    for place in hook.COMPILED:
        (path,) = (path for package in hook.PACKAGES if (path := (ROOT / package).parent / place).exists())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                compiled.add(node.name)
                bases |= {ast.unparse(base) for base in node.bases}
    assert bases <= compiled


@pytest.mark.parametrize("kind", [Accepted, ServerContext, Sources])
def test_what_is_compiled_takes_no_weak_reference(kind):
    """Nor other attributes than its own: as any class with slots, in both forms."""
    assert (kind.__weakrefoffset__, kind.__dictoffset__) == (0, 0)


@pytest.mark.parametrize("value", [None, "", "0", "yes"])
def test_nothing_is_compiled_unasked(hook, monkeypatch, value):
    """Only DIGEST_HTTP_COMPILE=1 asks for a compiler; without it the wheel stays py3-none-any."""
    monkeypatch.delenv("DIGEST_HTTP_COMPILE", raising=False)
    if value is not None:
        monkeypatch.setenv("DIGEST_HTTP_COMPILE", value)
    made = hook.CustomBuildHook(str(ROOT), {}, None, None, str(ROOT), "wheel")
    data: dict[str, Any] = {"force_include": {}}
    assert made.dependencies() == []
    made.initialize("standard", data)
    assert data == {"force_include": {}}


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_only_wheels_are_compiled(hook, monkeypatch, target):
    """An sdist and an editable install never need a compiler; a wheel asks for it by what the build needs."""
    monkeypatch.setenv("DIGEST_HTTP_COMPILE", "1")
    made = hook.CustomBuildHook(str(ROOT), {}, None, None, str(ROOT), target)
    data: dict[str, Any] = {"force_include": {}}
    assert bool(made.dependencies()) is (target == "wheel")
    made.initialize("editable", data)
    assert data == {"force_include": {}}


def test_no_compiler_is_told_at_once():
    """Before anything is fetched or built, in a sentence that says what to install."""
    script = ROOT / ".ci" / "wheel-test"
    if not script.exists():
        pytest.skip("the sources are not here")
    line = [str(script), ".venv/bin/python", sys.executable, "compiled"]
    done = subprocess.run(
        line, env={**os.environ, "CC": "no-such-compiler"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs a C compiler, and no-such-compiler is not here" in done.stderr


@pytest.mark.parametrize("name", PURE_ONLY)
def test_what_is_left_out_is_there(name):
    """A test that the compiled form leaves out is one that the pure form has; renamed, it would be forgotten here."""
    place, _, function = name.partition("[")[0].partition("::")
    assert f"\ndef {function}(" in Path(__file__).parents[2].joinpath(place).read_text(encoding="utf-8")
    assert PURE_ONLY[name]


def test_no_other_test_asks_for_the_form():
    """A skip of its own would hide a difference: what is left out stands in one list."""
    allowed = {"conftest.py", "test_forms.py", "test_commands.py", "test_imports.py"}
    asking = [
        str(path)
        for path in Path(__file__).parents[1].rglob("*.py")
        if "COMPILED" in path.read_text(encoding="utf-8") and path.name not in allowed
    ]
    assert asking == []


@pytest.mark.parametrize("name", LIVE_BESIDE)
def test_what_runs_beside_is_live(name):
    """CI's bare machine leaves out live tests of files that are there and have some."""
    assert "pytest.mark.live" in Path(__file__).parents[2].joinpath(name).read_text(encoding="utf-8")
