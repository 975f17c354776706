"""What tests of spooled bodies share: every file that was made for one, to see that it was closed."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any

import pytest

from digest_http_middleware import held_bodies


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The files that were made for bodies. At the end each must be closed."""
    made: list[Any] = []

    def noted(**how: Any) -> Any:
        made.append(TemporaryFile(**how))  # noqa: SIM115  # who asked for it is to close it
        return made[-1]

    monkeypatch.setattr(held_bodies, "TemporaryFile", noted)
    yield made
    assert [file for file in made if not file.closed] == []
