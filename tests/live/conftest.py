"""Peers as fixtures: the served app with a policy of the test's choice, and a browser for the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.live.browser import Chromium, chromium
from tests.live.serving import Serve, Served, serve
from tests.live.sessions import PLUGS, LogIn, session


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Serve]:
    """Call it with the middleware's keywords: the app behind them runs until the test ends."""
    with ExitStack() as running:

        def start(**policy: Any) -> Served:
            folder = tmp_path / f"served-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return running.enter_context(serve(folder, **policy))

        yield start


@pytest.fixture(params=[(library, mode) for library in PLUGS for mode in ("direct", "loop")], ids="-".join)
def log_in(request: pytest.FixtureRequest) -> LogIn:
    """Our client in one of its dresses; call it with the password and DigestAuth's keywords."""
    library, mode = request.param
    return partial(session, library, mode)


# For one file: while Playwright's synchronous driver is up, no other event loop can run in this thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A Chromium; each of its tabs starts without credentials."""
    with chromium() as running:
        yield running
