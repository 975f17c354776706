"""Threads and tasks that share one object, as the library is."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.live

TOGETHER = 40


@pytest.mark.parametrize(
    "strict",
    [{}, {"shared_nonce": "one", "algorithms": ("MD5",)}, {"one_time": True}, {"counting": "rising"}],
    ids=["usual", "one nonce for all", "one-time nonces", "rising counts"],
)
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_together(warm, strict, session, serve):
    """All get in, and no count of a nonce goes out twice."""
    site = serve(**strict)
    if warm:
        assert session.send("GET", f"{site.url}/").status == 200
    outcomes = session.send_all([("GET", f"{site.url}/{number}") for number in range(TOGETHER)])
    assert {outcome.status for outcome in outcomes} == {200}
    assert len(set(site.strict.pairs)) == len(site.strict.pairs)
