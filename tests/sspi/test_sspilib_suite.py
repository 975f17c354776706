"""sspilib's own tests, from its sources, with digest_http.sspi in the place of sspilib.raw."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.live.peers import missing_peer

HERE = Path(__file__).parent / "sspilib_suite"
ROOT = Path(__file__).parents[2]
SOURCES = ROOT / ".venv-programs" / "sspilib"

#: What is changed in their tests before they run: a pattern, what stands instead, and why.
CHANGES = (
    # Marks for what the library behind sspilib cannot do where there is no Windows; ours is tried.
    (re.compile(r'^@pytest\.mark\.skipif\(os\.name != "nt".*\n', re.MULTILINE), ""),
    (re.compile(r'if os\.name != "nt":\n\s+pytest\.skip\(reason="sspi-rs.*\n'), ""),
    # In Digest the server speaks first.
    (re.compile(r"^    s_token = None\n(?=    while)", re.MULTILINE), '    s_token = s_ctx.step(b"")\n'),
)


def adapted(folder: Path) -> Path:
    """A copy of their tests, changed as above."""
    copied = Path(shutil.copytree(SOURCES / "tests", folder / "suite"))
    for path in copied.rglob("*.py"):
        text = path.read_text()
        for pattern, instead in CHANGES:
            text = pattern.sub(instead, text)
        path.write_text(text)
    return copied


@pytest.mark.live
def test_their_suite_passes_but_for_what_is_listed(tmp_path):
    """Each of their tests passes, or is listed with the reason why it does not."""
    if not SOURCES.is_dir():
        missing_peer("sspilib's sources (make programs)")
    suite = adapted(tmp_path)
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "on_ours", "-c", os.devnull]
    command += ["--import-mode=importlib", "--rootdir", str(suite), f"--junit-xml={report}", str(suite)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(ROOT)])}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314  # pytest wrote it, just now
    assert cases, run.stdout
    wrong = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    failed = {case.attrib["name"] for case in wrong}
    groups = tomllib.loads((HERE / "left_out.toml").read_text())["left_out"]
    listed = {name for group in groups for name in group["tests"]}
    assert failed == listed, run.stdout
