"""The checks of settings: what passes, and how what does not is shown. Wrong values by keyword: tests/settings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digest_http import settings
from digest_http.algorithms import available, by_name
from digest_http.errors import ConfigurationError

#: What is offered for algorithms; every Python has the first.
NAMES = (
    f"one or more of what this Python has: {', '.join(repr(algorithm.name) for algorithm in available())}; "
    "for instance a=['SHA-256', 'MD5']"
)


@pytest.mark.parametrize(
    ("checked", "given", "taken"),
    [
        (lambda value: settings.number("n", value, 1, 9, example=5), 9, 9),
        (lambda value: settings.number("n", value, 1, 9, example=5), 1, 1),
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


def nothing() -> None:
    """A function of no arguments."""


class Named:
    """An object with a name."""

    name = "it"


#: Whole messages. Each says what was given and what to write, so a word that changes is seen here.
SENTENCES: list[tuple[Callable[[], object], str]] = [
    (lambda: settings.flag("f", "no"), "f is 'no'; write True or False, for instance f=True"),
    (lambda: settings.number("n", 0, 1, 9, example=5), "n is 0; write a whole number from 1 to 9, for instance n=5"),
    (lambda: settings.number("n", 10, 1, 9, example=5), "n is 10; write a whole number from 1 to 9, for instance n=5"),
    (lambda: settings.number("n", True, 1, example=5), "n is True; write a whole number, 1 at least, for instance n=5"),
    (lambda: settings.number("n", 1.0, 1, example=5), "n is 1.0; write a whole number, 1 at least, for instance n=5"),
    (
        lambda: settings.seconds("s", 0, example=5),
        "s is 0; write seconds as a number over 0 and at most 10000000000, for instance s=5",
    ),
    (
        lambda: settings.seconds("s", True, example=5),
        "s is True; write seconds as a number over 0 and at most 10000000000, for instance s=5",
    ),
    (
        lambda: settings.seconds("s", 10000000001, example=5),
        "s is 10000000001; write seconds as a number over 0 and at most 10000000000, for instance s=5",
    ),
    (lambda: settings.text("t", b"x", example="y"), "t is b'x'; write text, for instance t='y'"),
    (lambda: settings.text("t", "\ud800", example="y"), r"t is '\ud800'; write text, for instance t='y'"),
    (lambda: settings.choice("c", "x", ("a", "b")), "c is 'x'; write one of 'a', 'b', for instance c='a'"),
    (lambda: settings.choice("c", 1, ("a", "b")), "c is 1; write one of 'a', 'b', for instance c='a'"),
    (lambda: settings.words("w", "B", ("a", "b")), "w is 'B'; write a list of words, for instance w=['b']"),
    (lambda: settings.words("w", "x", ("a", "b")), "w is 'x'; write a list of words, for instance w=['a']"),
    (lambda: settings.words("w", 5, ("a", "b")), "w is 5; write one or more of 'a', 'b', for instance w=['a']"),
    (lambda: settings.words("w", [5], ("a", "b")), "w has 5; write one or more of 'a', 'b', for instance w=['a']"),
    (lambda: settings.words("w", [], ("a", "b")), "w is empty; write one or more of 'a', 'b', for instance w=['a']"),
    (
        lambda: settings.words("w", "x", ("a", "b"), one_alone=True),
        "w has 'x'; write one or more of 'a', 'b', for instance w=['a']",
    ),
    (lambda: settings.algorithms("a", "md5"), "a is 'md5'; write a list of names, for instance a=['md5']"),
    (lambda: settings.algorithms("a", "é"), "a is 'é'; write a list of names, for instance a=['SHA-256']"),
    (lambda: settings.algorithms("a", 5), f"a is 5; write {NAMES}"),
    (lambda: settings.algorithms("a", [5]), f"a has 5; write {NAMES}"),
    (lambda: settings.algorithms("a", ["é"]), f"a has 'é'; write {NAMES}"),
    (lambda: settings.algorithms("a", []), f"a is empty; write {NAMES}"),
    (lambda: settings.texts("t", 5, example="x"), "t is 5; write text or a list of it, for instance t=['x']"),
    (lambda: settings.texts("t", [5], example="x"), "t is 5; write text, for instance t='x'"),
    (lambda: settings.texts("t", "\ud800", example="x"), r"t is '\ud800'; write text, for instance t='x'"),
    (lambda: settings.items("i", b"ab", "c"), "i is b'ab'; write c"),
    (lambda: settings.items("i", bytearray(b"ab"), "c"), "i is an object of the type bytearray; write c"),
    (lambda: settings.items("i", {"a": 1}, "c"), "i is an object of the type dict; write c"),
    (lambda: settings.items("i", (), "c"), "i is empty; write c"),
    (
        lambda: settings.instances("i", 5, Named, example="Named()"),
        "i is 5; write a list of Named objects, for instance i=[Named()]",
    ),
    (
        lambda: settings.instances("i", [Named(), 5], Named, example="Named()"),
        "i has 5; write a list of Named objects, for instance i=[Named()]",
    ),
    (
        lambda: settings.function("f", 5, 0, example="g"),
        "f is 5; write a function of no arguments, for instance f=g",
    ),
    (
        lambda: settings.function("f", nothing, 1, example="g"),
        "f is a function that cannot be called this way; write a function of one argument, for instance f=g",
    ),
    (
        lambda: settings.function("f", nothing, 2, example="g"),
        "f is a function that cannot be called this way; write a function of 2 arguments, for instance f=g",
    ),
    (
        lambda: settings.function("f", lambda *, word: word, 0, example="g"),
        "f is a function that cannot be called this way; write a function of no arguments, for instance f=g",
    ),
    (
        lambda: settings.provider("p", Named, {"name": settings.NO_METHOD}, example="Named()"),
        "p is the class Named; make an object of it: Named()",
    ),
    (
        lambda: settings.provider("p", Named(), {"name": settings.NO_METHOD, "call": 0}, example="x"),
        "p is an object of the type Named; write an object with name, call, for instance p=x",
    ),
    (
        lambda: settings.file_path("p", b"x", example="a.txt"),
        "p is b'x'; write the path of a file, for instance p='a.txt'",
    ),
    (lambda: settings.file_path("p", "", example="a.txt"), "p is ''; write the path of a file, for instance p='a.txt'"),
    (lambda: settings.file_path("p", 5, example="a.txt"), "p is 5; write the path of a file, for instance p='a.txt'"),
    (
        lambda: settings.file_path("p", "a\0", example="a.txt"),
        r"p is 'a\x00'; write the path of a file, for instance p='a.txt'",
    ),
    (lambda: settings.text("t", ["x", b"y"], example="y"), "t is ['x', b'y']; write text, for instance t='y'"),
    (lambda: settings.flag("f", "x" * 58), f"f is '{'x' * 58}'; write True or False, for instance f=True"),
]


@pytest.mark.parametrize(
    ("refused", "sentence"),
    SENTENCES,
    ids=[f"sentence {n}" for n in range(len(SENTENCES))],
)
def test_the_whole_sentence(refused: Callable[[], object], sentence: str) -> None:
    """What was given, and what to write."""
    with pytest.raises(ConfigurationError) as caught:
        refused()
    assert str(caught.value) == sentence


def test_what_python_cannot_tell_is_taken() -> None:
    """A function whose signature is not known is not called to find out."""
    assert settings.function("f", dict, 1, example="x") is dict
    assert settings.function("f", os.urandom, 7, example="x") is os.urandom
    assert settings.texts("t", ("a", "b"), example="x") == ("a", "b")
    assert settings.items("i", [], "c", empty=True) == ()
    assert settings.instances("i", [first := Named()], Named, example="x") == (first,)
    assert settings.choice("c", "b", ("a", "b")) == "b"
    assert settings.text("t", "é", example="y") == "é"
    assert settings.flag("f", value=False) is False
