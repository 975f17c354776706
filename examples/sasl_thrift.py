"""Thrift over SASL (HiveServer2, the Hive metastore, delegation tokens) with layers."""  # noqa: INP001  # a script

from __future__ import annotations

from typing import Any

from thrift.transport.TTransport import TSaslClientTransport
from thrift_sasl import TSaslClientTransport as ThriftSaslTransport

from digest_http.sasl import DigestMD5Client
from digest_http.sasl.plugs import PureSASLClient, ThriftSASLClient, verifying


def apache_thrift(
    transport: Any,  # noqa: ANN401  # thrift has no types
    username: str,
    password: str,
    *,
    service: str = "null",
    host: str = "default",
    qops: tuple[str, ...] = ("auth-conf",),
) -> TSaslClientTransport:
    """Apache Thrift's own transport. Hadoop's tokens log in to the service "null" on the host "default"."""
    wrapped = TSaslClientTransport(transport, host, service, mechanism="DIGEST-MD5", username="", password="")
    wrapped.sasl = PureSASLClient(host, service, username=username, password=password, qops=qops)
    return wrapped


def thrift_sasl(
    transport: Any,  # noqa: ANN401  # as above
    username: str,
    password: str,
    *,
    service: str = "null",
    host: str = "default",
    qops: tuple[str, ...] = ("auth-conf",),
) -> ThriftSaslTransport:
    """The transport of the package thrift_sasl, which impyla uses."""

    def client() -> ThriftSASLClient:
        return ThriftSASLClient(
            DigestMD5Client(username, password, service=service, host=host, qop=qops, enforce_maxbuf=False)
        )

    return verifying(ThriftSaslTransport)(client, "DIGEST-MD5", transport)
