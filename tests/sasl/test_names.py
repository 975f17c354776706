"""Names of SASL accounts: one Unicode form on both sides, and what is refused when set."""

from __future__ import annotations

from typing import Any

import pytest

from digest_http.errors import ConfigurationError, LogonDenied
from digest_http.sasl.accounts import at_once, lookup_of
from tests.sasl.user_hash import HA1

COMPOSED, DECOMPOSED = "Jos\u00e9", "Jose\u0301"
BOTH = [COMPOSED, DECOMPOSED]


@pytest.mark.parametrize("downgrade", [True, False])
@pytest.mark.parametrize("typed", BOTH)
@pytest.mark.parametrize("stored", BOTH)
@pytest.mark.parametrize("kind", ["mapping", "function"])
def test_each_spelling_logs_in(pair: Any, kind: str, stored: str, typed: str, downgrade: bool) -> None:
    """However it is stored and typed; a function is asked for Form C; the server says Form C."""
    users: Any = {stored: "secret"} if kind == "mapping" else lambda name, _: "secret" if name == COMPOSED else None
    both = pair(client={"username": typed, "downgrade": downgrade}, server={"users": users}).login()
    assert both.server.username == both.client.username == COMPOSED


@pytest.mark.parametrize("sent", BOTH)
def test_peers_that_send_what_was_typed(pair: Any, sent: str) -> None:
    """What is hashed is what was sent, so a peer that does not normalise logs in too, and may act as himself."""
    both = pair(client={"username": "x"}, server={"users": {DECOMPOSED: "secret"}})
    both.client._username = sent  # noqa: SLF001 - our own client sends Form C only
    both.client.authzid = sent
    both.login()
    assert (both.server.username, both.server.authzid) == (COMPOSED, COMPOSED)


def test_a_challenge_for_latin_1(pair: Any) -> None:
    """Without charset=utf-8 a name in Form D goes out in the octets of ISO 8859-1, which has Form C only."""
    client = pair(client={"username": DECOMPOSED}).client
    assert b'username="Jos\xe9"' in client.step(b'realm="r",nonce="n",algorithm=md5-sess')


@pytest.mark.parametrize("names", [BOTH, ["a:b"], ["alice", "a:b"], [""], ["alice", ""], ["a\nb"], ["a", "b", "c\n"],
                                   ["\x00"], ["\x7f"], [COMPOSED, "a\x85"], [None], [5, "alice"]])  # fmt: skip
def test_mappings_that_are_refused(names: list[Any]) -> None:
    """Two spellings of one name, and names that cannot be told from others when they are hashed."""
    with pytest.raises(ConfigurationError, match="users"):
        lookup_of(dict.fromkeys(names, "secret"))


@pytest.mark.parametrize("names", [[], ["alice"], ["alice", "bob"], [COMPOSED, "bob"], [DECOMPOSED, "bob"]])
def test_mappings_stay_the_callers_own(names: list[str]) -> None:
    """What changes in a mapping counts at the next login."""
    users: dict[str, str | bytes] = dict.fromkeys(names, "secret")
    find = lookup_of(users)
    users["carol"] = "new"
    assert at_once(find("carol", "r")) == "new"
    if DECOMPOSED in names:
        assert at_once(find(COMPOSED, "r")) == "secret"
        del users[DECOMPOSED]
        assert at_once(find(COMPOSED, "r")) is None


def test_a_wrong_password_is_wrong_in_either_form(pair: Any) -> None:
    """The same refusal as for anybody."""
    with pytest.raises(LogonDenied):
        pair(client={"username": DECOMPOSED, "password": "wrong"}, server={"users": {COMPOSED: "secret"}}).login()


@pytest.mark.parametrize("ha1", [None, HA1])
def test_a_client_with_a_colon(pair: Any, ha1: Any) -> None:
    """It is refused whatever it would log in with, and the error does not show what stands behind the colon."""
    with pytest.raises(ConfigurationError) as caught:
        pair(client={"username": "chris:s3cret", "ha1": ha1, "password": None if ha1 else "x"})
    assert "s3cret" not in str(caught.value)
