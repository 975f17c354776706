"""DigestAuth for Starlette's TestClient, which stands on httpx2 in newer releases and on httpx in older ones."""

from __future__ import annotations

import importlib
from typing import Any

from starlette.testclient import TestClient

__all__ = ["DigestAuth"]

_library = next(base.__module__.partition(".")[0] for base in TestClient.__mro__ if base.__name__ == "Client")

#: The plug of ours for that library.
DigestAuth: Any = importlib.import_module(f"digest_http_client_auth.{_library}").DigestAuth
