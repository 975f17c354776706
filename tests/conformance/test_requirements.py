"""Each rule of the documents names the code that obeys it, and is held by tests; docs/requirements.md shows both."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.marked_tests import marked_tests
from tests.support.kept_tables import keep

#: It reads sources and pages, which are the same for every interpreter.
pytestmark = pytest.mark.once

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "requirements.md"
DOCUMENTS: dict[str, dict[str, Any]] = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))
}
RULES = [rule for document in DOCUMENTS.values() for rule in document["rule"]]


def test_each_rule_has_a_name_of_its_own() -> None:
    """A marker names one rule."""
    assert [name for name, times in Counter(rule["id"] for rule in RULES).items() if times > 1] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["id"])
def test_the_code_that_obeys_is_there(rule: dict[str, Any]) -> None:
    """Code is named as "module:name", and what is named exists."""
    assert rule["code"]
    for place in rule["code"]:
        module, _, name = place.partition(":")
        what: object = import_module(module)
        for part in name.split("."):
            what = getattr(what, part)


def test_each_rule_is_held_and_no_test_holds_another() -> None:
    """A rule without a test is a promise; a marker without a rule is a slip of the pen."""
    assert {rule["id"] for rule in RULES} == marked_tests().keys()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_page_shows_them(document: str) -> None:
    """What it says is what the files here and the markers say. REQUIREMENTS_PAGE=write renews it."""
    held = marked_tests()
    rows = [
        (
            f"{rule['section']} ({rule['who']})",
            rule["says"],
            "<br>".join(_split(place, ":") for place in rule["code"]),
            "<br>".join(_split(test, "::") for test in held[rule["id"]]),
        )
        for rule in DOCUMENTS[document]["rule"]
    ]
    keep(PAGE, document, ["where (who)", "what is demanded", "the code that obeys", "the tests that hold it"], rows)


def _split(place: str, sign: str) -> str:
    """A place in two parts, so that a line can break between them."""
    file, _, name = place.partition(sign)
    return f"`{name}` in `{file}`"
