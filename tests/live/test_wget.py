"""wget, a client of RFC 2617's time: MD5, qop exactly "auth", no count above one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.commands import wget
from tests.live.serving import PASSWORD, USER, Serve, parameter

pytestmark = pytest.mark.live

#: wget's exit code for "username/password authentication failure".
AUTHENTICATION_FAILED = 6
#: wget's exit code for "server issued an error response", such as a 400.
SERVER_ERROR = 8
#: A list of two words.
QOP = ["auth", "auth-int"]


def test_md5_only(served: Serve) -> None:
    """wget logs in where MD5 and qop=auth are all there is."""
    site = served(algorithms=["MD5"], qop=["auth"])
    run = wget(USER, PASSWORD, f"{site.base_url}/whoami")
    assert run.exit_code == 0, run.messages
    assert f'"username":"{USER}"' in run.body.decode()


def test_default_algorithms(served: Serve) -> None:
    """Of SHA-256 and MD5, offered in this order, wget takes the last challenge, which it can answer."""
    site = served(qop=["auth"])
    run = wget(USER, PASSWORD, f"{site.base_url}/whoami")
    assert run.exit_code == 0, run.messages
    assert '"algorithm":"MD5"' in run.body.decode()


def test_the_default_offer(served: Serve) -> None:
    """wget logs in with all defaults: qop=auth stands alone, and MD5 last."""
    site = served()
    run = wget(USER, PASSWORD, f"{site.base_url}/whoami")
    assert run.exit_code == 0, run.messages


def test_a_list_of_qops_needs_the_old_form(served: Serve) -> None:
    """Where auth-int is offered too, wget answers without qop (RFC 2069), which passes only where it is allowed."""
    strict, lenient = served(qop=QOP), served(qop=QOP, allow_rfc2069=True)
    refused = wget(USER, PASSWORD, f"{strict.base_url}/whoami")
    assert refused.exit_code == AUTHENTICATION_FAILED
    assert "qop=" not in strict.exchanges()[-1].credentials
    assert strict.exchanges()[-1].status == 401
    accepted = wget(USER, PASSWORD, f"{lenient.base_url}/whoami")
    assert accepted.exit_code == 0, accepted.messages
    assert "qop=" not in lenient.exchanges()[-1].credentials


def test_post_body_arrives_whole(served: Serve, tmp_path: Path) -> None:
    """wget sends its body with the unsigned first try and with the signed second; the app gets the second whole."""
    body = bytes(range(256)) * 1024
    upload = tmp_path / "upload"
    upload.write_bytes(body)
    site = served(qop=["auth"])
    run = wget(USER, PASSWORD, f"--post-file={upload}", f"{site.base_url}/echo")
    assert run.exit_code == 0, run.messages
    assert run.body == body
    assert [exchange.status for exchange in site.exchanges()] == [401, 200]


def test_wrong_password_is_refused(served: Serve) -> None:
    """A wrong password is refused after one try."""
    site = served(qop=["auth"])
    assert wget(USER, "wrong", f"{site.base_url}/whoami").exit_code == AUTHENTICATION_FAILED
    assert [exchange.status for exchange in site.exchanges()] == [401, 401]


def test_second_url_reuses_nothing_that_was_spent(served: Serve) -> None:
    """wget always counts 1, so a second URL on the same connection costs a new nonce, and passes."""
    site = served(qop=["auth"])
    run = wget(USER, PASSWORD, f"{site.base_url}/whoami", f"{site.base_url}/whoami?again")
    assert run.exit_code == 0, run.messages
    signed = [exchange for exchange in site.exchanges() if exchange.status == 200]
    assert [exchange.nc for exchange in signed] == [1, 1]
    assert len({parameter(exchange.credentials, "nonce") for exchange in signed}) == 2
