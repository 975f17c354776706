"""`make lowest` tries the lowest version of each library; pyproject.toml says which that is."""

import pytest

from tests.packaging import lowest_versions


def test_each_library_has_one():
    """A line for each library of the extras and each framework, as pip takes it."""
    lines = list(lowest_versions.constraints())
    assert {"click==8.3", "httpx==0.27", "httpx2==2", "redis==5.3", "sqlalchemy==2", "flask==3", "django==5"} <= set(
        lines
    )


@pytest.mark.parametrize(
    ("extras", "frameworks"),
    [
        ('a = ["click"]', ""),
        ('a = ["click<9"]', ""),
        ('a = ["click>=8.1"]\nb = ["click>=8.2"]', ""),
        ("", '"click"'),
        ('a = ["click>=8.1"]', '"click>=8.2"'),
    ],
)
def test_what_names_no_lowest_version(tmp_path, monkeypatch, extras, frameworks):
    """A bound that is missing, and two for one library."""
    project = f"[project]\nname = 'p'\n[project.optional-dependencies]\n{extras}\n"
    project += f"[dependency-groups]\nframeworks = [{frameworks}]\n"
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    monkeypatch.setattr(lowest_versions, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="lower bound"):
        list(lowest_versions.constraints())
