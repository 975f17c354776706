"""The plug for urllib3."""

from __future__ import annotations

try:
    import urllib3 as _urllib3
except ModuleNotFoundError as error:
    if error.name != "urllib3":
        raise
    raise ModuleNotFoundError(
        "DigestAuth for urllib3 needs urllib3: pip install 'digest-http[urllib3]'", name="urllib3"
    ) from None

from .urllib3_auth import DigestAuth
from .urllib3_pools import DigestPoolManager, DigestProxyManager

__all__ = ["DigestAuth", "DigestPoolManager", "DigestProxyManager"]

del _urllib3
