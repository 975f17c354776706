"""The checks of settings: what passes, and how what does not is shown. Wrong values by keyword: tests/settings."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from digest_http import settings
from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError


@pytest.mark.parametrize(
    ("checked", "given", "taken"),
    [
        (lambda value: settings.number("n", value, 1, 9, example=5), 9, 9),
        (lambda value: settings.number("n", value, 0, example=5), 10**30, 10**30),
        (lambda value: settings.seconds("s", value, example=5), 0.001, 0.001),
        (lambda value: settings.seconds("s", value, example=5), settings.MAX_SECONDS, settings.MAX_SECONDS),
        (lambda value: settings.words("w", value, ("a", "b")), ["B", "a", "b"], ("b", "a")),
        (lambda value: settings.words("w", value, ("a", "b"), one_alone=True), "A", ("a",)),
        (lambda value: settings.words("w", iter(value), ("a", "b")), "ab", ("a", "b")),
        (lambda value: settings.algorithms("a", value), ["md5", "MD5"], (by_name("MD5"),)),
        (lambda value: settings.texts("t", value, example="x"), "abc", ("abc",)),
        (lambda value: settings.texts("t", value, example="x"), [], ()),
        (lambda value: settings.function("f", value, 1, example="x"), os.urandom, os.urandom),
        (lambda value: settings.function("f", value, 0, example="x"), time.monotonic, time.monotonic),
        (lambda value: settings.function("f", value, 1, example="x"), bytes, bytes),
        (lambda value: settings.file_path("p", value, example="x"), Path("x"), Path("x")),
    ],
)
def test_what_passes(checked: Any, given: Any, taken: Any) -> None:
    """The value comes back in the form that is used."""
    assert checked(given) == taken


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        ("a\nb", r"'a\nb'"),
        ("x" * 100, f"'{'x' * 59}..."),
        ((1, "a"), "(1, 'a')"),
        ({"a": "s3cret"}, "an object of the type dict"),
        ([{"a": "s3cret"}], "an object of the type list"),
        (lambda: 1, "an object of the type function"),
        pytest.param(10**5000, "a number of thousands of digits", id="huge"),
    ],
)
def test_what_is_shown(value: Any, shown: str) -> None:
    """Short, on one line, and nothing of what may hold anything."""
    assert str(settings.refusal("x", value, "y")) == f"x is {shown}; write y"


def test_the_fault_in_a_list_is_named() -> None:
    """Not the whole list, which may be long."""
    with pytest.raises(ConfigurationError, match=r"^qop has 'x'; write one or more of 'auth', 'auth-int'"):
        settings.words("qop", ["auth", "x"], ("auth", "auth-int"))


def test_methods_with_keywords() -> None:
    """What a method takes by keyword is its own affair; what it takes by position is not."""

    class Store:
        epoch = b""

        def advance(self, one: int, two: int, *, lifetime: int) -> None:
            """Two by position."""

    store = Store()
    assert settings.provider("store", store, {"epoch": settings.NO_METHOD, "advance": 2}, example="x") is store
    for methods in ({"advance": 1}, {"advance": 3}, {"refresh": 0}, {"epoch": 0}, {"refresh": settings.NO_METHOD}):
        with pytest.raises(ConfigurationError, match=r"^store is an object of the type Store; write an object with"):
            settings.provider("store", store, methods, example="x")
