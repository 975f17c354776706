"""pure-sasl (0.6), and so kazoo (2.10): DIGEST-MD5 is ours, every other mechanism is still pure-sasl's.

pure-sasl's own DIGEST-MD5 has no layers. kazoo looks pure-sasl's class up by its name, so this module replaces the
class under that name. The change is for the whole process, and only for DIGEST-MD5.

DIGEST-MD5 is Historic (RFC 6331): use Kerberos or mutual TLS for ZooKeeper, SCRAM inside TLS elsewhere.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from digest_http.sasl.plugs import PureSASLClient

__all__ = ["choosing", "use_digest"]


def use_digest() -> None:
    """After this call `puresasl.client.SASLClient(host, service, "DIGEST-MD5", ...)` makes our PureSASLClient.

    kazoo looks the name up each time it connects. A second call does nothing.
    """
    module: Any = import_module("puresasl.client")
    if not getattr(module.SASLClient, "_chooses", False):
        module.SASLClient = choosing(module.SASLClient)


def choosing(original: type[Any]) -> type[Any]:
    """A subclass of pure-sasl's SASLClient that makes a PureSASLClient if the mechanism is DIGEST-MD5."""

    def make(
        cls: type[Any],
        host: str,
        service: str | None = None,
        mechanism: str | None = None,
        *arguments: Any,  # noqa: ANN401  # pure-sasl's own
        **settings: Any,  # noqa: ANN401  # as above
    ) -> Any:  # noqa: ANN401  # as above
        if mechanism == "DIGEST-MD5":
            return PureSASLClient(host, service or "", mechanism, *arguments, **settings)
        return object.__new__(cls)

    return type(original.__name__, (original,), {"__new__": make, "__doc__": choosing.__doc__, "_chooses": True})
