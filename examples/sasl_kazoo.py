"""ZooKeeper with DIGEST-MD5: kazoo, with our client in the place of pure-sasl's.

RFC 6331 made this mechanism Historic: take mutual TLS or Kerberos where ZooKeeper is set up for it.
"""  # noqa: INP001  # a script

from __future__ import annotations

from kazoo.client import KazooClient

from digest_http.sasl.libraries.pure_sasl import use_digest


def client(hosts: str, username: str, password: str) -> KazooClient:
    """A KazooClient, not started yet. kazoo brings the host and the service itself."""
    use_digest()
    return KazooClient(
        hosts=hosts, sasl_options={"mechanism": "DIGEST-MD5", "username": username, "password": password}
    )
