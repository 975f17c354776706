"""What an error reporter sees: the locals of each function on a traceback, and of the errors behind an error."""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType
from typing import Any

__all__ = ["locals_shown"]


def locals_shown(error: BaseException, package: str = "digest_http") -> Iterator[tuple[str, object]]:
    """(where, value) of each local in the package's own functions, and of each argument of the errors in the chain.

    Containers are opened once: a reporter shows what is in a list, but not the attributes of an object.
    """
    seen: set[int] = set()
    chain: list[BaseException | None] = [error]
    while chain:
        current = chain.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        # An error that is hidden from the text ("from None") is still there for who looks.
        chain += [current.__cause__, current.__context__]
        yield from (("the error", value) for value in _opened(current.args))
        if isinstance(current, UnicodeError):
            yield "the error", getattr(current, "object", None)
        traceback = current.__traceback__
        while traceback is not None:
            yield from _locals(traceback.tb_frame, package)
            traceback = traceback.tb_next


def _locals(frame: FrameType, package: str) -> Iterator[tuple[str, object]]:
    if frame.f_globals.get("__name__", "").partition(".")[0] != package:
        return
    for name, value in frame.f_locals.items():
        yield from ((f"{frame.f_code.co_qualname}: {name}", one) for one in _opened(value))


def _opened(value: Any) -> list[object]:
    if isinstance(value, (list, tuple, set, frozenset)):
        return [value, *value]
    if isinstance(value, dict):
        return [value, *value, *value.values()]
    return [value]
