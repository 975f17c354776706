"""cadaver, a WebDAV client on neon: the one client that checks our rspauth with a calculation that is not ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.commands import run
from tests.live.peers import program
from tests.live.serving import PASSWORD, USER, Serve, Served

pytestmark = pytest.mark.live


def cadaver(site: Served, home: Path, *commands: str) -> str:
    """Open /files/ and carry out ``commands``; return all that cadaver said."""
    netrc = home / ".netrc"
    netrc.write_text(f"default login {USER} password {PASSWORD}\n")
    netrc.chmod(0o600)
    script = "".join(f"{command}\n" for command in (*commands, "quit"))
    done = run(
        program("cadaver", package="cadaver"),
        f"{site.base_url}/files/",
        script=script,
        env={"HOME": str(home), "TERM": "dumb", "LC_ALL": "C"},
    )
    assert done.exit_code == 0, done.messages
    return done.body.decode() + done.messages


@pytest.mark.parametrize(
    "policy", [{"algorithms": ["MD5"]}, {"algorithms": ["SHA-256"]}, {}], ids=["MD5", "SHA-256", "default"]
)
def test_session_is_believed(served: Serve, tmp_path: Path, policy: dict[str, object]) -> None:
    """A whole session, writing and reading, passes with one challenge, and neon objects to no rspauth."""
    text = "kept as it was sent\n" * 1000
    (tmp_path / "note.txt").write_text(text)
    site = served(**policy)
    said = cadaver(site, tmp_path, f"put {tmp_path / 'note.txt'} note.txt", "cat note.txt")
    assert text in said
    assert "authentication failure" not in said
    exchanges = site.exchanges()
    assert [exchange.status for exchange in exchanges] == [401, 200, 207, 201, 200]
    assert [exchange.nc for exchange in exchanges[1:]] == [1, 2, 3, 4]
