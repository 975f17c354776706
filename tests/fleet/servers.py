"""Servers that load tests.fleet.told_app, with one worker and with two, in the ways they have to be told so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.live.peers import HOST, free_port, python_peer

APP = "tests.fleet.told_app:app"

UVICORN = "import uvicorn\nif __name__ == '__main__': uvicorn.run({app!r}, host={host!r}, port={port}, workers=2)"

#: What is started, by name: the words of its command line and the environment.
ONE = {
    "uvicorn": (["uvicorn", APP, "--port", "PORT", "--workers", "1"], {"WEB_CONCURRENCY": "2"}),
    "hypercorn": (["hypercorn", APP, "-b", f"{HOST}:PORT"], {"WEB_CONCURRENCY": "2"}),
    "gunicorn": (["gunicorn", APP, "-k", "asgi", "-b", f"{HOST}:PORT"], {}),
    "gunicorn, preloading": (["gunicorn", APP, "-k", "asgi", "-b", f"{HOST}:PORT", "--preload"], {}),
    "granian": (["granian", APP, "--interface", "asgi", "--host", HOST, "--port", "PORT"], {"WEB_CONCURRENCY": "2"}),
}
TWO = {
    "uvicorn": (["uvicorn", APP, "--port", "PORT", "--workers", "2"], {}),
    "uvicorn, built later": (["uvicorn", APP, "--port", "PORT"], {"WEB_CONCURRENCY": "2", "LATER": ""}),
    "uvicorn, program": (["-c", UVICORN], {}),
    "hypercorn": ([*ONE["hypercorn"][0], "-w", "2"], {}),
    "hypercorn, file": ([*ONE["hypercorn"][0], "-c", "FOLDER/hypercorn.toml"], {"LATER": ""}),
    "gunicorn, file": ([*ONE["gunicorn"][0], "-c", "FOLDER/gunicorn.py"], {}),
    "gunicorn, preloading": ([*ONE["gunicorn, preloading"][0], "--workers=2"], {}),
    "granian": ([*ONE["granian"][0], "--workers", "2"], {}),
}


def log_of(folder: Path, command: Sequence[str], environment: Mapping[str, str], made: int, **policy: str) -> str:
    """What the server wrote until its app was made so often."""
    port = free_port()
    (folder / "hypercorn.toml").write_text("workers = 2\n", "ascii")
    (folder / "gunicorn.py").write_text("workers = 2\n", "ascii")
    words = [word.replace("PORT", str(port)).replace("FOLDER", str(folder)) for word in command]
    if words[0] == "-c":
        words[1] = words[1].format(app=APP, host=HOST, port=port)
    else:
        python_peer(words[0])
        words.insert(0, "-m")
    ours = {name: value for name, value in os.environ.items() if name not in {"WEB_CONCURRENCY", "DIGEST_HTTP_KEYS"}}
    path = os.pathsep.join(path for path in sys.path if path)
    log = folder / "server.log"
    env = {**ours, "PYTHONPATH": path, "POLICY": json.dumps(policy), **environment}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, *words], stdout=output, stderr=output, env=env, start_new_session=True
        ) as process,
    ):
        try:
            end = time.monotonic() + 30
            while log.read_text(errors="replace").count("made\n") < made:
                assert process.poll() is None, log.read_text(errors="replace")
                assert time.monotonic() < end, log.read_text(errors="replace")
                time.sleep(0.02)
        finally:
            # Not asked to: servers that are still starting may not listen to that.
            os.killpg(process.pid, signal.SIGKILL)
    return log.read_text(errors="replace")
