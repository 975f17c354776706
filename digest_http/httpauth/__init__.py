"""HTTP Digest, both sides, without I/O: nonces, nonce counts, server and client contexts over the HTTP layout.

`DigestClient` is the client's door: for protocols, libraries and devices that no plug is made for. It is loaded on
first use, so that a server does not load the client's side.
"""

from __future__ import annotations

import typing as _typing

if _typing.TYPE_CHECKING:
    from .digest_client import Authorization, DigestClient

__all__ = ["Authorization", "DigestClient"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from . import digest_client  # noqa: PLC0415  # the reason is in the docstring above

        found: object = getattr(digest_client, name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
