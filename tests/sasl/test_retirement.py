"""RFC 6331 is said at every door: that the mechanism is Historic, and what to move on to."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

from digest_http import sasl, sspi
from digest_http.sasl import libraries, plugs

ROOT = Path(__file__).parents[2]
DOORS = [sasl, sasl.DigestMD5Client, sasl.DigestMD5Server, plugs, plugs.PureSASLClient, plugs.ThriftSASLClient, sspi]
#: Each plug for a library; `protobuf` is an encoding.
LIBRARIES = sorted({each.name for each in pkgutil.iter_modules(libraries.__path__)} - {"protobuf"})
EXAMPLES = [*(ROOT / "examples").glob("sasl_*.py"), ROOT / "examples" / "hadoop_rpc.py"]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_docstrings_say_when_to_move_on(door):
    """Whoever asks for help on a door reads it."""
    assert "RFC 6331" in door.__doc__
    assert "Historic" in door.__doc__
    assert "SCRAM" in door.__doc__


@pytest.mark.parametrize("name", LIBRARIES)
def test_plugs_for_libraries_say_it(name):
    """And what that service has in its place."""
    said = importlib.import_module(f"{libraries.__name__}.{name}").__doc__ or ""
    assert "RFC 6331" in said
    assert "Historic" in said
    assert any(word in said for word in ("SCRAM", "Kerberos"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_examples_say_it(example):
    """Whoever copies one reads it first."""
    said = ast.get_docstring(ast.parse(example.read_text(encoding="utf-8"))) or ""
    assert "RFC 6331" in said
    assert "Historic" in said


@pytest.mark.parametrize("name", ["sasl.md", "sasl-clients.md", "sspi.md"])
def test_pages_say_it(name):
    """In the first screen."""
    opening = " ".join((ROOT / "docs" / name).read_text(encoding="utf-8").split()[:300])
    assert "RFC 6331" in opening
    assert "SCRAM" in opening


def test_the_page_says_to_what():
    """docs/sasl.md, before it says how to log in."""
    page = (ROOT / "docs" / "sasl.md").read_text(encoding="utf-8")
    before = page.partition("## Logging in")[0]
    assert all(word in before for word in ("RFC 6331", "SCRAM-SHA-256", "Kerberos", "EXTERNAL", "TLS"))
