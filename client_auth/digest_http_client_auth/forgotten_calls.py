"""What is left of a call of requests or niquests where its response is pickled: nothing."""

from __future__ import annotations

from typing import Any

__all__ = ["Forgotten"]


class Forgotten:
    """What a pickle has in place of a call: hooks that do nothing."""

    def begin(self, request: Any) -> Any:
        """Leave a request as it is."""
        return request

    def answered(self, response: Any, **_settings: Any) -> Any:
        """Leave an answer as it is."""
        return response
