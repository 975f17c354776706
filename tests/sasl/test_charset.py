"""Which octets are hashed, and that each kind of client gets in."""

from __future__ import annotations

import pytest

from digest_http.errors import LogonDenied, MalformedField
from digest_http.sasl import charset

NAMES = ["chris", "Zoë", "Ωmega", "и你🂡", 'a\\b"c']


@pytest.mark.obeys("sasl-charset")
@pytest.mark.parametrize(
    ("text", "octets"), [("abc", b"abc"), ("Zoë", b"Zo\xeb"), ("ÿ", b"\xff"), ("Āa", b"\xc4\x80a")]
)
def test_downgrade(text, octets):
    """ISO 8859-1 when every character fits, else UTF-8 as it was."""
    assert charset.downgrade(text.encode()) == octets


@pytest.mark.obeys("sasl-charset")
@pytest.mark.parametrize(
    ("utf8", "downgraded", "octets"),
    [(True, True, b"\xeb"), (True, False, b"\xc3\xab"), (False, True, b"\xeb"), (False, False, b"\xeb")],
)
def test_what_a_client_hashes(utf8, downgraded, octets):
    """The downgrade can be turned off; without charset all is ISO 8859-1."""
    assert charset.hashed("ë", utf8=utf8, downgraded=downgraded) == octets


def test_octets_that_are_no_utf8_stay():
    """What cannot be read cannot be converted."""
    assert charset.downgrade(b"\xff\xfe") == b"\xff\xfe"


def test_ascii_has_one_form_as_often_as_others_have_three():
    """The number of forms tells nothing of the password."""
    assert charset.candidates(b"chris", b"realm", "secret") == [(b"chris", b"realm", b"secret")] * 3


def test_forms_of_the_three_kinds_of_client():
    """JDK and Cyrus first, then UTF-8, then GNU SASL."""
    assert charset.candidates("ë".encode(), b"r", "ü") == [
        (b"\xeb", b"r", b"\xfc"),
        ("ë".encode(), b"r", "ü".encode()),
        ("ë".encode(), b"r", b"\xfc"),
    ]


@pytest.mark.parametrize("downgrade", [True, False])
@pytest.mark.parametrize("password", NAMES)
@pytest.mark.parametrize("username", NAMES)
def test_any_name_and_password(pair, username, password, downgrade):
    """With the downgrade and without it."""
    both = pair(
        client={"username": username, "password": password, "downgrade": downgrade},
        server={"users": {username: password}, "realms": "Königreich"},
    ).login()
    assert both.server.username == username
    assert both.server.realm == "Königreich"


def test_a_wrong_password_fails_in_every_form(pair):
    """Trying the forms lets nothing else in."""
    both = pair(client={"username": "Zoë", "password": "ü"}, server={"users": {"Zoë": "ÿ"}})
    response = both.client.step(both.server.step())
    with pytest.raises(LogonDenied):
        both.server.step(response)


def test_composed_and_decomposed_names_are_one(pair):
    """Names and passwords are hashed in Normalization Form C."""
    pair(client={"password": "e\u0301"}, server={"users": {"chris": "\u00e9"}}).login()


def test_without_charset_names_are_latin1(pair):
    """A server that offers no charset gets ISO 8859-1, and no charset back."""
    both = pair(client={"username": "Zoë", "password": "ü"}, server={"users": {"Zoë": "ü"}})
    token = both.server.step().replace(b"charset=utf-8,", b"")
    response = both.client.step(token)
    assert b'username="Zo\xeb"' in response
    assert b"charset" not in response
    both.client.step(both.server.step(response))
    assert both.server.username == "Zoë"


def test_without_charset_other_names_are_refused(pair):
    """What ISO 8859-1 has not is an error that does not show the password."""
    both = pair(client={"password": "🂡secret"})
    with pytest.raises(MalformedField) as caught:
        both.client.step(both.server.step().replace(b"charset=utf-8,", b""))
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None
