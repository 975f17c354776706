"""The sites in examples/ run on servers as they say, and our client logs in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from digest_http_client_auth import DigestAuth
from tests.live.peers import HOST, free_port, python_peer, running, wait_until_listening

pytestmark = [pytest.mark.live, pytest.mark.once]

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def environment(folder: Path) -> dict[str, str]:
    """Where a child finds our packages, and may write."""
    path = os.pathsep.join(place for place in [str(ROOT), *sys.path] if place)
    return {**os.environ, "PYTHONPATH": path, "SITE_DB": str(folder / "site.db")}


@contextmanager
def served(folder: Path, server: str, app: str) -> Iterator[httpx.Client]:
    """A client for an example, which runs in a child process."""
    python_peer(server)
    port = free_port()
    where = {
        "uvicorn": ["--host", HOST, "--port", str(port)],
        "aiohttp.web": ["-H", HOST, "-P", str(port)],
        "gunicorn": ["--bind", f"{HOST}:{port}"],
    }[server]
    command = [sys.executable, "-m", server, *where, app]
    # gunicorn and uvicorn import from the folder they are started in.
    started = [sys.executable, "-c", "import os, sys; os.chdir(sys.argv[1]); os.execv(sys.argv[2], sys.argv[2:])"]
    log = folder / "log"
    with running([*started, str(EXAMPLES), *command], log, environment(folder)) as process:
        wait_until_listening(process, port, log)
        with httpx.Client(base_url=f"http://{HOST}:{port}", trust_env=False, timeout=60) as client:
            yield client


def login(name: str, password: str) -> DigestAuth:
    """Our client, which wants the server's proof."""
    return DigestAuth(name, password, verify="required")


def test_fastapi(tmp_path: Path) -> None:
    """Public, for users, for owners, and a logout."""
    with served(tmp_path, "uvicorn", "fastapi_site:app") as client:
        assert client.get("/").json() == "Hello"
        assert client.get("/me").status_code == 401
        assert client.get("/me", auth=login("bob", "b0b")).json() == "Hello bob"
        assert client.delete("/notes", auth=login("bob", "b0b")).status_code == 403
        assert client.delete("/notes", auth=login("alice", "s3cret")).json() == "Cleared by alice"
        assert client.post("/logout", auth=login("alice", "s3cret")).json() == "Goodbye alice"


def test_starlette(tmp_path: Path) -> None:
    """Each realm has its users, and a role is asked for."""
    with served(tmp_path, "uvicorn", "starlette_realms:app") as client:
        assert client.get("/").text == "Hello"
        assert client.get("/members/", auth=login("alice", "s3cret")).text == "Hello alice of Members"
        assert client.get("/staff/", auth=login("carol", "pa55")).text == "Hello carol of Staff"
        assert client.get("/staff/", auth=DigestAuth("alice", "s3cret")).status_code == 401
        assert client.get("/members/", auth=DigestAuth("carol", "pa55")).status_code == 401
        assert client.get("/members/edit", auth=login("alice", "s3cret")).text == "alice may edit"
        assert client.get("/members/edit", auth=login("bob", "b0b")).status_code == 403


def test_flask(tmp_path: Path) -> None:
    """Public, for users, and a logout."""
    with served(tmp_path, "gunicorn", "flask_site:site") as client:
        assert client.get("/").text == "Hello"
        assert client.get("/me").status_code == 401
        assert client.get("/me", auth=login("alice", "s3cret")).text == "Hello alice"
        assert client.post("/logout", auth=login("alice", "s3cret")).text == "Goodbye"


def test_aiohttp(tmp_path: Path) -> None:
    """Public, for users, and a signed body."""
    with served(tmp_path, "aiohttp.web", "aiohttp_site:site") as client:
        assert client.get("/").text == "Hello"
        assert client.get("/me").status_code == 401
        assert client.get("/me", auth=login("alice", "s3cret")).text == "Hello alice"
        assert client.put("/notes/", content=b"this", auth=login("alice", "s3cret")).text == "alice wrote this"


def test_django(tmp_path: Path) -> None:
    """Users of Django's own: made, given H(A1) by the command, and let in."""

    def managed(*arguments: str, given: str = "") -> str:
        ran = subprocess.run(
            [sys.executable, str(EXAMPLES / "django_site.py"), *arguments],
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
            env={**environment(tmp_path), "DJANGO_SUPERUSER_PASSWORD": "s3cret"},
        )
        return ran.stdout

    managed("migrate")
    managed("createsuperuser", "--noinput", "--username", "alice", "--email", "a@example.com")
    assert "can log in" in managed("digest_password", "alice", "--password-stdin", given="s3cret\n")
    with served(tmp_path, "uvicorn", "django_site:application") as client:
        assert client.get("/").text == "Hello"
        assert client.get("/me").status_code == 401
        assert client.get("/me", auth=DigestAuth("alice", "wrong")).status_code == 401
        assert client.get("/me", auth=login("alice", "s3cret")).text == "Hello alice"
        assert client.get("/staff", auth=login("alice", "s3cret")).text == "Staff"
