"""curl, the most used Digest client, against the middleware under uvicorn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.by_hand import response
from tests.live.commands import curl, curl_digest
from tests.live.serving import ODD_TARGETS, PASSWORD, REALM, USER, Serve, parameter

pytestmark = pytest.mark.live


def test_md5_only(served: Serve) -> None:
    """Where only MD5 is offered, curl logs in with MD5."""
    site = served(algorithms=["MD5"])
    run = curl_digest(USER, PASSWORD, f"{site.base_url}/whoami")
    assert run.statuses == [200]
    first, second = site.exchanges()
    assert [parameter(value, "algorithm") for value in first.www_authenticate] == ["MD5"]
    assert parameter(second.credentials, "algorithm") == "MD5"


def test_default_offer_is_answered_with_sha256(served: Serve) -> None:
    """Of the default offer curl takes the first challenge, which is SHA-256, and the app learns who logged in."""
    site = served()
    run = curl_digest(USER, PASSWORD, f"{site.base_url}/whoami")
    assert run.statuses == [200]
    assert run.body.decode() == f'{{"username":"{USER}","realm":"{REALM}","algorithm":"SHA-256","qop":"auth"}}'
    first, second = site.exchanges()
    assert [parameter(value, "algorithm") for value in first.www_authenticate] == ["SHA-256", "MD5"]
    assert parameter(second.credentials, "algorithm") == "SHA-256"


def test_success_carries_the_right_rspauth(served: Serve) -> None:
    """An accepted request is answered with the rspauth, cnonce and nc that belong to it; a 401 is not."""
    site = served()
    curl_digest(USER, PASSWORD, f"{site.base_url}/whoami")
    first, second = site.exchanges()
    assert first.authentication_info == []
    (info,) = second.authentication_info
    assert parameter(f"Digest {info}", "rspauth") == response(second.credentials, PASSWORD, method="")
    assert parameter(f"Digest {info}", "cnonce") == parameter(second.credentials, "cnonce")
    assert parameter(f"Digest {info}", "nc") == "00000001"


def test_second_request_on_a_connection_counts_on(served: Serve) -> None:
    """Redirected on a connection, curl signs the next request unasked, with the same nonce and the next count."""
    site = served()
    run = curl_digest(USER, PASSWORD, "--location", f"{site.base_url}/moved")
    assert run.statuses == [200]
    assert [exchange.status for exchange in site.exchanges()] == [401, 307, 200]
    _challenged, first, second = site.exchanges()
    assert [first.nc, second.nc] == [1, 2]
    assert parameter(first.credentials, "nonce") == parameter(second.credentials, "nonce")
    assert first.client_port == second.client_port


def test_second_url_on_a_connection(served: Serve) -> None:
    """For a second URL curl starts anew on the same connection, without a trace of the first login in its way."""
    site = served()
    run = curl_digest(USER, PASSWORD, f"{site.base_url}/whoami", f"{site.base_url}/whoami?again")
    assert run.statuses == [200, 200]
    assert [exchange.status for exchange in site.exchanges()] == [401, 200, 401, 200]
    assert len({exchange.client_port for exchange in site.exchanges()}) == 1


@pytest.mark.parametrize("login", ["--digest", "--anyauth"])
def test_post_body_arrives_whole(served: Serve, tmp_path: Path, login: str) -> None:
    """A body is whole at the app after the retry, whether the first try came empty (--digest) or full (--anyauth)."""
    body = bytes(range(256)) * 1024
    upload = tmp_path / "upload"
    upload.write_bytes(body)
    site = served()
    run = curl(login, "--user", f"{USER}:{PASSWORD}", "--data-binary", f"@{upload}", f"{site.base_url}/echo")
    assert run.statuses == [200]
    assert run.body == body
    assert [exchange.status for exchange in site.exchanges()] == [401, 200]


def test_wrong_password_is_refused(served: Serve) -> None:
    """A wrong password ends in 401 after one try, without stale=true, which would make a client try again."""
    site = served()
    run = curl_digest(USER, "wrong", f"{site.base_url}/whoami")
    assert run.statuses == [401]
    first, second = site.exchanges()
    assert [first.status, second.status] == [401, 401]
    assert not any("stale" in value.lower() for value in second.www_authenticate)
    assert second.authentication_info == []


def test_unknown_user_is_refused(served: Serve) -> None:
    """A user that nobody knows is answered just as a wrong password is."""
    site = served()
    assert curl_digest("mallory", "", f"{site.base_url}/whoami").statuses == [401]
    assert [exchange.status for exchange in site.exchanges()] == [401, 401]


def test_auth_int_without_a_body(served: Serve) -> None:
    """Where only auth-int is offered, curl logs in with it as long as there is no body."""
    site = served(qop=["auth-int"])
    assert curl_digest(USER, PASSWORD, f"{site.base_url}/whoami").statuses == [200]
    assert parameter(site.exchanges()[-1].credentials, "qop") == "auth-int"


def test_auth_int_refuses_a_body_that_was_not_hashed(served: Serve) -> None:
    """curl hashes an empty body for auth-int whatever it sends, so a POST with a body does not pass."""
    site = served(qop=["auth-int"])
    assert curl_digest(USER, PASSWORD, "--data", "paid=1000", f"{site.base_url}/echo").statuses == [401]


def test_userhash(served: Serve) -> None:
    """With userhash=true in the challenge curl sends no name in clear, and the app still learns it."""
    site = served(userhash=True)
    run = curl_digest(USER, PASSWORD, f"{site.base_url}/whoami")
    assert run.statuses == [200]
    assert f'"username":"{USER}"' in run.body.decode()
    assert parameter(site.exchanges()[-1].credentials, "username") != USER


@pytest.mark.parametrize("target", ODD_TARGETS.values(), ids=ODD_TARGETS)
def test_odd_target(served: Serve, target: str) -> None:
    """A target passes as curl writes it, in the request line and in uri."""
    site = served()
    assert curl_digest(USER, PASSWORD, "--path-as-is", "--globoff", site.base_url + target).statuses == [200]
    last = site.exchanges()[-1]
    assert f'uri="{last.target}"' in last.credentials


def test_captured_header_is_refused(served: Serve) -> None:
    """An Authorization header that was accepted once is refused when someone else sends it again."""
    site = served()
    assert curl_digest(USER, PASSWORD, f"{site.base_url}/whoami").statuses == [200]
    captured = site.exchanges()[-1].credentials
    replay = curl("--header", f"Authorization: {captured}", f"{site.base_url}/whoami")
    assert replay.statuses == [401]
    assert site.exchanges()[-1].authorization == [captured]


def test_captured_header_is_refused_for_another_target(served: Serve) -> None:
    """A header captured before it was used is worth nothing for another target; 400 keeps clients from trying again."""
    site = served()
    curl_digest(USER, PASSWORD, f"{site.base_url}/whoami")
    captured = site.exchanges()[-1].credentials
    assert curl("--header", f"Authorization: {captured}", f"{site.base_url}/whoami?as=root").statuses == [400]


def test_stale_nonce_is_refreshed(served: Serve) -> None:
    """A right answer on a nonce that has run out gets stale=true."""
    site = served(nonce_lifetime=300)
    curl_digest(USER, PASSWORD, f"{site.base_url}/whoami")
    captured = site.exchanges()[-1].credentials
    site.advance_clock(301)
    curl("--header", f"Authorization: {captured}", f"{site.base_url}/whoami")
    late = site.exchanges()[-1]
    assert late.status == 401
    assert [parameter(value, "stale").lower() for value in late.www_authenticate] == ["true", "true"]
