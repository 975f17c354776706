"""An argument of a wrong type raises TypeError before a function does anything. sspilib's functions do the same.

`checked` wraps a function. The four functions that are called for each message check the types themselves. They call
the result of `types_of` only if a type is wrong: a wrapper would cost as much as the rest of the call.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

__all__ = ["checked", "types_of"]

#: How many combinations of types are remembered for each function; callers use few.
MAX_PASSED: Final = 64

_Function = TypeVar("_Function", bound=Callable[..., object])


def checked(function: _Function) -> _Function:
    """Check each argument against its annotation: a class, None, a union of these, a generic, or type[bound].

    Of a generic only the origin is checked, not the contents: the code that reads them does that. A parameter without
    an annotation (self), or with `object`, takes anything.
    """
    hints = get_type_hints(function)
    parameters = inspect.signature(function).parameters
    rules = {name: _Rule(function.__name__, name, hints[name]) for name in parameters if name in hints}
    in_order = [rules.get(name) for name in parameters]
    # Types that have passed before. A rule with a bound checks the value itself.
    passed: set[tuple[type, ...]] = set()
    by_type = all(rule is None or rule.bound is None for rule in in_order)

    @wraps(function)
    def call(*arguments: object, **named: object) -> object:
        types = tuple(map(type, arguments))
        if types in passed and not named:
            return function(*arguments)
        for rule, value in zip(in_order, arguments, strict=False):
            if rule is not None and not isinstance(value, rule.classes):
                raise rule.error(value)
            if rule is not None and rule.bound is not None and not rule.fits(value):
                raise rule.error(value)
        for name, value in named.items():
            rule = rules.get(name)
            if rule is not None and not (isinstance(value, rule.classes) and rule.fits(value)):
                raise rule.error(value)
        if by_type and len(passed) < MAX_PASSED:
            passed.add(types)
        return function(*arguments, **named)

    return cast("_Function", call)


def types_of(function: Callable[..., object]) -> Callable[..., None]:
    """A function that raises TypeError unless its arguments, in order, fit the annotations of `function`."""
    hints = get_type_hints(function)
    rules = [_Rule(function.__name__, name, hints[name]) for name in inspect.signature(function).parameters]

    def require(*arguments: object) -> None:
        for rule, value in zip(rules, arguments, strict=True):
            if not (isinstance(value, rule.classes) and rule.fits(value)):
                raise rule.error(value)

    return require


class _Rule:
    """The types that one parameter takes."""

    __slots__ = ("_owner", "bound", "classes")

    def __init__(self, function: str, parameter: str, annotation: Any) -> None:  # noqa: ANN401 - any annotation
        self._owner = f"{function}() argument {parameter!r}"
        self.bound: type | None = None
        self.classes = self._read(annotation)

    def _read(self, annotation: Any) -> tuple[type, ...]:  # noqa: ANN401 - any annotation
        origin = get_origin(annotation)
        if origin in {Union, UnionType}:
            return tuple(one for part in get_args(annotation) for one in self._read(part))
        if origin is type:
            (argument,) = get_args(annotation)
            self.bound = argument.__bound__ if isinstance(argument, TypeVar) else argument
            return (type,)
        return (NoneType if annotation is None else cast("type", origin or annotation),)

    def fits(self, value: object) -> bool:
        """Whether the value is a subclass of the bound; without a bound every value fits."""
        return self.bound is None or (isinstance(value, type) and issubclass(value, self.bound))

    def error(self, value: object) -> TypeError:
        """The error for a value. It names only types, because the value may be a secret."""
        if self.bound is not None:
            return TypeError(f"{self._owner} must be a type of {self.bound.__name__}")
        wanted = " or ".join("None" if one is NoneType else one.__name__ for one in self.classes)
        return TypeError(f"{self._owner} must be {wanted}, not {type(value).__name__}")
