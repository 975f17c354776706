"""The suite runs once for each plug."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest

from .callers import CALLERS, Caller
from .site import Site, running


@pytest.fixture(params=CALLERS, ids=repr)
def caller(request: pytest.FixtureRequest) -> Caller:
    """A library with its plug."""
    found: Caller = request.param
    return found


@pytest.fixture
def open_session(caller: Caller) -> Iterator[Callable[..., Any]]:
    """Call it with DigestAuth's keywords for an open session of the library."""
    with ExitStack() as open_ones:
        yield lambda **settings: open_ones.enter_context(caller.session(**settings))


@pytest.fixture
def session(open_session: Callable[..., Any]) -> Any:
    """A session of the library with the usual settings."""
    return open_session()


@pytest.fixture
def serve() -> Iterator[Callable[..., Site]]:
    """Call it with StrictServer's keywords for a site that runs until the test ends."""
    with ExitStack() as open_ones:

        def start(*args: Any, **keywords: Any) -> Site:
            site: AbstractContextManager[Site] = running(*args, **keywords)
            return open_ones.enter_context(site)

        yield start


@pytest.fixture
def site(serve: Callable[..., Site]) -> Site:
    """A site with the usual settings."""
    return serve()
