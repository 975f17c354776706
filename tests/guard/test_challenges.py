"""The fields of a refusal, and what a refusal brings along for those who answer in plain text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest_http.errors import BodyTooLarge
from digest_http.guard import NO_CREDENTIALS, Guard, Refusal, Refused
from digest_http.httpauth.waiting import at_once
from tests.attacks.driver import REALM, USERS, Headers
from tests.attacks.signing import parameters

DOOR = Guard(USERS, REALM, algorithms=["SHA-256", "MD5"], qop=["auth", "auth-int"])

REASONS = [NO_CREDENTIALS, BodyTooLarge.default_reason, "expired", "grammar"]


def anonymous() -> Refused:
    """What a request without credentials is answered with."""
    outcome = DOOR.check("GET", "/", [])
    assert isinstance(outcome, Refused)
    return outcome


def fields(refused: Refused, auth_only: bool = False) -> Headers:
    """The fields, which nothing has to be awaited for here."""
    found = DOOR.challenge_fields(refused, auth_only, at_once)
    assert isinstance(found, list)
    return found


def shown(found: Headers) -> list[tuple[bytes, dict[str, str]]]:
    """The fields without their nonces, which differ each time."""
    return [(name, {**parameters(value), "nonce": ""}) for name, value in found]


@pytest.mark.parametrize("auth_only", [False, True])
def test_one_refusal_is_known_by_itself(auth_only):
    """That of nobody is not looked at; one that is equal, and is looked at, gets the same challenges."""
    first = anonymous()
    other = Refused(replace(first.refusal))
    assert other.refusal == first.refusal
    assert other.refusal is not first.refusal
    assert shown(fields(first, auth_only)) == shown(fields(other, auth_only))
    assert len(shown(fields(first))) == 2


@given(
    st.sampled_from([401, 400, 413, 429]),
    st.sampled_from(REASONS),
    st.booleans(),
    st.booleans(),
    st.none() | st.just(7),
)
def test_which_fields_a_refusal_has(status, reason, stale, auth_only, retry_after):
    """With 401 challenges, without auth-int where a body is too long for it; with 429 when to try again; else none."""
    found = fields(Refused(Refusal(status, reason, "No.", stale=stale), retry_after=retry_after), auth_only)
    if status != 401:
        assert found == ([] if retry_after is None else [(b"retry-after", b"7")])
        return
    short = auth_only or reason == BodyTooLarge.default_reason
    assert [name for name, _ in found] == [b"www-authenticate"] * 2
    for _, value in found:
        given_ = parameters(value)
        assert given_["qop"] == ("auth" if short else "auth,auth-int")
        assert given_.get("stale", "false") == ("true" if stale else "false")


@given(st.text(st.characters(exclude_categories=())))
@example("no such file: \udc80")
def test_a_refusal_in_plain_text(text):
    """Its body and the fields that describe it are made with it, and are no part of what it is."""
    octets = text.encode("utf-8", "replace") + b"\n"
    refusal = Refusal(400, "grammar", text)
    assert refusal.plain_body == octets
    length = b"%d" % len(octets)
    assert refusal.plain_fields == ((b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length))
    assert repr(refusal) == f"Refusal(status=400, reason='grammar', text={text!r}, stale=False)"
    assert replace(refusal, text="No.").plain_body == b"No.\n"
