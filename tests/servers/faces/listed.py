"""The plugs that are tried, by the name of their library."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from tests.live.peers import python_peer
from tests.servers.faces.aiohttp_plug import AiohttpFace
from tests.servers.faces.face import Face
from tests.servers.faces.httpx_family import HttpxFace
from tests.servers.faces.requests_family import RequestsFace
from tests.servers.faces.urllib3_plug import Urllib3Face

__all__ = ["FACES", "face"]

#: A face is made from the library and the plug.
MADE: dict[str, Callable[[ModuleType, ModuleType], Face]] = {
    "httpx": HttpxFace,
    "httpx2": HttpxFace,
    "requests": RequestsFace,
    "niquests": RequestsFace,
    "urllib3": lambda _, plug: Urllib3Face(plug),
    "aiohttp": AiohttpFace,
}
#: A plug that is not there is not tried.
FACES = [name for name in MADE if find_spec(f"digest_http_client_auth.{name}")]


def face(plug: str) -> Face:
    """The face of a plug, or a missing peer."""
    library = python_peer(plug)
    return MADE[plug](library, import_module(f"digest_http_client_auth.{plug}"))
