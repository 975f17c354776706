"""What stands in front of the app and changes targets: a proxy that removes a prefix, or rewrites paths.

A client signs the target that it asked for; the app sees the one that the proxy made of it. So what the proxy does is
said by whoever set it up, and a signed uri is good for the target that such a proxy makes of it, and for no other. The
query is compared octet by octet throughout: no such proxy changes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from digest_http.errors import ConfigurationError

from .addresses import DEFAULT_CLIENT_HEADER, Addresses
from .asgi import Scope
from .rewritings import REWRITINGS, resolves_alike, segments
from .targets import names_target, origin_form, raw_target, whole_targets

__all__ = ["Front"]

# RFC 9110 §5.6.2: what a field name may hold. RFC 3986 §3.3: what a path may hold.
_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_path = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+/?")

# Fields with another meaning, which no proxy may lay down over.
_TAKEN: Final = frozenset({"host", "authorization", "proxy-authorization", "cookie", "content-length", "connection"})


class Original(NamedTuple):
    """How many times the proxy's field stands in a request, and what it says if it stands there once."""

    times: int
    value: bytes


class Front:
    """The settings `stripped_prefix`, `rewritten_by` and `original_target_header`, and the comparison under them.

    `trusted_proxies` and `client_header` say whose address a request has (addresses.py).

    Raises ConfigurationError for settings that cannot work.
    """

    __slots__ = (
        "_field",
        "_prefix",
        "_rewriting",
        "_segments",
        "changes_targets",
        "client",
        "field_name",
        "rewritten_by",
        "stripped_prefix",
    )

    def __init__(
        self,
        stripped_prefix: str = "",
        rewritten_by: str | None = None,
        original_target_header: str | None = None,
        trusted_proxies: Iterable[str] = (),
        client_header: str = DEFAULT_CLIENT_HEADER,
    ) -> None:
        self.client: Final = Addresses(trusted_proxies, client_header).of
        """The address of who sent the request of a scope, None if it is not known."""
        #: Without the slash at its end; "" if nothing is removed.
        self.stripped_prefix: Final = _prefix(stripped_prefix)
        self.rewritten_by: Final = rewritten_by
        #: In lower case, as ASGI has field names.
        self.field_name: Final = _field_name(original_target_header)
        if rewritten_by not in (None, *REWRITINGS):
            known = ", ".join(map(repr, REWRITINGS))
            raise ConfigurationError(
                f"rewritten_by is {rewritten_by!r}; write which proxy rewrites the paths, one of {known}, "
                "or leave it out if the proxy rewrites nothing"
            )
        if self.field_name is not None and rewritten_by is not None:
            raise ConfigurationError("original_target_header gives the original target already: leave rewritten_by out")
        self._rewriting: Final = None if rewritten_by is None else REWRITINGS[rewritten_by]
        self._field: Final = None if self.field_name is None else self.field_name.encode()
        self._prefix: Final = self.stripped_prefix.encode()
        self._segments: Final = segments(self._prefix) or []
        #: False if the target that arrives is the one that was asked for.
        self.changes_targets: Final = bool(self.stripped_prefix or rewritten_by or self.field_name)

    def is_named_by(self, uri: bytes, scope: Scope) -> bool:
        """Whether the signed `uri` names the request of `scope`."""
        target = raw_target(scope)
        if self._field is not None:
            return self.original(scope).times == 1 and self._is_original(uri, target, scope)
        if self._rewriting is None:
            return names_target(uri, target, scope, self._prefix)
        asked, found = origin_form(uri, scope), origin_form(target, scope)
        if asked is None or found is None:
            return False
        if not found.startswith(b"/"):
            return uri == target
        path, _, query = asked.partition(b"?")
        path_found, _, query_found = found.partition(b"?")
        made = self._rewriting.makes(path, self._segments)
        if made is None or query != query_found:
            return False
        return any(made == self._rewriting.reads(whole, self._segments) for whole in whole_targets(path_found, scope))

    def original(self, scope: Scope) -> Original:
        """What the proxy's field says."""
        values = [value for name, value in scope["headers"] if name == self._field]
        return Original(len(values), values[0] if len(values) == 1 else b"")

    def _is_original(self, uri: bytes, target: bytes, scope: Scope) -> bool:
        """Whether `uri` is the target that the proxy was asked for, and that one may have become this one.

        The second holds where the first could be forged, by a stranger who reaches the app without the proxy.
        """
        original = origin_form(self.original(scope).value, scope)
        if original is None or original != origin_form(uri, scope):
            return False
        return self.may_become(original, target, scope)

    def may_become(self, original: bytes, target: bytes, scope: Scope) -> bool:
        """Whether the origin form `original` may have become `target`: both are the same with everything resolved."""
        if names_target(original, target, scope, self._prefix):
            return True
        found = origin_form(target, scope)
        if found is None or not found.startswith(b"/"):
            return False
        path, _, query = original.partition(b"?")
        path_found, _, query_found = found.partition(b"?")
        if query != query_found:
            return False
        return any(resolves_alike(path, self._segments, whole) for whole in whole_targets(path_found, scope))


def _prefix(prefix: str) -> str:
    if not isinstance(prefix, str):
        raise ConfigurationError(f"stripped_prefix is {prefix!r}; write a path, for instance '/svc'")
    if not prefix:
        return ""
    found = segments(prefix.rstrip("/").encode("utf-8", "replace"))
    if _path.fullmatch(prefix) is None or found is None or any(each in (b".", b"..") for each in found):
        raise ConfigurationError(
            f"stripped_prefix is {prefix!r}; write the path that the proxy removes, as clients send it: with a slash "
            "at the start, percent-encoded, without query, dot segments or double slashes, for instance '/svc'"
        )
    return prefix.rstrip("/")


def _field_name(name: str | None) -> str | None:
    if name is None:
        return None
    if not isinstance(name, str):
        raise _no_field(name)
    if _token.fullmatch(name) is None or name.lower() in _TAKEN:
        raise _no_field(name)
    return name.lower()


def _no_field(name: object) -> ConfigurationError:
    return ConfigurationError(
        f"original_target_header is {name!r}; write the name of the field in which the proxy puts the original "
        "target of each request, for instance 'X-Original-URI'"
    )
