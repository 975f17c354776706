"""A client that is refused with an offer of another qop: it signs once more, as it was not the password."""

from __future__ import annotations

import pytest

from digest_http.httpauth import DigestClient


def challenge(number: int, qop: str) -> str:
    """A fresh challenge of the same realm and algorithm."""
    return f'Digest realm="r", nonce="n{number}", qop="{qop}", algorithm=SHA-256'


@pytest.mark.parametrize(
    ("order", "offers", "used"),
    [
        (("auth-int", "auth"), ("auth,auth-int", "auth"), ["auth-int", "auth"]),
        (("auth", "auth-int"), ("auth", "auth-int"), ["auth", "auth-int"]),
        # The qop is the same, so it was the password.
        (("auth-int", "auth"), ("auth", "auth"), ["auth"]),
        (("auth-int", "auth"), ("auth,auth-int", "auth-int"), ["auth-int"]),
        # A server that changes its mind again has been told of the password twice, which is enough.
        (("auth", "auth-int"), ("auth", "auth-int") * 5, ["auth", "auth-int"]),
    ],
)
def test_how_often_it_signs(order: tuple[str, str], offers: tuple[str, ...], used: list[str]) -> None:
    """One call, refused each time."""
    client = DigestClient("alice", "s3cret", qop=order)
    seen = []
    signed = None
    for number, offer in enumerate(offers):
        if not client.challenged(challenge(number, offer), signed):
            break
        signed = client.authorization("POST", "/x", b"body")
        assert signed is not None
        seen.append(str(signed).partition("qop=")[2].partition(",")[0])
    assert seen == used
