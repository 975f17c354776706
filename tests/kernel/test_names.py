"""User names and realms as settings: their one form, and what is refused."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError
from digest_http.names import distinct_names, realm_name, spellings, user_name

#: One name in Form C, in Form D, and with a character that only stands for another (Å as the unit of length).
COMPOSED, DECOMPOSED, SINGLETON = "\u00c5sa", "A\u030asa", "\u212bsa"


@given(st.text())
def test_whatever_is_taken_is_hashable(text: str) -> None:
    """A name that is taken is in Form C, can be written in UTF-8, and holds no colon and no control character."""
    try:
        name = user_name(text)
    except ConfigurationError:
        assert not text or ":" in text or any(unicodedata.category(c) in {"Cc", "Cs"} for c in text)
    else:
        assert unicodedata.is_normalized("NFC", name)
        assert name.encode()
        assert realm_name(text) == name


@pytest.mark.parametrize("spelt", [COMPOSED, DECOMPOSED, SINGLETON])
def test_one_form(spelt: str) -> None:
    """However it is spelt, it is one name and one realm."""
    assert user_name(spelt) == realm_name(spelt) == nfc(spelt) == COMPOSED
    assert spellings(spelt) == (COMPOSED, DECOMPOSED)
    assert spellings("alice") == ("alice",)


@pytest.mark.parametrize("pair", [(COMPOSED, DECOMPOSED), (DECOMPOSED, SINGLETON), (SINGLETON, COMPOSED)])
def test_two_spellings(pair: tuple[str, str]) -> None:
    """Two spellings of one name are refused; one is kept beside others, with how it was given."""
    with pytest.raises(ConfigurationError, match="twice, in two Unicode forms"):
        distinct_names(["alice", *pair])
    assert distinct_names(["alice", pair[0]]) == {"alice": "alice", COMPOSED: pair[0]}


@pytest.mark.parametrize("realm", ["a:b", "IP Camera(C3138)", " ", "\u2028"])
def test_realms_that_may_be(realm: str) -> None:
    """A realm may hold colons: the name before it does not."""
    assert realm_name(realm) == realm


def test_errors_show_no_password() -> None:
    """What stands behind a colon was perhaps a password; a client's own name is not shown at all."""
    for shown in (True, False):
        with pytest.raises(ConfigurationError) as caught:
            user_name("alice:s3cret", shown=shown)
        assert "s3cret" not in str(caught.value)
        assert ("alice:..." in str(caught.value)) is shown
    with pytest.raises(ConfigurationError) as caught:
        user_name("s3cret\n", shown=False)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("wrong", [None, 5, b"alice", ["alice"], object()])
def test_what_is_no_text(wrong: Any) -> None:
    """It is called by its type where it may be anything."""
    for check in (user_name, realm_name):
        with pytest.raises(ConfigurationError, match="for instance"):
            check(wrong)


#: Whole messages; what an error may not quote is in none of them.
SENTENCES = [
    (lambda: user_name(5), "username is 5; write a user name as text, for instance 'alice'"),
    (lambda: user_name(""), "username is empty; write a user name as text, for instance 'alice'"),
    (
        lambda: user_name("a:b"),
        (
            "username has 'a:...', with a colon, which is not allowed in a user name: with its realm it could have the "
            "hash of another user; write a name without a colon, for instance 'alice'"
        ),
    ),
    (
        lambda: user_name("a:b", "x", shown=False),
        (
            "x has a colon, which is not allowed in a user name: with its realm it could have the hash of another "
            "user; write a name without a colon, for instance 'alice'"
        ),
    ),
    (
        lambda: user_name("é\n"),
        (
            r"username has '\xe9\n', with a control character, which is not allowed in a user name; write a user "
            "name as text, for instance 'alice'"
        ),
    ),
    (
        lambda: user_name("\x7f", shown=False),
        (
            "username has a control character, which is not allowed in a user name; write a user name as text, for "
            "instance 'alice'"
        ),
    ),
    (lambda: realm_name(None), "realm is None; write a realm as text, for instance 'Members'"),
    (
        lambda: realm_name("\ud800"),
        (
            r"realm has '\ud800', with half of a surrogate pair, which is not allowed in a realm; write a realm as "
            "text, for instance 'Members'"
        ),
    ),
    (lambda: distinct_names([""]), "a name in users is empty; write a user name as text, for instance 'alice'"),
    (
        lambda: distinct_names([COMPOSED, DECOMPOSED]),
        (
            rf"users has the name '{COMPOSED}' twice, in two Unicode forms ('\xc5sa' and 'A\u030asa'); leave "
            rf"one of them "
            "out"
        ),
    ),
]


@pytest.mark.parametrize(("refused", "sentence"), SENTENCES, ids=[f"sentence {n}" for n in range(len(SENTENCES))])
def test_the_whole_sentence(refused: Any, sentence: str) -> None:
    """What was given, and what to write."""
    with pytest.raises(ConfigurationError) as caught:
        refused()
    assert str(caught.value) == sentence
