"""User names and realms as settings: one Unicode form for all, and nothing that cannot be told apart when hashed.

What is hashed is H(name ":" realm ":" password) (RFC 7616 §3.4.2). A colon in the name would make "a" in the realm
"b:r" and "a:b" in the realm "r" one and the same, so RFC 7617 §2 bars it for Basic, and here it is refused for both.
A realm may hold colons. RFC 7616 §4: names are hashed in Normalization Form C, so that is the form in which they are
kept, compared and handed on. What a peer sends is not checked here, only what is set.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from .encoding import nfc
from .errors import ConfigurationError
from .settings import refusal

__all__ = ["can_be_kept", "distinct_names", "realm_name", "spellings", "user_name"]

#: Unicode's control characters (category Cc). A header field carries some of them, but username* none at all.
_control: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_surrogate: Final = re.compile(r"[\ud800-\udfff]")


def user_name(value: object, setting: str = "username", *, shown: bool = True) -> str:
    """The name in Normalization Form C. Raises ConfigurationError if it is no text, empty, or cannot be hashed.

    `shown` is False where the error may not quote the name. What stands behind a colon is never shown: it may be a
    password, given in one piece with the name.
    """
    name = _text(value, setting, "a user name", "alice", shown=shown)
    if ":" in name:
        which = f"{name.partition(':')[0] + ':...'!r}, with a colon" if shown else "a colon"
        raise ConfigurationError(
            f"{setting} has {which}, which is not allowed in a user name: with its realm it could have the hash of "
            "another user; write a name without a colon, for instance 'alice'"
        )
    return name


def realm_name(value: object, setting: str = "realm") -> str:
    """The realm in Normalization Form C. Raises ConfigurationError if it is no text, empty, or no field can hold it."""
    return _text(value, setting, "a realm", "Members", shown=True)


def can_be_kept(text: str) -> bool:
    """False for a name or realm with what none may hold, so nobody has it. A database may fail for it: NUL is one."""
    return _control.search(text) is None and _surrogate.search(text) is None


def distinct_names(names: Iterable[object], setting: str = "users") -> dict[str, str]:
    """Each name in Normalization Form C, with the name as it was given.

    Raises ConfigurationError for a name that cannot be one, and for two that are one name in two spellings: which of
    them would count is ambiguous.
    """
    found: dict[str, str] = {}
    for given in names:
        name = user_name(given, f"a name in {setting}")
        if name in found:
            raise ConfigurationError(
                f"{setting} has the name {name!r} twice, in two Unicode forms ({found[name]!a} and {given!a}); "
                "leave one of them out"
            )
        found[name] = str(given)
    return found


def spellings(text: str) -> tuple[str, ...]:
    """Text in Normalization Form C, and in Form D where that differs: how keyboards and file names spell it."""
    return tuple(dict.fromkeys(unicodedata.normalize(form, text) for form in ("NFC", "NFD")))


def _text(value: object, setting: str, what: str, example: str, *, shown: bool) -> str:
    wanted = f"{what} as text, for instance {example!r}"
    if not isinstance(value, str):
        raise refusal(setting, value, wanted)
    if not value:
        raise ConfigurationError(f"{setting} is empty; write {wanted}")
    for pattern, barred in ((_control, "a control character"), (_surrogate, "half of a surrogate pair")):
        if pattern.search(value):
            which = f"{value!a}, with {barred}" if shown else barred
            raise ConfigurationError(f"{setting} has {which}, which is not allowed in {what}; write {wanted}")
    return nfc(value)
