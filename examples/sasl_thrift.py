"""Hive and Impala with DIGEST-MD5 and layers: PyHive and impyla, a line each.

RFC 6331 made this mechanism Historic: take Kerberos where you can; delegation tokens have nothing else.
"""  # noqa: INP001  # a script

from __future__ import annotations

from typing import Any

from pyhive import hive
from thrift.transport.TSocket import TSocket

from digest_http.sasl.libraries.thrift import hive_transport, impyla_connection


def with_pyhive(host: str, port: int, username: str, password: str, qop: str = "auth-conf") -> Any:  # noqa: ANN401
    """A connection of PyHive's, open."""
    return hive.Connection(thrift_transport=hive_transport(TSocket(host, port), username, password, qop=qop))


def with_impyla(host: str, port: int, username: str, password: str, qop: str = "auth-conf") -> Any:  # noqa: ANN401
    """A connection of impyla's, open."""
    return impyla_connection(hive_transport(TSocket(host, port), username, password, qop=qop))
