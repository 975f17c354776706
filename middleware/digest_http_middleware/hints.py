"""Which setting would have let in a request whose uri is not its target: for the log, and never for the client.

A guess, made of what a stranger may have sent. It names settings, and of the request no more than where
its path begins.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from digest_http.encoding import printable
from digest_http.errors import ConfigurationError

from .asgi import Scope
from .fronts import Front
from .rewritings import REWRITINGS, segments
from .targets import names_other_host, origin_form, raw_target

__all__ = ["hint"]

#: Characters of a prefix that a hint repeats. Nobody mounts an app deeper, and a line of a log stays one that is read.
MAX_PREFIX: Final = 100


def hint(uri: bytes, scope: Scope, front: Front) -> str | None:
    """What would have helped, in one printable line; None if nothing that is known here."""
    target = raw_target(scope)
    original = origin_form(uri, scope)
    if names_other_host(uri, scope) or names_other_host(target, scope):
        return "the target names another host than the Host field: let the proxy in front pass Host on as it came"
    if original is None:
        return None
    found = (
        _settings(original, target, scope, front)
        if front.field_name is None
        else _about_field(front.field_name, original, target, scope, front)
    )
    return None if found is None else printable(found)


def _settings(original: bytes, target: bytes, scope: Scope, front: Front) -> str | None:
    if front.stripped_prefix and Front(rewritten_by=front.rewritten_by).is_named_by(original, scope):
        return _leave_prefix_out(scope, front)
    prefixes = [front.stripped_prefix] if front.stripped_prefix else ["", *_prefixes(original, target, scope)]
    removed = [prefix for prefix in prefixes if Front(prefix).is_named_by(original, scope)]
    if removed and front.rewritten_by is not None:
        return "nothing was rewritten in this target: leave rewritten_by out, or set original_target_header"
    if removed:
        found = [f"stripped_prefix={removed[0]!r}"]
    else:
        found = [
            _with(prefix, f"rewritten_by={name!r}")
            for prefix in prefixes
            for name in REWRITINGS
            if Front(prefix, name).is_named_by(original, scope)
        ] or [
            _with(prefix, "original_target_header='X-Original-URI'")
            for prefix in prefixes
            if Front(prefix).may_become(original, target, scope)
        ][:1]
    return "if a proxy in front changes paths: " + " or ".join(found) if found else None


def _about_field(name: str, original: bytes, target: bytes, scope: Scope, front: Front) -> str | None:
    times, value = front.original(scope)
    if times != 1:
        return (
            f"the field {name} stands {times} times in the request: the proxy in front must set it, in place of others"
        )
    asked = origin_form(value, scope)
    if asked is None or not asked.startswith(b"/"):
        return f"the field {name} holds no target: let the proxy in front set it to the target as it came"
    if asked != original:
        return None
    for prefix in ("", *_prefixes(original, target, scope)):
        if Front(prefix).may_become(original, target, scope):
            if not prefix:
                return _leave_prefix_out(scope, front)
            return f"the field {name} is as signed, and the path another: stripped_prefix={prefix!r}"
    return f"the field {name} is as signed, and the target another: no setting here can follow such a mapping"


def _leave_prefix_out(scope: Scope, front: Front) -> str:
    root = scope.get("root_path") or ""
    if (root + "/").startswith(front.stripped_prefix + "/"):
        return f"the server has {root!r} as its root path, which says the same: leave stripped_prefix out"
    return "nothing was removed from this target: ask through the proxy, or leave stripped_prefix out"


def _with(prefix: str, setting: str) -> str:
    return f"stripped_prefix={prefix!r}, {setting}" if prefix else setting


def _prefixes(original: bytes, target: bytes, scope: Scope) -> list[str]:
    """What may have been removed: what is left of `original`, as it is or resolved, before the path that arrived."""
    found: dict[str, None] = {}
    path = original.partition(b"?")[0]
    arrived = segments((origin_form(target, scope) or b"").partition(b"?")[0])
    for made in (segments(path), *(rewriting.makes(path, ()) for rewriting in REWRITINGS.values())):
        if made is not None and arrived is not None and len(arrived) < len(made):
            before = "".join("/" + quote(each) for each in made[: -len(arrived)]).rstrip("/")
            if len(before) <= MAX_PREFIX and _can_be_set(before):
                found[before] = None
    return list(found)


def _can_be_set(prefix: str) -> bool:
    try:
        Front(prefix)
    except ConfigurationError:
        return False
    return True
