"""Which setting would have let in a request whose uri is not its target: for the log, and never for the client.

A guess, made of what a stranger may have sent. It names settings, and of the request no more than parts of its path.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    found = _hint(uri, raw_target(scope), scope, front)
    return None if found is None else printable(found)


def _hint(uri: bytes, target: bytes, scope: Scope, front: Front) -> str | None:
    if names_other_host(uri, scope) or names_other_host(target, scope):
        return "the target names another host than the Host field: let the proxy in front pass Host on as it came"
    if front.field_name is not None:
        return _about_field(front.field_name, uri, target, scope, front)
    if front.stripped_prefix and Front(rewritten_by=front.rewritten_by).is_named_by(uri, scope):
        return _leave_prefix_out(scope, front)
    helping = dict.fromkeys(each for each in _fronts(uri, target, scope, front) if _helps(each, uri, scope))
    if not helping:
        return None
    return "if a proxy in front changes paths: " + " or ".join(", ".join(_written(*each)) for each in helping)


def _about_field(name: str, uri: bytes, target: bytes, scope: Scope, front: Front) -> str | None:
    times, value = front.original(scope)
    if times != 1:
        return (
            f"the field {name} stands {times} times in the request: the proxy in front must set it, in place of others"
        )
    original = origin_form(value, scope)
    if original is None or not original.startswith(b"/"):
        return f"the field {name} holds no target: let the proxy in front set it to the target as it came"
    if original != origin_form(uri, scope):
        return None
    if front.stripped_prefix and _may_become("", original, target, scope):
        return _leave_prefix_out(scope, front)
    for rewritten_by in (None, *REWRITINGS):
        for prefix in _prefixes(original, target, scope, rewritten_by):
            if _may_become(prefix, original, target, scope):
                return f"the field {name} is as signed, and the path another: stripped_prefix={prefix!r}"
    return f"the field {name} is as signed, and the target another: what maps paths elsewhere is out of reach"


def _leave_prefix_out(scope: Scope, front: Front) -> str:
    root = scope.get("root_path") or ""
    if (root + "/").startswith(front.stripped_prefix + "/"):
        return f"the server has {root!r} as its root path, which says the same: leave stripped_prefix out"
    return "nothing was removed from this target: ask through the proxy, or leave stripped_prefix out"


def _may_become(prefix: str, original: bytes, target: bytes, scope: Scope) -> bool:
    try:
        return Front(prefix).may_become(original, target, scope)
    except ConfigurationError:
        return False


def _fronts(uri: bytes, target: bytes, scope: Scope, front: Front) -> Iterator[tuple[str, str | None]]:
    """Settings that might have helped, the simplest first."""
    for rewritten_by in (None, *REWRITINGS):
        if front.stripped_prefix:
            yield front.stripped_prefix, rewritten_by
        else:
            yield "", rewritten_by
            for prefix in _prefixes(uri, target, scope, rewritten_by):
                yield prefix, rewritten_by


def _prefixes(uri: bytes, target: bytes, scope: Scope, rewritten_by: str | None) -> Iterator[str]:
    """What is left of `uri` before what arrived."""
    asked, found = origin_form(uri, scope), origin_form(target, scope)
    if asked is None or found is None:
        return
    path, path_found = asked.partition(b"?")[0], found.partition(b"?")[0]
    made = segments(path) if rewritten_by is None else REWRITINGS[rewritten_by](path, ())
    arrived = segments(path_found)
    if made is not None and arrived is not None and len(arrived) < len(made):
        before = "".join("/" + quote(each) for each in made[: -len(arrived)])
        if len(before) <= MAX_PREFIX:
            yield before


def _helps(settings: tuple[str, str | None], uri: bytes, scope: Scope) -> bool:
    try:
        return Front(*settings).is_named_by(uri, scope)
    except ConfigurationError:  # no prefix that could be set
        return False


def _written(prefix: str, rewritten_by: str | None) -> Iterator[str]:
    if prefix:
        yield f"stripped_prefix={prefix!r}"
    if rewritten_by is not None:
        yield f"rewritten_by={rewritten_by!r}"
