"""SASL DIGEST-MD5 (RFC 2831), client and server, with its integrity and confidentiality layers. No I/O.

RFC 6331 moved this mechanism to Historic. Use it only for peers that speak nothing better, and then inside TLS. Move on
to SCRAM-SHA-256 (RFC 7677) inside TLS, Kerberos (GSSAPI) or client certificates (EXTERNAL) as soon as both ends have
one of them.
"""

from __future__ import annotations

from .async_streams import LayeredStream
from .client import DigestMD5Client
from .files import LayeredFile
from .framing import Deframer, frame
from .reauthentication import ClientSessions, ServerSessions
from .server import DigestMD5Server
from .streams import LayeredSocket

__all__ = [
    "ClientSessions",
    "Deframer",
    "DigestMD5Client",
    "DigestMD5Server",
    "LayeredFile",
    "LayeredSocket",
    "LayeredStream",
    "ServerSessions",
    "frame",
]
