"""The tutorial's three programs do what the tutorial shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.shown_commands import Page, as_tests_are_run

TUTORIAL = Page(Path(__file__).parents[2] / "docs" / "tutorial.md")


@pytest.mark.once
def test_the_tutorial_from_end_to_end(tmp_path: Path) -> None:
    """Client and replay, in the tutorial's order, print what stands below their commands."""
    assert list(TUTORIAL.programs) == ["server.py", "client.py", "replay.py"]
    place = as_tests_are_run(tmp_path)
    with place.serving(TUTORIAL):
        for line, shown in TUTORIAL.beginning("env/bin/python "):
            assert place.output(line) == shown


def test_the_tutorial_is_installed_as_the_readme_is() -> None:
    """Both pages name the same packages."""
    readme = Page(TUTORIAL.path.parents[1] / "README.md")
    assert TUTORIAL.beginning("env/bin/pip") == readme.beginning("env/bin/pip") != []
