"""HTTP Digest and SASL DIGEST-MD5, with the semantics of Microsoft's Digest security package.

Standard library only; no sockets, no event loop. The adapters are `digest_http_middleware` (ASGI) and
`digest_http_client_auth` (httpx, httpx2); `digest_http.httpauth.DigestClient` is for every other client.

`__version__` is the release, as the wheel's metadata has it.
"""

from __future__ import annotations

import typing as _typing
from importlib.machinery import EXTENSION_SUFFIXES as _SUFFIXES
from pathlib import Path as _Path

__all__ = ["COMPILED", "__version__"]

__version__ = "0.1.0.dev0"

COMPILED: _typing.Final[bool] = any(_Path(__file__).with_name(f"calculation{suffix}").exists() for suffix in _SUFFIXES)
"""Whether the compiled form is installed (docs/performance.md, "Two forms"). Both forms do the same."""

# Type checkers are not told of it: to them any name would be here.
if not _typing.TYPE_CHECKING:

    def __getattr__(name: str) -> _typing.NoReturn:
        # Interpreter and tools ask for private names all the time, and swallow an AttributeError only.
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        from .public_names import not_here  # noqa: PLC0415 - needed for the wrong name only

        raise not_here(name)
