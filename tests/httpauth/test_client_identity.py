"""Who the client is: the settings that are refused, the octets that are hashed, the cache of H(A1)."""

import hashlib
import pickle

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError
from digest_http.httpauth import client_identity as module
from digest_http.httpauth.client_identity import Identity

MD5, SHA = by_name("MD5"), by_name("SHA-256")

CHARSET = "write a charset that Python has, for instance charset='latin-1'"
NAME = "which is not allowed in a user name; write a user name as text, for instance 'alice'"
OCTETS = "which is not allowed in a user name; write another, for instance username=b'alice'"
COLON = (
    "which is not allowed in a user name: with its realm it could have the hash of another user; write a name without "
    "a colon, for instance 'alice'"
)


def user_hash(*parts):
    """H(name ":" realm ":" password) in hex, by hand."""
    return hashlib.md5(b":".join(parts), usedforsecurity=False).hexdigest().encode()


@pytest.mark.parametrize(("username", "password", "settings", "text"), [
    ("u", "p", {"charset": "utf-12"}, f"charset is 'utf-12'; {CHARSET}"),
    ("u", "p", {"charset": None}, f"charset is None; {CHARSET}"),
    ("u", "p", {"charset": "\u00e9"}, f"charset is '\u00e9'; {CHARSET}"),
    ("u", "p", {"charset": "hex"}, f"charset is 'hex'; {CHARSET}"),
    ("\u044f", "p", {"charset": "latin-1"}, "the user name has characters that iso8859-1 does not have; write others"),
    ("u", "\u044f", {"charset": "latin-1"}, "the password has characters that iso8859-1 does not have; write others"),
    ("\ud800", "p", {}, f"username has half of a surrogate pair, {NAME}"),
    ("u", "\ud800", {}, "the password has characters that utf-8 does not have; write others"),
    ("u", "\ud800", {"charset": "utf-16"}, "the password has characters that utf-16 does not have; write others"),
    ("u\n", "p", {}, f"username has a control character, {NAME}"),
    ("", "p", {}, "username is empty; write a user name as text, for instance 'alice'"),
    ("u:s3cret", "p", {}, f"username has a colon, {COLON}"),
    (b"u\x00", b"p", {}, f"username has a control character, {OCTETS}"),
    (b"u:s3cret", b"p", {}, f"username has a colon, {OCTETS}"),
    (b"", b"p", {}, "username is empty; write another, for instance username=b'alice'"),
    ("u", None, {}, "password is of the type NoneType; write text or octets"),
    ("u", lambda: "p", {}, "password is of the type function; write text or octets"),
])  # fmt: skip
def test_settings_that_cannot_work(username, password, settings, text):
    """Each is refused with a sentence of its own, which quotes neither name nor password, and without a context."""
    with pytest.raises(ConfigurationError) as caught:
        Identity(username, password, **settings)
    assert str(caught.value) == text
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_control_character_in_the_password_is_hashed():
    """Only the name stands in a header field."""
    assert Identity("u", "p\n").ha1(MD5, b"r", "utf-8") == user_hash(b"u", b"r", b"p\n")


@pytest.mark.obeys("charset-is-utf8")
def test_the_charset_of_the_challenge_decides():
    """UTF-8 where the challenge says so, else the charset of the setting, which is UTF-8 unless given."""
    assert Identity("u", "p").charset_for(utf8=False) == "utf-8"
    latin = Identity("\u00e9", "\u00fc", charset="Latin-1")
    assert (latin.charset, latin.charset_for(utf8=True), latin.charset_for(utf8=False)) == (
        "iso8859-1",
        "utf-8",
        "iso8859-1",
    )
    assert latin.name_octets("iso8859-1") == b"\xe9"
    assert latin.name_octets("utf-8") == b"\xc3\xa9"
    assert latin.ha1(MD5, b"r", "iso8859-1") == user_hash(b"\xe9", b"r", b"\xfc")
    assert latin.ha1(MD5, b"r", "utf-8") == user_hash(b"\xc3\xa9", b"r", b"\xc3\xbc")


def test_octets_are_hashed_as_they_stand():
    """A name and a password in octets are no charset's business; the name is shown as text all the same."""
    octets = Identity(b"\xe9", b"\xfc", charset="utf-8")
    assert (octets.is_text, octets.username) == (False, "\u00e9")
    assert (Identity("\u00e9", b"p").is_text, Identity("\u00e9", b"p").username) == (True, "\u00e9")
    for charset in ("utf-8", "iso8859-1"):
        assert octets.name_octets(charset) == b"\xe9"
        assert octets.ha1(MD5, b"r", charset) == user_hash(b"\xe9", b"r", b"\xfc")


def test_each_hash_realm_and_charset_has_its_own_h_a1():
    """What is cached for one of them is never taken for another."""
    identity = Identity("\u00e9", "\u00fc")
    keys = [(algorithm, realm, charset) for algorithm in (MD5, SHA) for realm in (b"r", b"s")
            for charset in ("utf-8", "latin-1")]  # fmt: skip
    found = [identity.ha1(*key) for key in keys]
    assert len(set(found)) == len(keys)
    assert [identity.ha1(*key) for key in keys] == found
    assert identity.ha1(by_name("MD5-sess"), b"r", "utf-8") is identity.ha1(MD5, b"r", "utf-8")


def test_the_cache_is_bounded(monkeypatch):
    """A server that names a new realm each time does not fill the memory, and gets right answers all the time."""
    monkeypatch.setattr(module, "MAX_CACHED", 3)
    identity = Identity("u", "p")
    for number in range(10):
        realm = b"%d" % number
        assert identity.ha1(MD5, realm, "utf-8") == user_hash(b"u", realm, b"p")
        assert len(identity._ha1) == number % 3 + 1  # noqa: SLF001 - the bound shows nowhere else


def test_it_is_shown_without_its_password_and_never_pickled():
    """The name alone is shown, in ASCII; a pickle is refused with what to do instead."""
    identity = Identity("\u00e9", "s3cret")
    assert repr(identity) == r"<Identity '\xe9'>"
    with pytest.raises(TypeError) as caught:
        pickle.dumps(identity)
    assert str(caught.value) == (
        "credentials cannot be pickled: a pickle would contain the password. Make new ones from your settings"
    )
