"""HTTP Digest authentication for httpx and httpx2 clients.

`DigestAuth` here is the one for httpx; `digest_http_client_auth.httpx2` has the same for httpx2, which refuses the auth
classes of httpx. It is loaded on first use, so that a program with httpx2 alone can import this package.
"""

from __future__ import annotations

import typing as _typing

if _typing.TYPE_CHECKING:
    from .httpx import DigestAuth

__all__ = ["DigestAuth"]


def __getattr__(name: str) -> object:
    if name == "DigestAuth":
        from .httpx import DigestAuth  # noqa: PLC0415  # the reason is in the docstring above

        return DigestAuth
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
