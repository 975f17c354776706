"""How long something takes is for the benchmarks to say: a test that judges it fails on a machine with other work.

A test may wait until a time, and say that at least so much of it has passed. What should be fast enough gets more work
than a slow way could do before the test's own time limit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.suite.sources import FILES, calls, name_of, tree

CLOCKS = {"monotonic", "perf_counter", "process_time", "thread_time"}
CLOCKS |= {f"{name}_ns" for name in CLOCKS}


def reads_clock(node: ast.AST) -> bool:
    """Whether a clock is read in an expression: time.monotonic() and its like, or an event loop's time()."""
    return any(
        name_of(call.func) in CLOCKS
        or (
            name_of(call.func) == "time" and isinstance(call.func, ast.Attribute) and name_of(call.func.value) != "time"
        )
        for call in calls(node)
    )


def names(node: ast.AST) -> set[str]:
    """The names in an expression."""
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}


def durations(module: ast.AST) -> set[str]:
    """Names that hold the difference of two readings of a clock, or anything made of one."""
    assigned = [
        (target, node.value) for node in ast.walk(module) if isinstance(node, ast.Assign) for target in node.targets
    ]
    assigned += [
        (call.func.value, call.args[0])
        for call in calls(module)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "append" and call.args
    ]
    readings = {name for target, value in assigned if reads_clock(value) for name in names(target)}
    found: set[str] = set()
    while True:
        more = {name for target, value in assigned if is_duration(value, readings, found) for name in names(target)}
        if more <= found:
            return found
        found |= more


def is_duration(node: ast.AST, readings: set[str], known: set[str]) -> bool:
    """Whether an expression is made of the difference of two readings."""
    return bool(names(node) & known) or any(
        isinstance(part, ast.BinOp)
        and isinstance(part.op, ast.Sub)
        and (reads_clock(part) or bool(names(part.right) & readings))
        for part in ast.walk(node)
    )


def too_slow(module: ast.AST) -> Iterator[int]:
    """The lines that fail if something takes long. A loop that gives up waiting is not meant."""
    in_loops = {id(part) for loop in ast.walk(module) if isinstance(loop, ast.While) for part in ast.walk(loop)}
    known = durations(module)
    readings = {
        name
        for node in ast.walk(module)
        if isinstance(node, ast.Assign) and reads_clock(node.value)
        for target in node.targets
        for name in names(target)
    }
    for node in ast.walk(module):
        if not isinstance(node, ast.Assert):
            continue
        for compared in (part for part in ast.walk(node.test) if isinstance(part, ast.Compare)):
            sides = [compared.left, *compared.comparators]
            for smaller, operator, larger in zip(sides, compared.ops, sides[1:], strict=False):
                side = smaller if isinstance(operator, ast.Lt | ast.LtE) else larger
                if not isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                    continue
                if is_duration(side, readings, known) or (reads_clock(side) and id(node) not in in_loops):
                    yield node.lineno


@pytest.mark.parametrize("name", FILES)
def test_no_test_asserts_that_something_is_fast(name):
    """No assertion says that less than some time went by."""
    assert list(too_slow(tree(name))) == []


@pytest.mark.parametrize(
    "code",
    [
        "b = time.monotonic(); f(); assert time.monotonic() - b < 1",
        "b = time.monotonic(); f(); took = time.monotonic() - b; assert took <= 1",
        "b = perf_counter(); f(); e = perf_counter(); assert e - b < 1",
        "b = time.process_time_ns(); f(); times.append(time.process_time_ns() - b); assert max(times) < 9",
        "b = loop.time(); f(); one = loop.time() - b; f(); two = loop.time() - b; assert two > one * 3",
        "b = time.monotonic(); f(); assert time.monotonic() < b + 1",
        "b = time.thread_time(); f(); assert 1 > time.thread_time() - b",
    ],
)
def test_stopwatches_are_found(code):
    """In the spellings that were met, and their like."""
    assert list(too_slow(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "end = time.monotonic() + 9\nwhile not f():\n    assert time.monotonic() < end, 'it did not happen'",
        "b = time.monotonic(); f(); assert time.monotonic() >= b + 1",
        "b = time.monotonic(); f(); assert time.monotonic() - b >= 1",
        "b = time.monotonic(); v = f(); assert b <= v <= time.monotonic()",
        "assert f(timeout=end - time.monotonic()) == 1",
        "assert loop.time() > begin + 0.19",
    ],
)
def test_waiting_is_no_stopwatch(code):
    """A loop with an end, and time that must have passed."""
    assert list(too_slow(ast.parse(code))) == []
