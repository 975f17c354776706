"""The messages of urllib3 as the plug sees them: what `urlopen` is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from urllib3 import BaseHTTPResponse, HTTPHeaderDict

from digest_http.httpauth.origins import Origin

__all__ = ["Answer", "Message"]


@dataclass(eq=False, slots=True)
class Message:
    """A request. `target` goes over the wire, or is the path and query of what does (through a proxy)."""

    method: str
    origin: Origin
    target: bytes
    headers: HTTPHeaderDict
    body: Any = None
    #: Whether the caller wants the body in chunks.
    chunked: bool = False
    #: The proxy that reads its header section; None if a server does.
    proxy: Origin | None = None


@dataclass(eq=False, slots=True)
class Answer:
    """A response, which another one takes the place of once its body was read for a proof, or is withheld."""

    response: BaseHTTPResponse
    peer: Origin
    #: Whether urllib3 has sent the request again by itself: that was a call of its own, and this is its outcome.
    settled: bool = False
    #: The body as it was transferred, once it was read.
    octets: bytes = b""
