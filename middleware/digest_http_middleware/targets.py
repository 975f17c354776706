"""Whether the `uri` parameter names the request that carries it (RFC 7616 §3.4.6, RFC 9112 §3.2).

A server that does not compare lets a captured header open another door. The comparison is octet by octet on the raw
target; nothing is decoded, since what decodes alike may be routed differently. What a proxy in front changes is told to
fronts.py.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from .asgi import Scope

__all__ = ["names_other_host", "names_target", "origin_form", "raw_target", "whole_targets"]

_absolute = re.compile(rb"(?:https?|wss?)://([^/?#@]*)([/?].*|)", re.IGNORECASE | re.DOTALL)
_any_scheme = re.compile(rb"[^/?#]*:/")
_default_port = re.compile(rb":(?:80|443)?\Z")


def raw_target(scope: Scope) -> bytes:
    """The target as it stood in the request line, as far as ASGI keeps it.

    Some servers (h11, hypercorn, daphne) hand on an absolute form whole, others its path only.
    """
    path: bytes | None = scope.get("raw_path")
    if path is None:
        # raw_path is optional in ASGI; servers without it leave only the decoded path.
        path = _quoted(scope["path"])
    query: bytes = scope.get("query_string") or b""
    return path + b"?" + query if query else path


def names_target(uri: bytes, target: bytes, scope: Scope, stripped_prefix: bytes = b"") -> bool:
    """Whether `uri` names `target`, be it in another permitted form than the target itself.

    Permitted: the path with its mount (root_path) where a server leaves that out of raw_path; the same behind
    `stripped_prefix`, which a proxy in front removes; an empty query written out; and on both sides the absolute form
    with this request's own Host (RFC 9112 §3.2.2). "*" and an authority name only the same.
    """
    origin_uri, origin_target = origin_form(uri, scope), origin_form(target, scope)
    if origin_target is None:
        return False
    if not origin_target.startswith(b"/"):
        return uri == target
    if origin_uri is None:
        return False
    uri, target = origin_uri, origin_target
    if stripped_prefix:
        if not uri.startswith(stripped_prefix + b"/"):
            return False
        uri = uri[len(stripped_prefix) :]
    if uri.endswith(b"?") and not scope.get("query_string"):
        # ASGI cannot tell "/x?" from "/x": both have an empty query.
        uri = uri[:-1]
    return uri in whole_targets(target, scope)


def whole_targets(target: bytes, scope: Scope) -> list[bytes]:
    """`target`, which begins with a slash; and the same with its mount (root_path) if the server has left that out."""
    root = (scope.get("root_path") or "").rstrip("/")
    if root and _leaves_out(root, target, scope["path"]):
        return [target, _quoted(root) + target]
    return [target]


def origin_form(target: bytes, scope: Scope) -> bytes | None:
    """The path and query of an absolute form, any other form as it is; None if something else is named.

    That is another scheme, a user name before the host, or another host than the one of the Host field.
    """
    absolute = _absolute.fullmatch(target)
    if absolute is None:
        return None if _any_scheme.match(target) else target
    if _authority(absolute[1]) != _host(scope):
        return None
    return absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]


def names_other_host(target: bytes, scope: Scope) -> bool:
    """Whether an absolute form names another host than the Host field; other forms name none."""
    absolute = _absolute.fullmatch(target)
    return absolute is not None and _authority(absolute[1]) != _host(scope)


def _leaves_out(root: str, target: bytes, path: str) -> bool:
    """Whether the server has left `root` out of `target`, as far as one can tell; `path` is the scope's."""
    inner = unquote(target.partition(b"?")[0])
    return path == root + inner or not (inner == root or inner.startswith(root + "/"))


def _host(scope: Scope) -> bytes | None:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return _authority(hosts[0]) if len(hosts) == 1 else None


def _authority(octets: bytes) -> bytes:
    return _default_port.sub(b"", octets.lower())


def _quoted(path: str) -> bytes:
    try:
        octets = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # Half of a surrogate pair that stands for no octet: nobody can have asked for it, and it is no reason to fail.
        octets = path.encode("utf-8", "surrogatepass")
    return quote(octets, safe="/:@!$&'()*+,;=~-._").encode("ascii")
