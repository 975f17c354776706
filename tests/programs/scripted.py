"""Libraries: one process of their language makes all visits, by a script of scripts/."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.live.peers import PATH_ONLY, missing_peer, peer_file, program
from tests.programs.processes import run
from tests.programs.visits import Visit

__all__ = ["Speak", "java", "node", "perl", "php", "python", "ruby", "toolkit"]

#: Makes all visits. It returns when the program has ended.
Speak = Callable[[Sequence[Visit], Path], None]

SCRIPTS = Path(__file__).parent / "scripts"
#: What `make programs` installs: libraries that need an environment of their own, some of which replace each other.
ENVIRONMENT = Path(__file__).parents[2] / ".venv-programs"


def as_json(visits: Sequence[Visit]) -> str:
    """All visits in one list."""
    return f"[{','.join(visit.as_json() for visit in visits)}]"


def installed(path: str) -> str:
    """A file of the programs' own environment, or a missing peer."""
    found = ENVIRONMENT / path
    if os.environ.get(PATH_ONLY) or not found.exists():
        missing_peer("the environment .venv-programs is not there (make programs)")
    return str(found)


def python(library: str) -> Speak:
    """A library of PyPI."""

    def speak(visits: Sequence[Visit], folder: Path) -> None:
        run([installed("bin/python"), "-P", str(SCRIPTS / "python_clients.py"), library, as_json(visits)], folder)

    return speak


def toolkit(library: str, needed: str, package: str) -> Speak:
    """A library that Debian's Python knows; ``needed`` is a file that must be there for it."""

    def speak(visits: Sequence[Visit], folder: Path) -> None:
        peer_file(needed, package=package)
        interpreter = str(peer_file("/usr/bin/python3", package="python3"))
        run([interpreter, "-P", str(SCRIPTS / "toolkits.py"), library, as_json(visits)], folder)

    return speak


def ruby(library: str, needed: str, package: str) -> Speak:
    """A Ruby library."""

    def speak(visits: Sequence[Visit], folder: Path) -> None:
        peer_file(needed, package=package)
        run([program("ruby", package="ruby"), str(SCRIPTS / "clients.rb"), library, as_json(visits)], folder)

    return speak


def perl(visits: Sequence[Visit], folder: Path) -> None:
    """Perl's LWP."""
    peer_file("/usr/share/perl5/LWP/UserAgent.pm", package="libwww-perl")
    run([program("perl", package="perl"), str(SCRIPTS / "lwp.pl"), as_json(visits)], folder)


def php(library: str) -> Speak:
    """PHP with its curl, or its streams."""

    def speak(visits: Sequence[Visit], folder: Path) -> None:
        peer_file("/usr/lib/php/*/curl.so", package="php-curl")
        run([program("php", package="php-cli"), str(SCRIPTS / "clients.php"), library, as_json(visits)], folder)

    return speak


def node(library: str) -> Speak:
    """A library of npm."""

    def speak(visits: Sequence[Visit], folder: Path) -> None:
        command = [installed("bin/node"), str(SCRIPTS / "clients.mjs"), installed("node"), library, as_json(visits)]
        run(command, folder)

    return speak


def java(source: str, library: str, *jars: str, package: str = "") -> Speak:
    """A class of scripts/, compiled as it starts, with Debian's archives beside it."""

    def speak(visits: Sequence[Visit], folder: Path) -> None:
        needed = [str(peer_file(f"/usr/share/java/{jar}.jar", package=package)) for jar in jars]
        runtime = program("java", package="openjdk-17-jdk-headless", folders="/usr/lib/jvm/*/bin")
        lines = []
        for visit in visits:
            host, port = visit.site.removeprefix("http://").split(":")
            words = [host, port, visit.user, visit.password, visit.url, ",".join(visit.gets), visit.put, visit.body]
            lines.append("\t".join(words))
        listed = folder / "visits"
        listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
        # What it takes to compile is less than what it would take to run hot.
        quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
        classes = ["-cp", ":".join(needed)] if needed else []
        run([runtime, *quick, *classes, str(SCRIPTS / f"{source}.java"), library, str(listed)], folder)

    return speak
