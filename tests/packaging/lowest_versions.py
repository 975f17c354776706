"""Print constraints for pip: the lowest version that pyproject.toml allows.

A line for each library of the extras, and for each of the group `frameworks`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["constraints"]

ROOT = Path(__file__).resolve().parents[2]

#: The group of libraries that no extra brings.
FRAMEWORKS = "frameworks"

# name [ "[" extras "]" ] ">=" version [ "," ... ] [ ";" marker ]
_requirement = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*>=\s*([0-9.]+)\s*(?:[,;].*)?")


def constraints() -> Iterator[str]:
    """One line a library, as name==version. Raises ValueError for a library without a lower bound."""
    read = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, lowest = read["project"], dict[str, str]()
    frameworks = {FRAMEWORKS: read["dependency-groups"][FRAMEWORKS]}
    for extra, requirements in (project["optional-dependencies"] | frameworks).items():
        for requirement in requirements:
            if requirement.startswith(f"{project['name']}["):  # another extra, whose libraries have lines of their own
                continue
            found = _requirement.fullmatch(requirement)
            if found is None:
                raise ValueError(f"{requirement!r} of the extra {extra!r} has no lower bound: write name>=version")
            if lowest.setdefault(found[1], found[2]) != found[2]:
                raise ValueError(f"{found[1]!r} has two lower bounds: one release is tried, so write the same twice")
    for name, version in sorted(lowest.items()):
        yield f"{name}=={version}"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in constraints())
