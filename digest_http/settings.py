"""Checks of settings, one function a kind, used by every door: wrong values are refused where they are written.

Each takes the name of the setting first and returns the value it stands for. Each raises ConfigurationError, which
says what was given and what to write, as in: window is '128'; write a whole number from 1 to 1024, for instance
window=128. No function here is given a secret, but for those that say so; they show its type at most.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from types import BuiltinFunctionType
from typing import Any, Final, TypeVar, cast

from .algorithms import Algorithm, available, by_token
from .errors import ConfigurationError

__all__ = [
    "NO_METHOD",
    "algorithms",
    "choice",
    "file_path",
    "flag",
    "function",
    "instances",
    "items",
    "number",
    "provider",
    "refusal",
    "seconds",
    "text",
    "texts",
    "words",
]

T = TypeVar("T")

#: Characters of a value that are shown: a line of a log holds them, and what is wrong is seen by then.
SHOWN: Final = 60

#: Some 300 years, the longest time that a setting may ask for. In microseconds it fits into 64 bits some 900 times, so
#: no store meets a number that it cannot hold.
MAX_SECONDS: Final = 1e10

#: For `provider`, in place of a number of arguments: not a method, and nothing is known of it but its name.
NO_METHOD: Final = -1


def refusal(setting: str, value: object, write: str) -> ConfigurationError:
    """The error of a value that may be shown. `write` says what to write instead."""
    return ConfigurationError(f"{setting} is {_shown(value)}; write {write}")


def flag(setting: str, value: object) -> bool:
    """True or False. A word is neither: one read from a file or the environment is true whatever it says."""
    if isinstance(value, bool):
        return value
    raise refusal(setting, value, f"True or False, for instance {setting}=True")


def number(setting: str, value: object, least: int, most: int | None = None, *, example: int) -> int:
    """A whole number of `least` to `most`; a truth value is none."""
    asked = f"a whole number, {least} at least" if most is None else f"a whole number from {least} to {most}"
    if isinstance(value, int) and not isinstance(value, bool) and least <= value and (most is None or value <= most):
        return value
    raise refusal(setting, value, f"{asked}, for instance {setting}={example}")


def seconds(setting: str, value: object, *, example: float) -> float:
    """A time in seconds, over 0 and at most MAX_SECONDS. Not a number (NaN) and infinity are no times."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and 0 < cast("float", value) <= MAX_SECONDS:
        return cast("float", value)
    raise refusal(
        setting, value, f"seconds as a number over 0 and at most {MAX_SECONDS:.0f}, for instance {setting}={example}"
    )


def text(setting: str, value: object, *, example: str) -> str:
    """Text that UTF-8 can hold; octets are none."""
    if isinstance(value, str) and _fits(value):
        return value
    raise refusal(setting, value, f"text, for instance {setting}={example!r}")


def choice(setting: str, value: object, known: Collection[str]) -> str:
    """One of the known words."""
    if isinstance(value, str) and value in known:
        return value
    raise refusal(setting, value, f"one of {_list(known)}, for instance {setting}={next(iter(known))!r}")


def words(setting: str, value: object, known: Collection[str], *, one_alone: bool = False) -> tuple[str, ...]:
    """A list of one or more of the known words, in order, each once. Letter case does not matter.

    `one_alone`: one word may stand without a list around it.
    """
    first = next(iter(known))
    if isinstance(value, str):
        if not one_alone:
            example = value.lower() if value.lower() in known else first
            raise refusal(setting, value, f"a list of words, for instance {setting}={[example]!r}")
        value = (value,)
    wanted = f"one or more of {_list(known)}, for instance {setting}={[first]!r}"
    chosen = items(setting, value, wanted)
    folded = [word.lower() if isinstance(word, str) else None for word in chosen]
    for word, given in zip(folded, chosen, strict=True):
        if word not in known:
            raise ConfigurationError(f"{setting} has {_shown(given)}; write {wanted}")
    return tuple(dict.fromkeys(word for word in folded if word is not None))


def algorithms(setting: str, value: object) -> tuple[Algorithm, ...]:
    """A list of one or more algorithms by RFC 7616 name, in order, each once. Letter case does not matter."""
    if isinstance(value, str):
        example = value if by_token(value.encode("ascii", "replace")) is not None else "SHA-256"
        raise refusal(setting, value, f"a list of names, for instance {setting}={[example]!r}")
    known = _list(algorithm.name for algorithm in available())
    wanted = f"one or more of what this Python has: {known}; for instance {setting}={['SHA-256', 'MD5']!r}"
    found: dict[Algorithm, None] = {}
    for name in items(setting, value, wanted):
        algorithm = by_token(name.encode("ascii", "replace")) if isinstance(name, str) else None
        if algorithm is None:
            raise ConfigurationError(f"{setting} has {_shown(name)}; write {wanted}")
        found[algorithm] = None
    return tuple(found)


