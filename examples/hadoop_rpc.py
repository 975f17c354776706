"""Hadoop RPC with a delegation token: which groups a user has, asked of a NameNode.

Tokens have no other mechanism; users have Kerberos, which RFC 6331 would have you take: DIGEST-MD5 is Historic.
"""  # noqa: INP001  # a script

from __future__ import annotations

import socket

from digest_http.sasl.libraries.hadoop_rpc import HadoopRPC
from digest_http.sasl.libraries.hadoop_tokens import HadoopToken
from digest_http.sasl.libraries.protobuf import encoded, fields, octets_of

PROTOCOL = "org.apache.hadoop.tools.GetUserMappingsProtocol"


def groups(host: str, port: int, token: HadoopToken, user: str, qop: str = "auth-conf") -> list[str]:
    """The groups. `qop` is what hadoop.rpc.protection asks for; "auth-conf" is its "privacy"."""
    with socket.create_connection((host, port), timeout=60) as connection, connection.makefile("rwb") as file:
        service = HadoopRPC(file, token, PROTOCOL, qop=qop)
        answer = service.call("getGroupsForUser", encoded((1, user.encode())))
        service.close()
    return [octets_of(group, "list of groups").decode() for _, group in fields(answer, "list of groups")]
