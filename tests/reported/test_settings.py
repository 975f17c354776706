"""Inputs that were reported for settings: accepted, and then a 500 or a puzzle."""

from __future__ import annotations

from typing import Any

import pytest

from digest_http.errors import ConfigurationError
from tests.attacks.driver import Server

COLON = (
    "a name in users has 'a:...', with a colon, which is not allowed in a user name: with its realm it could have the "
    "hash of another user; write a name without a colon, for instance 'alice'"
)
NOBODY = (
    "users is empty, so nobody could log in; write a mapping of name to password, for instance "
    "users={'alice': password}, or an object of MappingUsers, which can be filled later"
)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"qop": "auth"}, "qop is 'auth'; write a list of words, for instance qop=['auth']"),
        ({"algorithms": "MD5"}, "algorithms is 'MD5'; write a list of names, for instance algorithms=['MD5']"),
        ({"max_body": "1M"}, "max_body is '1M'; write a whole number, 0 at least, for instance max_body=1048576"),
        ({"max_body": -1}, "max_body is -1; write a whole number, 0 at least, for instance max_body=1048576"),
        ({"realm": ""}, "realm is empty; write a realm as text, for instance 'Members'"),
        ({"users": {"": "x"}}, "a name in users is empty; write a user name as text, for instance 'alice'"),
        ({"users": {"a:b": "x"}}, COLON),
        ({"users": {}}, NOBODY),
        ({"userhash": "no"}, "userhash is 'no'; write True or False, for instance userhash=True"),
        ({"window": "128"}, "window is '128'; write a whole number from 1 to 4096, for instance window=128"),
        ({"sequence": "sliding"},
         "sequence is 'sliding'; write one of 'window', 'strict', for instance sequence='window'"),
        ({"store": "redis//x"},
         "store '://redis//x' is not known; use 'memory://', 'sqlite:///file.db', 'redis://host:6379/0'"),
        (
            {"users": {"alice": lambda: "s3cret"}},
            "users: the password of 'alice' is of the type function; write a non-empty string, or leave the user out",
        ),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, dict) else "",
)  # fmt: skip
def test_people_5(settings: dict[str, Any], said: str) -> None:
    """What a newcomer writes gets a sentence with the keyword, what was given, and what to write."""
    with pytest.raises(ConfigurationError) as caught:
        Server(**settings)
    assert str(caught.value) == said
