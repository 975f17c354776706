"""ZooKeeper with DIGEST-MD5: kazoo, with our client in the place of pure-sasl's."""  # noqa: INP001  # a script

from __future__ import annotations

import puresasl.client
from kazoo.client import KazooClient

from digest_http.sasl.plugs import PureSASLClient


def client(hosts: str, username: str, password: str) -> KazooClient:
    """A KazooClient, not started yet."""
    # kazoo looks this name up when it connects; it brings the host, service and mechanism itself.
    puresasl.client.SASLClient = PureSASLClient
    return KazooClient(
        hosts=hosts, sasl_options={"mechanism": "DIGEST-MD5", "username": username, "password": password}
    )
