"""The plug for aiohttp."""

from __future__ import annotations

try:
    from .aiohttp_auth import DigestAuth
    from .aiohttp_tunnels import ProxyConnector
except ModuleNotFoundError as error:
    if error.name != "aiohttp":
        raise
    raise ModuleNotFoundError(
        "DigestAuth for aiohttp needs aiohttp: pip install 'digest-http[aiohttp]'", name="aiohttp"
    ) from None

__all__ = ["DigestAuth", "ProxyConnector"]
