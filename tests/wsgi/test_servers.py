"""A Flask app behind the WSGI plug on servers that people run: curl, and our client with auth-int.

Other frameworks, gunicorn with `--preload` and cheroot: tests/frameworks/test_wsgi_servers.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest

from digest_http_client_auth import DigestAuth
from tests.live.peers import (
    HOST,
    free_port,
    peer_file,
    program,
    python_peer,
    running,
    server_root,
    wait_until_listening,
)
from tests.support.apache import main_section
from tests.wsgi.served import protected

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, *_arguments: object) -> None:
        """See BaseHTTPRequestHandler."""


@pytest.fixture(scope="module")
def wsgiref() -> Iterator[str]:
    """Python's own server, in a thread."""
    server = make_server(HOST, 0, protected(), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{HOST}:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def gunicorn_of_two(folder: Path) -> Iterator[str]:
    """Two workers, which count in one file."""
    python_peer("gunicorn")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--workers=2",
        f"--bind={HOST}:{port}",
        "tests.wsgi.served:protected()",
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in [str(ROOT), *sys.path] if path),
        "SITE_STORE": f"sqlite:///{folder / 'nonces.db'}",
        "DIGEST_HTTP_KEYS": "k" * 40,
    }
    with running(command, folder / "log", environment) as process:
        wait_until_listening(process, port, folder / "log")
        yield f"http://{HOST}:{port}"


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Each worker loads the app."""
    with gunicorn_of_two(tmp_path_factory.mktemp("gunicorn")) as url:
        yield url


MOD_WSGI = """\
Listen {host}:{port}
WSGIDaemonProcess site processes=2 threads=4 python-path={root}:{root}/middleware
WSGIProcessGroup site
WSGIApplicationGroup %{{GLOBAL}}
WSGIPassAuthorization On
WSGISocketPrefix {folder}/wsgi
WSGIScriptAlias / {folder}/site.wsgi
<Directory {folder}>
    Require all granted
</Directory>
"""
SCRIPT = """\
from tests.wsgi.plain import protected

application = protected("sqlite:///{folder}/counts/nonces.db", "{keys}")
"""


@pytest.fixture(scope="module")
def mod_wsgi() -> Iterator[str]:
    """Apache with two processes that run the app in its own Python."""
    binary = program("apache2", "httpd", package="apache2-bin")
    module = peer_file("/usr/lib/apache2/modules/mod_wsgi.so", package="libapache2-mod-wsgi-py3")
    port = free_port()
    with server_root() as folder:
        # The processes are those of nobody.
        (folder / "counts").mkdir()
        (folder / "counts").chmod(0o777)
        (folder / "site.wsgi").write_text(SCRIPT.format(folder=folder, keys="k" * 40))
        config, log = folder / "httpd.conf", folder / "output.log"
        config.write_text(
            main_section(folder, [], level="warn")
            + f"LoadModule wsgi_module {module}\n"
            + MOD_WSGI.format(host=HOST, port=port, root=ROOT, folder=folder)
        )
        with running([binary, "-D", "FOREGROUND", "-f", str(config)], log) as process:
            wait_until_listening(process, port, log)
            yield f"http://{HOST}:{port}"


@pytest.fixture(params=["wsgiref", "gunicorn", "mod_wsgi"])
def site(request: pytest.FixtureRequest) -> str:
    """The URL of a site."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.mark.parametrize(("password", "status"), [("s3cret", "200"), ("wrong", "401")])
def test_curl(site: str, password: str, status: str) -> None:
    """It is let in with the right password alone, with a body too; the app knows the user."""
    ran = subprocess.run(
        [program("curl", package="curl"), "-s", "--noproxy", "*", "--digest", "-u", f"alice:{password}",
         "-X", "PUT", "--data", "this", "-w", " %{http_code}", f"{site}/a/note"],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert ran.stdout.endswith(status)
    assert ran.stdout.startswith("alice at a/note: this") == (status == "200")


def test_auth_int_and_many_requests(site: str) -> None:
    """Bodies are covered both ways, and each worker knows what the other has counted."""
    auth = DigestAuth("alice", "s3cret", qop=["auth-int"], verify="required")
    with httpx.Client(auth=auth, trust_env=False) as client:
        for number in range(20):
            answer = client.put(f"{site}/note?n={number}", content=b"body %d" % number)
            assert (answer.status_code, answer.text) == (200, f"alice at note: body {number}")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/public/x", 200), ("/public/../x", 401), ("/PUBLIC/x", 401), ("/x", 401)],
)
def test_public_paths(site: str, path: str, status: int) -> None:
    """What is public is free; what might be another path is not."""
    ran = subprocess.run(
        [program("curl", package="curl"), "-s", "--noproxy", "*", "--path-as-is", "-o", os.devnull,
         "-w", "%{http_code}", f"{site}{path}"],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert int(ran.stdout) == status
