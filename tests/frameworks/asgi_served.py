"""All sites of ASGI behind uvicorn, hypercorn and granian in one process; daphne runs the app of this file.

usage: python -m tests.frameworks.asgi_served PORT PORT PORT

The field `X-Site` names the site and more keywords of the middleware, as in `Quart|{"qop": ["auth-int"]}`.
"""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from typing import Any

import uvicorn
from granian.constants import Interfaces
from granian.server.embed import Server as Granian
from hypercorn.asyncio import serve
from hypercorn.config import Config

from tests.frameworks.sites import SITES
from tests.frameworks.wsgi_sites import POLICY
from tests.live.peers import HOST

__all__ = ["app"]


@functools.cache
def site(name: str, policy: str) -> Any:
    """One site, made once."""
    return SITES[name].make({**POLICY, **json.loads(policy)})


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Hand a request to the site that it names."""
    if scope["type"] != "lifespan":
        await site(*dict(scope["headers"])[b"x-site"].decode().split("|"))(scope, receive, send)


async def main(ports: list[int]) -> None:
    """Serve until the process is ended."""
    config = uvicorn.Config(app, HOST, ports[0], log_level="critical", lifespan="off")
    hypercorn = Config()
    hypercorn.bind, hypercorn.errorlog = [f"{HOST}:{ports[1]}"], None
    granian = Granian(app, HOST, ports[2], interface=Interfaces.ASGINL, log_enabled=False)
    await asyncio.gather(
        uvicorn.Server(config)._serve(),  # noqa: SLF001  # serve() would take the signals
        serve(app, hypercorn, shutdown_trigger=asyncio.Event().wait),
        granian.serve(),
    )


if __name__ == "__main__":
    asyncio.run(main([int(port) for port in sys.argv[1:]]))