def texts(setting: str, value: object, *, example: str) -> tuple[str, ...]:
    """One text alone or a list of them, which may be empty."""
    if isinstance(value, str):
        return (text(setting, value, example=example),)
    wanted = f"text or a list of it, for instance {setting}={[example]!r}"
    return tuple(text(setting, each, example=example) for each in items(setting, value, wanted, empty=True))


def items(setting: str, value: object, wanted: str, *, empty: bool = False) -> tuple[object, ...]:
    """What a list holds, of any kind; not empty unless that is said. Text and octets are no lists here."""
    given = value
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, bytearray, Mapping)):
        raise refusal(setting, given, wanted)
    found = tuple(cast("Iterable[object]", value))
    if not found and not empty:
        raise ConfigurationError(f"{setting} is empty; write {wanted}")
    return found


def instances(setting: str, value: object, kind: type[T], *, example: str) -> tuple[T, ...]:
    """A list of one or more objects of one type."""
    wanted = f"a list of {kind.__name__} objects, for instance {setting}=[{example}]"
    found = items(setting, value, wanted)
    for each in found:
        if not isinstance(each, kind):
            raise ConfigurationError(f"{setting} has {_shown(each)}; write {wanted}")
    return cast("tuple[T, ...]", found)


def function(setting: str, value: T, arguments: int, *, example: str) -> T:
    """Something that can be called with so many arguments by position, as far as that can be told.

    It is not called. `example` is what to write, a name or a call.
    """
    wanted = f"a function of {_count(arguments)}, for instance {setting}={example}"
    if not callable(value):
        raise refusal(setting, value, wanted)
    if _takes(value, arguments) is False:
        raise ConfigurationError(f"{setting} is a function that cannot be called this way; write {wanted}")
    return value


def provider(setting: str, value: T, methods: Mapping[str, int], *, example: str) -> T:
    """An object that has these methods, each for so many arguments by position; NO_METHOD: an attribute is enough.

    What they take by keyword is not looked at. A class is not one of its own objects.
    """
    if isinstance(value, type):
        raise ConfigurationError(f"{setting} is the class {value.__name__}; make an object of it: {example}")
    for name, arguments in methods.items():
        method = getattr(value, name, None)
        if arguments == NO_METHOD and method is not None:
            continue
        if not callable(method) or _takes(method, arguments, but_keywords=True) is False:
            raise refusal(setting, value, f"an object with {', '.join(methods)}, for instance {setting}={example}")
    return value


def file_path(setting: str, value: object, *, example: str) -> str | os.PathLike[str]:
    """The name of a file, as text or a Path."""
    try:
        name = os.fspath(cast("str", value))
    except TypeError:
        name = ""
    # os.fspath() may give octets, whatever the types say.
    if isinstance(cast("object", name), str) and name and "\0" not in name:
        return cast("str | os.PathLike[str]", value)
    raise refusal(setting, value, f"the path of a file, for instance {setting}={example!r}")


def _takes(called: Callable[..., Any], arguments: int, *, but_keywords: bool = False) -> bool | None:
    """Whether a call with so many arguments by position fits; None if Python cannot tell."""
    if isinstance(called, BuiltinFunctionType):
        # os.urandom, the default of most: Python would parse the text of its signature, for each login of SASL.
        return None
    try:
        signature = inspect.signature(called)
    except (TypeError, ValueError):  # not all that is written in C shows one
        return None
    if but_keywords:
        by_position = [each for each in signature.parameters.values() if each.kind is not each.KEYWORD_ONLY]
        signature = signature.replace(parameters=by_position)
    try:
        signature.bind(*(None,) * arguments)
    except TypeError:
        return False
    return True


def _count(arguments: int) -> str:
    return {0: "no arguments", 1: "one argument"}.get(arguments, f"{arguments} arguments")


def _list(known: Iterable[str]) -> str:
    return ", ".join(map(repr, known))


def _fits(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: object) -> str:
    """What was given, in a few words. Of what is neither text nor a number nor a list of those, only the type."""
    given = value
    parts: Iterable[object] = cast("list[object]", value) if isinstance(value, (list, tuple)) else (value,)
    if not all(map(_is_plain, parts)):
        return f"an object of the type {type(given).__name__}"
    try:
        shown = repr(given)
    except ValueError:  # Python does not write numbers of thousands of digits
        return "a number of thousands of digits"
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."


def _is_plain(value: object) -> bool:
    return value is None or type(value) in {bool, int, float, str, bytes}
