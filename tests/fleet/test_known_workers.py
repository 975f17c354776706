"""Real servers, each started with one worker and with two in every way it has; who is told that they count apart."""

from __future__ import annotations

import pytest

from tests.fleet.servers import ONE, TWO, log_of

pytestmark = pytest.mark.live

ADVICE = "SecurityWarning: this is one of 2 workers"


@pytest.mark.parametrize("way", ONE)
def test_one_worker(tmp_path, way):
    """No server's only worker is warned, with keys or without."""
    assert "SecurityWarning" not in log_of(tmp_path, *ONE[way], 1)


@pytest.mark.parametrize("way", TWO)
def test_two_workers(tmp_path, way):
    """Each is told, though they have the same keys; those of an app that was loaded before the fork, once for all."""
    apps = 1 if "preloading" in way else 2
    log = log_of(tmp_path, *TWO[way], apps, keys="0123456789abcdef" * 4)
    assert log.count(ADVICE) == apps
    assert "DIGEST_HTTP_KEYS" not in log


def test_two_workers_that_share_a_store(tmp_path):
    """Keys and a file for all: nothing is said."""
    store = f"sqlite:///{tmp_path}/nonces.db"
    log = log_of(tmp_path, *TWO["uvicorn"], 2, store=store, keys="0123456789abcdef" * 4)
    assert "SecurityWarning" not in log
