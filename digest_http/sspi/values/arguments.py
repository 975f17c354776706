"""TypeError for an argument of a wrong type, before a function does anything. sspilib's functions do the same.

`checked` wraps a function. The four that a connection calls for each message look at the types themselves, and call
what `types_of` made only when one is wrong: a wrapper costs as much as the rest of their way down.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

__all__ = ["checked", "types_of"]

#: Combinations of types that are remembered a function; callers have few.
MAX_PASSED: Final = 64

_Function = TypeVar("_Function", bound=Callable[..., object])


def checked(function: _Function) -> _Function:
    """Check each argument against its annotation: a class, None, a union of these, a generic, or type[bound].

    A generic is checked for its origin only, since its contents belong to whoever reads them. A parameter without an
    annotation (self), and one of `object`, takes anything.
    """
    hints = get_type_hints(function)
    parameters = inspect.signature(function).parameters
    rules = {name: _Rule(function.__name__, name, hints[name]) for name in parameters if name in hints}
    in_order = [rules.get(name) for name in parameters]
    # Types that have passed; a rule with a bound looks at the value itself.
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
    """What raises TypeError unless its arguments, in the order of the parameters, fit the annotations of `function`."""
    hints = get_type_hints(function)
    rules = [_Rule(function.__name__, name, hints[name]) for name in inspect.signature(function).parameters]

    def require(*arguments: object) -> None:
        for rule, value in zip(rules, arguments, strict=True):
            if not (isinstance(value, rule.classes) and rule.fits(value)):
                raise rule.error(value)

    return require


class _Rule:
    """What one parameter takes."""

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
        """Whether a type is one of the bound's; other values have no bound."""
        return self.bound is None or (isinstance(value, type) and issubclass(value, self.bound))

    def error(self, value: object) -> TypeError:
        """The error for a value, which names types only: a value may be a secret."""
        if self.bound is not None:
            return TypeError(f"{self._owner} must be a type of {self.bound.__name__}")
        wanted = " or ".join("None" if one is NoneType else one.__name__ for one in self.classes)
        return TypeError(f"{self._owner} must be {wanted}, not {type(value).__name__}")
