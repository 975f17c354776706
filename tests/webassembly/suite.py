"""pytest in CPython for WebAssembly, which has one thread, no child processes and no sockets.

A test that asks for one of them, or a file of tests that imports a library which nobody has built for this platform, is
skipped with the reason. Every other failure is a failure.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Generator, Sequence

import pytest

#: Libraries with a compiled part that has no wheel here, or that stand on one, or that the tests can do without.
LEFT_OUT = (
    "aiohttp",
    "cryptography",
    "django",
    "fastapi",
    "greenlet",
    "keyring",
    "litestar",
    "prometheus_client",
    "spnego",
    "sqlalchemy",
    "sspilib",
    "uvloop",
)

NO_OPENSSL = "no OpenSSL here, so no SHA-512-256"
NO_THREADS = "no threads here"

#: Tests that count on all algorithms: they fail by an assertion, which says nothing of the reason.
OF_ALL_ALGORITHMS = (
    "test_every_user_gets_in_by_the_strongest[hashes3",
    "test_algorithms",
    "test_build_without_a_hash_of_its_own",
    "test_so_are_they_when_loaded_again",
    "test_all_six_are_available_weakest_first",
    "test_any_method_and_target[SHA-512-256",
    "test_build_that_bars_md5",
    "test_build_without_the_name_md5",
    "test_order[",
    "test_order_of_the_server",
    "test_what_is_offered[3-having12",
    "test_what_is_offered[3-having13",
)

#: Tests that cannot clean up behind a thread that did not start.
OF_THREADS = ("test_an_app_that_waits_for_a_piece_for_so_long_only",)

#: What an error says, in lower case, if a test asks for what is not there.
ABSENT = {
    "can't start new thread": NO_THREADS,
    "does not support processes": "no child processes here",
    "function not implemented": "no such call of the system here",
    "backend 'trio' is not available": "trio is not here",
    "no module named 'pwd'": "no users of the system here",
    "algorithm 'sha-512-256": NO_OPENSSL,
    "algorithms has 'sha-512-256": NO_OPENSSL,
    "unsupported hash type sha512_256": NO_OPENSSL,
    **{f"no module named '{name}'": f"{name} is not here" for name in LEFT_OUT},
}


class _NoFiles:
    """In place of a selector: there is no socket that could become ready, so waiting is sleeping."""

    def select(self, timeout: float | None = None) -> list[object]:
        """Sleep for so many seconds. RuntimeError if nothing is left that could wake a task: it would be for ever."""
        if timeout is None:
            raise RuntimeError("all tasks wait for each other")
        time.sleep(timeout)
        return []


class Loop(asyncio.BaseEventLoop):
    """An event loop that ends with its task. Pyodide's own goes on for ever, behind its caller's back."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _NoFiles()

    def _process_events(self, event_list: list[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """There is no other thread that could wake it."""


class Platform:
    """What pytest must know of this platform, as a plugin. It counts the tests that have passed."""

    def __init__(self) -> None:
        self.passed = 0

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        """Know the setting of pytest-timeout, which needs signals or threads."""
        parser.addini("timeout", "seconds; not heeded here")

    def pytest_configure(self, config: pytest.Config) -> None:
        """Know its marker."""
        config.addinivalue_line("markers", "timeout(seconds): not heeded here")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what is known not to hold here."""
        for item in items:
            if item.name.startswith(OF_ALL_ALGORITHMS):
                item.add_marker(pytest.mark.skip(reason=NO_OPENSSL))
            elif item.name.startswith(OF_THREADS):
                item.add_marker(pytest.mark.skip(reason=NO_THREADS))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """A file of tests that imports what is not here is skipped."""
        report = yield
        if report.failed:
            for words, reason in ABSENT.items():
                if words in str(report.longrepr).lower():
                    report.outcome = "skipped"
                    report.longrepr = (str(collector.path), 0, f"Skipped: {reason}")
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A test that asks for what is not here is skipped."""
        report = yield
        if call.excinfo is not None and report.failed:
            for words, reason in ABSENT.items():
                if words in str(call.excinfo.value).lower():
                    report.outcome = "skipped"
                    report.longrepr = (str(item.path), item.location[1] or 0, f"Skipped: {reason}")
        if report.failed and call.excinfo is not None:
            # At once: the run is long, and who watches it would see a letter only.
            sys.stdout.write(f"\n{item.nodeid}: {call.excinfo.exconly()}\n")
        self.passed += report.passed and report.when == "call"
        return report


def run(words: Sequence[str]) -> int:
    """Run pytest with these arguments. Gives the status of the process; a run in which nothing passed has failed."""
    sys.stdout.write(f"CPython {sys.version.split()[0]} on {sys.platform}\n")
    # Pyodide says that its own loop runs at all times, and none may run inside another. It also has a run() of its own.
    asyncio._set_running_loop(None)  # noqa: SLF001 - made for whoever writes a loop
    for module in (asyncio, asyncio.events):
        vars(module)["new_event_loop"] = Loop
    vars(asyncio)["run"] = asyncio.runners.run
    platform = Platform()
    status = int(pytest.main(["-p", "no:cacheprovider", *words], plugins=[platform]))
    return status or int(platform.passed == 0)
