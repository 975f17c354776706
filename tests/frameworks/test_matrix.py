"""Each framework against each of what a login must do; docs/frameworks.md has the table of this very run."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.frameworks.sites import SITES
from tests.frameworks.visits import COLUMNS
from tests.support.kept_tables import keep

# It runs thirteen frameworks through some eighty visits, and says the same on every interpreter.
pytestmark = pytest.mark.once

PAGE = Path(__file__).parents[2] / "docs" / "frameworks.md"


@pytest.fixture(scope="module")
def seen() -> dict[str, dict[str, bool | None]]:
    """What each framework did."""

    async def look() -> dict[str, dict[str, bool | None]]:
        return {name: {column: await does(site) for column, does in COLUMNS.items()} for name, site in SITES.items()}

    return asyncio.run(look())


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("name", SITES)
def test_what_a_login_must_do(seen: dict[str, dict[str, bool | None]], name: str, column: str) -> None:
    """Each framework does it, or has none of it."""
    assert seen[name][column] is not False


def test_the_page_tells_what_was_tried(seen: dict[str, dict[str, bool | None]]) -> None:
    """docs/frameworks.md has this very table; FRAMEWORKS_PAGE=write renews it."""
    words = {True: "yes", False: "NO", None: "\u2013"}
    keep(
        PAGE,
        "frameworks",
        ["", *COLUMNS],
        [[name, *map(words.__getitem__, row.values())] for name, row in seen.items()],
    )
