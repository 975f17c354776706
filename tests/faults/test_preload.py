"""gunicorn --preload: the app and its store are made once, and the workers are forks of it."""

import json
import os
import sys
from contextlib import contextmanager

import pytest

from tests.faults.by_hand import all_at_once, get, sign
from tests.faults.fleet import KEYS, PASSWORD, REALM, USER
from tests.live.peers import HOST, free_port, python_peer, running, wait_until_listening

pytestmark = pytest.mark.live


@contextmanager
def gunicorn(folder, store, environment):
    """Three workers; the address of their common door."""
    python_peer("gunicorn")
    python_peer("uvicorn_worker")
    port, log = free_port(), folder / "gunicorn.log"
    command = [sys.executable, "-W", "ignore", "-m", "gunicorn", "tests.faults.worker_app:app", "--preload", "-w", "3"]
    command += ["-k", "uvicorn_worker.UvicornWorker", "-b", f"{HOST}:{port}", "--no-control-socket"]
    policy = json.dumps({"users": {USER: PASSWORD}, "realm": REALM, "store": store})
    path = os.pathsep.join(path for path in sys.path if path)
    env = {**os.environ, "PYTHONPATH": path, "FLEET_POLICY": policy, **environment}
    with running(command, log, env) as process:
        wait_until_listening(process, port, log)
        yield f"http://{HOST}:{port}/"


@pytest.mark.parametrize("environment", [{}, {"DIGEST_HTTP_KEYS": KEYS}], ids=["without keys", "with keys"])
@pytest.mark.parametrize("store", ["memory://", "sqlite:///{folder}/nonces.db"], ids=["memory", "sqlite"])
def test_one_header_to_all_workers(tmp_path, store, environment):
    """Sent to all of them at once, and once more, it is accepted at most once; in a file exactly once."""
    with gunicorn(tmp_path, store.format(folder=tmp_path), environment) as url:
        accepted = []
        for _ in range(6):
            header = sign(get(url).nonce, 1)
            statuses = [*all_at_once([url], header, 24), *all_at_once([url], header, 24)]
            assert set(statuses) <= {200, 401}
            accepted.append(statuses.count(200))
    assert max(accepted) == 1
    if store != "memory://":
        assert accepted == [1] * 6
