"""The list of equivalent mutants is about the code as it is."""

from __future__ import annotations

import importlib
import inspect

import pytest

from tests.mutation.listed import Mutant, read_equivalents

LISTED = read_equivalents()


@pytest.mark.parametrize("mutant", LISTED, ids=lambda mutant: f"{mutant.function}: {mutant.now}")
def test_each_has_its_reason_and_its_lines(mutant: Mutant) -> None:
    """A reason is given, and the lines that the mutant changes stand in the function that is named."""
    assert LISTED[mutant]
    module, *rest = module_and_names(mutant.function)
    found: object = importlib.import_module(module)
    for name in rest:
        found = inspect.getattr_static(found, name)
    function = getattr(found, "__func__", found)
    assert inspect.isfunction(function)
    lines = [line.strip() for line in inspect.getsource(function).splitlines()]
    assert set(mutant.was.splitlines()) <= set(lines)
    assert mutant.was != mutant.now


def module_and_names(function: str) -> list[str]:
    """`package.module.Class.function` as the module and the names in it; only classes have a capital letter."""
    parts = function.split(".")
    names = 2 if parts[-2].lstrip("_")[:1].isupper() else 1
    return [".".join(parts[:-names]), *parts[-names:]]
