"""The demo, served for the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from demo_app import app
from tests.demo_app.serving import served, visitor


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    """The base URL of the demo under a real uvicorn."""
    with served(app) as url:
        yield url


@pytest.fixture
def alice(demo_url: str) -> Iterator[httpx.Client]:
    """Alice, who is not known yet."""
    with visitor(demo_url) as client:
        yield client


@pytest.fixture
def stranger(demo_url: str) -> Iterator[httpx.Client]:
    """Somebody in front of a browser who has not logged in."""
    with visitor(demo_url, None) as client:
        yield client
