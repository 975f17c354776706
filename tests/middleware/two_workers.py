"""Two workers of one service, in one process."""

from __future__ import annotations

import warnings
from typing import Any

from tests.attacks.driver import Clock, Response, Server


class Two:
    """Two workers of one service with one clock; the second gets the nonces of the first."""

    def __init__(self, first: dict[str, Any] | None = None, second: dict[str, Any] | None = None) -> None:
        self.clock = Clock()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.first = Server(clock=self.clock, **(first or {}))
            self.second = Server(clock=self.clock, **(second or first or {}))

    def visit(self, after: float = 60.0, password: str = "s3cret", **changes: Any) -> Response:
        """One request to the second worker, on a nonce that the first issued `after` seconds."""
        self.clock.now += after
        return self.second.get(self.first.signer(password=password), **changes)
