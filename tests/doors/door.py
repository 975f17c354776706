"""What each real server serves: one app that opens many doors, each a framework behind the middleware in one way.

The field `X-Door` says which: framework, deployment, number of its lists ("none": no middleware at all), and a word of
the test's own. A handler that runs is written into the file DOORS_RECORD at once, whatever becomes of its answer.
"""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount

from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import REALM, USERS
from tests.doors.frameworks import FRAMEWORKS, RAN, fastapi_below
from tests.doors.lists import Lists

__all__ = ["DEPLOYMENTS", "LISTS", "app"]

#: The lists that are tried; their numbers stand in X-Door.
LISTS = [
    Lists(public=["/health", "/static", "/files/css"]),
    Lists(protect=["/admin", "/files/secret.txt", "/mounted", "/elsewhere"], public=["/admin/logo"]),
]

#: The middleware around the app; both inside a mount; the same around a FastAPI app that sets its root_path itself.
DEPLOYMENTS = ["plain", "mount", "own"]

_folder = Path(os.environ.get("DOORS_FOLDER", "."))
_record = os.environ.get("DOORS_RECORD", os.devnull)


class Recorder(list[tuple[str, str]]):
    """What ran for one request; each entry is on the disk before the handler goes on."""

    def __init__(self, door: str) -> None:
        super().__init__()
        self.door = door

    def append(self, entry: tuple[str, str]) -> None:
        """One handler."""
        super().append(entry)
        with open(_record, "a", encoding="utf-8") as record:  # noqa: PTH123  # one short write, whole by O_APPEND
            record.write(json.dumps([self.door, *entry]) + "\n")


@functools.cache
def door(framework: str, deployment: str, lists: str) -> Any:
    """The app behind one door."""
    if framework == "any":
        return DigestAuthMiddleware(anything, USERS, REALM, proxy=deployment == "proxy")
    inner = fastapi_below(_folder) if deployment == "own" else site(framework)
    if lists != "none":
        inner = DigestAuthMiddleware(inner, USERS, REALM, **LISTS[int(lists)].policy())
    return Starlette(routes=[Mount("/api", inner)]) if deployment == "mount" else inner


async def anything(_scope: Any, _receive: Any, send: Any) -> None:
    """An app that answers whatever it is asked."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


@functools.cache
def site(framework: str) -> Any:
    """One app of each framework."""
    return FRAMEWORKS[framework](_folder)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Open the door that the request names."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    named = dict(scope["headers"]).get(b"x-door", b"").decode()
    framework, deployment, lists, _word = named.split(" ")
    RAN.set(Recorder(named))
    await door(framework, deployment, lists)(scope, receive, send)
