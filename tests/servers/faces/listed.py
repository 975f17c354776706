"""The plugs that are tried, by the name of their library."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from tests.live.peers import python_peer
from tests.servers.faces.face import Face
from tests.servers.faces.httpx_family import HttpxFace

__all__ = ["FACES"]


def httpx_family(name: str) -> Face:
    """httpx or httpx2."""
    return HttpxFace(python_peer(name), import_module(f"digest_http_client_auth.{name}"))


#: A plug that is not there is not tried.
FACES: dict[str, Face] = {
    name: httpx_family(name) for name in ("httpx", "httpx2") if find_spec(f"digest_http_client_auth.{name}")
}
