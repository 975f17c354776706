"""Work done in the child of a fork, and what came of it."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


def in_child(work: Callable[..., T], *arguments: Any, seconds: int = 20) -> T:
    """The result of `work(*arguments)` in a forked child; AssertionError if the child fails or hangs."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 and later warn of threads beside a fork; what becomes of them is what is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)  # ends a child that hangs
        try:
            os.write(writing, pickle.dumps(work(*arguments)))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        octets = pipe.read()
    os.waitpid(child, 0)
    assert octets, "the child gave no answer"
    result: T = pickle.loads(octets)  # noqa: S301 - our own child's
    return result


@contextmanager
def held(lock: Any) -> Generator[None]:
    """A lock that another thread holds while the block runs."""
    has_it, give_back = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            has_it.set()
            give_back.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    has_it.wait(60)
    try:
        yield
    finally:
        give_back.set()
        thread.join()
