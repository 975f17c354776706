"""Thrift (0.20) and thrift_sasl (0.4), and so PyHive (0.7) and impyla (0.20): HiveServer2, Impala, the Hive metastore.

Delegation tokens log in to the service "null" on the host "default": those are the defaults here.
hadoop_tokens.py reads such tokens.

DIGEST-MD5 is Historic (RFC 6331): use Kerberos for users, LDAP or SCRAM inside TLS if the service has them. Tokens have
no other mechanism.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from digest_http.sasl.client import DigestMD5Client
from digest_http.sasl.plugs import PureSASLClient, ThriftSASLClient, verifying

__all__ = ["apache_transport", "hive_transport", "impyla_connection"]


def hive_transport(
    socket: Any,  # noqa: ANN401  # Thrift has no types
    username: str,
    password: str,
    *,
    service: str = "null",
    host: str = "default",
    qop: str | tuple[str, ...] = ("auth-conf",),
    **settings: Any,  # noqa: ANN401  # DigestMD5Client's own keywords, checked there
) -> Any:  # noqa: ANN401  # as above
    """thrift_sasl's transport over a TSocket, for PyHive's `thrift_transport` and for impyla_connection().

    open() raises TTransportException for a wrong password, and for a server that does not prove itself.
    """

    def client() -> ThriftSASLClient:
        # Thrift's servers announce a maxbuf, and obey none.
        given: dict[str, Any] = {"service": service, "host": host, "qop": qop, "enforce_maxbuf": False} | settings
        return ThriftSASLClient(DigestMD5Client(username, password, **given))

    return verifying(import_module("thrift_sasl").TSaslClientTransport)(client, "DIGEST-MD5", socket)


def apache_transport(
    socket: Any,  # noqa: ANN401  # as above
    username: str,
    password: str,
    *,
    service: str = "null",
    host: str = "default",
    qop: str | tuple[str, ...] = ("auth-conf",),
    **settings: Any,  # noqa: ANN401  # as above
) -> Any:  # noqa: ANN401  # as above
    """Apache Thrift's own TSaslClientTransport over a TSocket: for the metastore, and for your own services."""
    make = import_module("thrift.transport.TTransport").TSaslClientTransport
    # It makes a client of pure-sasl. Ours replaces that client.
    wrapped = make(socket, host, service, mechanism="DIGEST-MD5", username="", password="")
    wrapped.sasl = PureSASLClient(host, service, username=username, password=password, qops=qop, **settings)
    return wrapped


def impyla_connection(transport: Any, database: str | None = None, *, retries: int = 3) -> Any:  # noqa: ANN401
    """A connection as impala.dbapi.connect() returns it, over your own transport, which connect() cannot take."""
    hiveserver2, protocol = import_module("impala.hiveserver2"), import_module("thrift.protocol.TBinaryProtocol")
    transport.open()
    client = hiveserver2.ThriftClient(protocol.TBinaryProtocolAccelerated(transport))
    return hiveserver2.HiveServer2Connection(hiveserver2.HS2Service(client, retries=retries), default_db=database)
