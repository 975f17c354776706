"""Whether the `uri` parameter names the request that carries it (RFC 7616 §3.4.6, RFC 9112 §3.2).

A server that does not compare lets a captured header open another door. The comparison is octet by octet on the raw
target; nothing is decoded, since what decodes alike may be routed differently.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from .asgi import Scope

__all__ = ["names_target", "raw_target"]

_absolute = re.compile(rb"(?:https?|wss?)://([^/?#@]*)([/?].*|)", re.IGNORECASE | re.DOTALL)
_default_port = re.compile(rb":(?:80|443)?\Z")


def raw_target(scope: Scope) -> bytes:
    """The origin-form or asterisk-form target as it stood in the request line, as far as ASGI keeps it."""
    path: bytes | None = scope.get("raw_path")
    if path is None:
        # raw_path is optional in ASGI; servers without it leave only the decoded path.
        path = quote(scope["path"], safe="/:@!$&'()*+,;=~-._", errors="surrogateescape").encode("ascii")
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path


def names_target(uri: bytes, target: bytes, scope: Scope, stripped_prefix: bytes = b"") -> bool:
    """Whether `uri` names `target` in another permitted form than the target itself.

    Permitted: the path with its mount (root_path) where a server leaves that out of raw_path; the same behind
    `stripped_prefix`, which a proxy in front removes; an empty query written out; the absolute form with this
    request's own Host. "*" is the target of OPTIONS * only, where it equals the target.
    """
    absolute = _absolute.fullmatch(uri)
    if absolute is not None:
        if _authority(absolute[1]) != _host(scope):
            return False
        uri = absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]
    if not target.startswith(b"/"):
        return uri == target and absolute is None
    if stripped_prefix:
        if not uri.startswith(stripped_prefix + b"/"):
            return False
        uri = uri[len(stripped_prefix) :]
    if uri.endswith(b"?") and not scope["query_string"]:
        # ASGI cannot tell "/x?" from "/x": both have an empty query.
        uri = uri[:-1]
    if uri == target:
        return True
    root = scope.get("root_path", "").encode("utf-8", "surrogateescape")
    return bool(root) and not target.startswith(root + b"/") and uri == root + target


def _host(scope: Scope) -> bytes | None:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return _authority(hosts[0]) if len(hosts) == 1 else None


def _authority(octets: bytes) -> bytes:
    return _default_port.sub(b"", octets.lower())
