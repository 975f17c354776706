"""digest-http probe of servers that people run: what it finds there, and that it agrees with what is known of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest

from tests.cli.probed import probe, run
from tests.live.httpd import httpd
from tests.live.lighttpd import lighttpd
from tests.live.serving import serve

pytestmark = pytest.mark.live

TAKEN = {"accepted", "next-taken", "gap-taken", "back-taken"}


@contextmanager
def ours(folder, **policy):
    """Our middleware under uvicorn."""
    with serve(folder, **policy) as served:
        yield f"{served.base_url}/whoami"


#: Policy of our middleware -> exit status, and findings besides those that all have.
POLICIES: dict[str, tuple[dict[str, Any], int, set[str]]] = {
    "default": ({}, 0, {"strong-hash", "proof-right", "replay-refused", *TAKEN}),
    "auth-int": ({"qop": ["auth-int"]}, 0, {"strong-hash", "auth-int-only", "proof-right", "replay-refused", *TAKEN}),
    "MD5": ({"algorithms": ["MD5"]}, 3, {"md5-only", "proof-right", "replay-refused", *TAKEN}),
    "strict": ({"sequence": "strict"}, 0,
               {"strong-hash", "accepted", "proof-right", "next-taken", "gap-refused", "replay-refused"}),
    "userhash": ({"userhash": True}, 0, {"strong-hash", "userhash", "proof-right", "replay-refused", *TAKEN}),
}  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_our_middleware(name, tmp_path):
    """Nothing weak but what the settings ask for."""
    policy, status, keys = POLICIES[name]
    with ours(tmp_path, **policy) as url:
        found = probe(url, "--wrong-password")
    assert (found[0], set(found[1]) - {"plain-http", "choice", "wrong-refused"}) == (status, keys)


@pytest.mark.parametrize(
    ("nonces", "keys"),
    [
        ("default", {"replay-taken", *TAKEN}),
        ("counted", {"accepted", "next-taken", "replay-refused"}),
        ("one-time", {"accepted", "nextnonce-taken", "replay-refused"}),
    ],
)
def test_httpd(nonces, keys):
    """Apache as it comes takes a header twice; told to count, or to take a nonce once, it does not."""
    with httpd(nonces) as server:
        status, found, report = probe(server.page_url)
    assert status == 3  # MD5 is all it has
    assert keys | {"md5-only", "proof-right"} <= set(found)
    assert "replay-taken" in keys or "replay-taken" not in found
    assert any("Apache httpd" in finding["text"] for finding in report["findings"])


@pytest.mark.parametrize(("algorithm", "key"), [("MD5", "md5-only"), ("SHA-256", "strong-hash")])
def test_lighttpd(algorithm, key):
    """It keeps no counts, and proves nothing."""
    with lighttpd(algorithm) as server:
        status, found, report = probe(server.page_url)
        assert run("get", server.page_url).stdout == server.page
    assert status == 3
    assert {key, "proof-missing", "replay-taken", *TAKEN} <= set(found)
    assert any("lighttpd" in finding["text"] for finding in report["findings"])
