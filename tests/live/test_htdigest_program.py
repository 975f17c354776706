"""A file that Apache's own htdigest made, with every default of the middleware: its users get in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest

from digest_http_client_auth import DigestAuth
from tests.live.commands import SECONDS, curl_digest
from tests.live.peers import program
from tests.live.serving import Serve, Served, parameter

pytestmark = pytest.mark.live

REALM = "Staff area"
USERS = {"alice": "s3cret", "bob": "b0b: b"}


def file_of_apache(path: Path) -> Path:
    """What the program writes for both users: MD5, which is all that it knows."""
    htdigest = program("htdigest", package="apache2-utils")
    for number, (name, password) in enumerate(USERS.items()):
        create = ["-c"] if number == 0 else []
        # In a session without a terminal it reads the password from its input, twice.
        subprocess.run(
            [htdigest, *create, str(path), REALM, name],
            input=f"{password}\n{password}\n".encode(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
            start_new_session=True,
        )
    path.chmod(0o600)
    return path


@pytest.fixture
def site(served: Serve, tmp_path: Path) -> Served:
    """Users and realm are set, and nothing else."""
    path = file_of_apache(tmp_path / "apache.users")
    return served(users=f"htdigest:///{path}", realm=REALM)


@pytest.mark.parametrize("name", USERS)
def test_curl_gets_in(site: Served, name: str) -> None:
    """curl takes the strongest on offer, which is what the file holds."""
    done = curl_digest(name, USERS[name], f"{site.base_url}/whoami")
    assert done.statuses[-1] == 200, done
    assert parameter(site.exchanges()[-1].credentials, "algorithm") == "MD5"
    assert curl_digest(name, "wrong", f"{site.base_url}/whoami").statuses[-1] == 401


@pytest.mark.parametrize("plug", [httpx.DigestAuth, DigestAuth], ids=["httpx", "ours"])
@pytest.mark.parametrize("name", USERS)
def test_python_clients_get_in(site: Served, name: str, plug: type[httpx.Auth]) -> None:
    """httpx takes the first challenge, ours the strongest."""
    with httpx.Client(trust_env=False, timeout=SECONDS) as client:
        assert client.get(f"{site.base_url}/whoami", auth=plug(name, USERS[name])).status_code == 200  # type: ignore[call-arg] # both take two texts
        assert client.get(f"{site.base_url}/whoami", auth=plug(name, "wrong")).status_code == 401  # type: ignore[call-arg] # as above
