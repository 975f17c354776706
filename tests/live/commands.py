"""Programs of the command line, untouched by the settings of the person at this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from tests.live.peers import program

SECONDS = 20


@dataclass(frozen=True, slots=True)
class Run:
    """What a command left behind."""

    exit_code: int
    body: bytes
    messages: str

    @property
    def statuses(self) -> list[int]:
        """The final status of each transfer; only curl is asked to print them."""
        return [int(line) for line in self.messages.split()]


def curl(*arguments: str) -> Run:
    """Run curl; each transfer's final status goes to stderr, each body to stdout."""
    settings = ("--disable", "--silent", "--noproxy", "*", "--max-time", str(SECONDS))
    return run(program("curl", package="curl"), *settings, "--write-out", "%{stderr}%{http_code}\n", *arguments)


def curl_digest(username: str, password: str, *arguments: str) -> Run:
    """Run curl with a login that it may use for Digest only."""
    return curl("--digest", "--user", f"{username}:{password}", *arguments)


def wget(username: str, password: str, *arguments: str) -> Run:
    """Run wget with a login; one try for each URL, bodies to stdout."""
    settings = ("--no-config", "--no-proxy", "--quiet", "--tries=1", f"--timeout={SECONDS}", "--output-document=-")
    return run(program("wget", package="wget"), *settings, f"--user={username}", f"--password={password}", *arguments)


def run(*command: str, script: str = "", env: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end with ``script`` as its input, and keep all that it said."""
    done = subprocess.run(
        command, input=script.encode(), capture_output=True, timeout=2 * SECONDS, env=env, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr.decode(errors="replace"))
