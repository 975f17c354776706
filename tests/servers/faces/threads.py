"""All calls at once, for libraries that block: a thread for each."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.servers.faces.face import Client

__all__ = ["at_once_in_threads"]


def at_once_in_threads(client: Client, urls: Sequence[str]) -> list[int]:
    """The statuses of a GET of each, with one client."""
    with ThreadPoolExecutor(len(urls)) as pool:
        return [answer.status for answer in pool.map(client.get, urls)]
