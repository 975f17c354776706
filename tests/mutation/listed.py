"""The mutants that nothing can kill, as equivalents.toml lists them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

EQUIVALENTS = Path(__file__).with_name("equivalents.toml")


class Mutant(NamedTuple):
    """One change: the function (module and class before it), the lines that go and the lines that come."""

    function: str
    was: str
    now: str


def read_equivalents() -> dict[Mutant, str]:
    """The listed mutants, each with the reason why no test can tell it from the code."""
    return {
        Mutant(function, entry["was"], entry["now"]): entry["why"]
        for function, entries in tomllib.loads(EQUIVALENTS.read_text("utf-8")).items()
        for entry in entries
    }
