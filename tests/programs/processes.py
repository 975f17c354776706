"""Runs a program to its end, away from the settings of whoever is at this machine, and never for ever."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

__all__ = ["SECONDS", "run"]

#: After which a program hangs. None takes more than a few on a quiet machine.
SECONDS = 120


def run(command: Sequence[str], folder: Path, script: str = "", **environment: str) -> str:
    """All that the command said; ``script`` is its input, ``folder`` its home and where it may leave files.

    Its exit code says little: the site's record tells what came of it.
    """
    home = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**home, "TMPDIR": str(folder), "NO_PROXY": "127.0.0.1", **environment},
        input=script.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    said = done.stdout.decode(errors="replace")
    with (folder / "said").open("a", encoding="utf-8") as log:
        log.write(f"{command}: {done.returncode}\n{said}\n")
    return said
