"""What every test may use, and what holds for each."""

import os
from collections.abc import Generator

import pytest
from hypothesis import Phase, settings

from digest_http import COMPILED
from tests.live import peers
from tests.support.live_beside import LIVE_BESIDE, SET_BY_CI
from tests.support.pure_only import PURE_ONLY

# gunicorn's control socket is one file of the user: of two at once one would end.
os.environ.setdefault("GUNICORN_CMD_ARGS", "--no-control-socket")

# Deadlines measure the machine. The "thorough" profile is for a long run by hand: HYPOTHESIS_PROFILE=thorough.
settings.register_profile("default", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=5000)
# Under `make mutants` a test runs once a mutant: few examples, the same ones each time, and a failure is left as found.
settings.register_profile(
    "mutants",
    deadline=None,
    max_examples=15,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
)
# What CI runs once more, with another interpreter or the compiled form: the rules were searched the first time.
settings.register_profile("again", deadline=None, max_examples=25)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what another run of CI has, and what the compiled form cannot show."""
    if os.environ.get(SET_BY_CI) == "1":
        left = [item for item in items if item.get_closest_marker("live") and item.nodeid.startswith(LIVE_BESIDE)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]
    if COMPILED:
        for item in items:
            reason = PURE_ONLY.get(item.nodeid) or PURE_ONLY.get(item.nodeid.partition("[")[0])
            if reason is not None:
                item.add_marker(pytest.mark.skip(reason=f"pure form only: {reason}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell each missing peer once, with the number of tests that want it.

    A test that needs a peer and is not marked `live` fails: the runs of "not live" would skip it for ever.
    """
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, pytest.skip.Exception):
        reason = call.excinfo.value.msg
        if reason in peers.missing:
            # One place for all, so that pytest folds them into one line.
            report.longrepr = (peers.__file__, peers.missing_peer.__code__.co_firstlineno, f"Skipped: {reason}")
            if item.get_closest_marker("live") is None:
                report.outcome = "failed"
                report.longrepr = f"{reason}; a test that needs a peer is marked live"
    return report
