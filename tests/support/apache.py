"""What each configuration of Apache httpd here begins with: a root of its own, one process, and modules."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.live.peers import HOST, peer_file

__all__ = ["main_section"]

_FOLDERS = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2")

_MAIN = """\
ServerRoot "{root}"
ServerName {host}
PidFile "{root}/httpd.pid"
Mutex file:{root} default
ErrorLog "|/bin/cat"
LogLevel {level}
{modules}
# Read only when root starts httpd: the ids of nobody.
User #65534
Group #65534
# One process with threads to spare: when all are busy, event closes kept connections under its clients' hands.
ServerLimit 1
StartServers 1
ThreadLimit 100
ThreadsPerChild 100
MaxRequestWorkers 100
MinSpareThreads 1
MaxSpareThreads 100
KeepAlive On
MaxKeepAliveRequests 0
"""


def main_section(root: Path, modules: Iterable[str], *, level: str = "crit") -> str:
    """The beginning of a configuration, with these modules besides those that every one needs."""
    folder = peer_file(*_FOLDERS, package="apache2-bin")
    files = {name: folder / f"mod_{name}.so" for name in ("mpm_event", "unixd", "authn_core", "authz_core", *modules)}
    # A module that is linked into the program has no file.
    loaded = "\n".join(f"LoadModule {name}_module {path}" for name, path in files.items() if path.exists())
    return _MAIN.format(root=root, host=HOST, level=level, modules=loaded)
