"""Scenarios under the function that each ends in and the code that it ends with."""

from __future__ import annotations

from collections.abc import Callable

Scenario = Callable[[], object]
CASES: dict[tuple[str, str], Scenario] = {}


def produces(function: str, code: str) -> Callable[[Scenario], Scenario]:
    """Register a scenario whose last call is to `function` and ends in `code`."""

    def register(scenario: Scenario) -> Scenario:
        assert (function, code) not in CASES
        CASES[function, code] = scenario
        return scenario

    return register


def case(function: str, code: str, scenario: Scenario) -> None:
    """The same for a lambda."""
    produces(function, code)(scenario)
