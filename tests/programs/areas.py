"""The areas of the site: which policy stands where, and with which password a program comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

USER, PASSWORD = "alice", "s3cret"
#: Seconds. An ageing area moves its own clock, so nobody waits for this.
LIFETIME = 300
#: Below the size of the body that programs send, so that auth-int meets its limit.
SMALL = 65536

OLD: dict[str, Any] = {"old_clients": True}


@dataclass(frozen=True, slots=True)
class Area:
    """Keywords of the middleware, and how a visit there differs from others."""

    policy: dict[str, Any]
    #: Nonces die with each answer.
    ageing: bool = False
    password: str = PASSWORD


AREAS = {
    "default": Area({}),
    "old": Area(OLD),
    "sha256": Area({"algorithms": ["SHA-256"]}),
    "auth-int": Area({"qop": ["auth", "auth-int"], "max_body": SMALL}),
    "stale": Area({}, ageing=True),
    "stale-old": Area(OLD, ageing=True),
    "wrong": Area({}, password="no such password"),
    "wrong-old": Area(OLD, password="no such password"),
}
