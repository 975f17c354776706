"""What a client can put into a log record: no line of its own, no escape sequence, no text that reads backwards."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.encoding import printable
from tests.attacks.driver import Server
from tests.attacks.signing import ha1

#: One of each kind of character that must not reach a log as it is: C0, DEL, C1, separators, direction marks, blanks
#: that are none, invisible ones, half a surrogate pair, private and unassigned ones.
BAD = {
    "\n": r"\n", "\r": r"\r", "\t": r"\t", "\x00": r"\x00", "\x1b": r"\x1b", "\x7f": r"\x7f", "\x80": r"\x80",
    "\x85": r"\x85", "\x9b": r"\x9b", "\xa0": r"\xa0", "\xad": r"\xad", "\u061c": r"\u061c", "\u200b": r"\u200b",
    "\u200e": r"\u200e", "\u2028": r"\u2028", "\u2029": r"\u2029", "\u202e": r"\u202e", "\u2066": r"\u2066",
    "\u3000": r"\u3000", "\ufeff": r"\ufeff", "\ud800": r"\ud800", "\ue000": r"\ue000",
    "\U000e0001": r"\U000e0001",
}  # fmt: skip

#: Names that a header field can carry hold these of them: obs-text, and whatever UTF-8 spells but C0 and DEL.
IN_NAMES = [c for c in BAD if c >= "\x80" and not "\ud800" <= c <= "\udfff"]


@pytest.fixture
def shown(caplog):
    """The last record as a plain formatter would write it, and its fields."""
    caplog.set_level(logging.DEBUG)
    formatter = logging.Formatter("%(levelname)s %(message)s %(digest_client)s %(digest_path)s %(digest_username)s")

    def last():
        record = caplog.records[-1]
        return formatter.format(record), vars(record)

    return last


@pytest.mark.parametrize("character", BAD)
def test_each_kind_is_escaped(character):
    """One escape for each character, and nothing else is changed or lost."""
    assert printable(f"a{character}b{character}") == f"a{BAD[character]}b{BAD[character]}"


@pytest.mark.parametrize("text", ["", "alice", "a b", "Zoë", "и你🂡", "back\\slash", 'it\'s "so"', "/x%0a?y"])
def test_readable_text_stays(text):
    """What can be read is not changed, so that a lockout counts the names that the source of users knows."""
    assert printable(text) == text


@given(st.text())
def test_any_text_is_one_line(text):
    """Whatever comes, it is one printable line that a log in UTF-8 can hold, and tells different texts apart."""
    escaped = printable(text)
    assert escaped.isprintable()
    assert len(escaped.splitlines()) <= 1
    assert escaped.encode().decode() == escaped
    if "\\" not in text:
        assert escaped.encode("latin-1", "backslashreplace").decode("unicode_escape") == text


@pytest.mark.parametrize("character", BAD)
def test_the_path(shown, character):
    """The path is decoded by the server, so %0a is a line feed in it."""
    server = Server()
    server.request("GET", "/x", path=f"/x{character}INFO accepted")
    text, fields = shown()
    assert text.isprintable()
    assert fields["digest_path"] == f"/x{BAD[character]}INFO accepted"


@pytest.mark.parametrize("character", BAD)
def test_the_address(shown, character):
    """Behind a proxy the address is what a header said."""
    Server().request("GET", "/x", client=(f"192.0.2.7{character}", 1))
    text, fields = shown()
    assert text.isprintable()
    assert fields["digest_client"] == f"192.0.2.7{BAD[character]}"


@pytest.mark.parametrize("extended", [False, True], ids=["username", "username*"])
@pytest.mark.parametrize("character", IN_NAMES)
@pytest.mark.parametrize("outcome", ["accepted", "unknown-user", "wrong-digest", "users-down"])
def test_the_name(shown, character, extended, outcome):
    """Refused, accepted or not looked up: the name is escaped, in the traceback of a source that quotes it as well."""
    name = f"al{character}ice"

    def down(username, *_arguments):
        raise OSError(f"no route for {username}")

    def password_of(username, realm, algorithm):
        """A source of the application's own may have such names; ours have none."""
        password = {"accepted": "s3cret", "wrong-digest": "other"}.get(outcome)
        return password and ha1(algorithm.name, username, realm, password)

    server = Server(users=down if outcome == "users-down" else password_of)
    signer = server.signer(name)
    late: dict[str, str | None] = {}
    if extended:
        quoted = "".join(f"%{octet:02X}" for octet in name.encode())
        late = {"username": None, "username*": f"UTF-8''{quoted}"}
    field = signer.sign(late=late)
    if not extended:
        field = field.replace(name.encode("latin-1", "ignore"), name.encode())
    response = server.request("GET", "/x", field)
    text, fields = shown()
    if extended and character < "\xa0":  # username* may hold no control character: there is no name then
        assert (response.status, fields["digest_username"]) == (400, None)
        return
    assert fields["digest_reason"] == outcome
    assert fields["digest_username"] == f"al{BAD[character]}ice"
    assert all(line.isprintable() for line in text.split("\n"))
    assert (f"no route for al{BAD[character]}ice" in text) == (outcome == "users-down")


def test_a_traceback_is_still_one(shown):
    """The cause is on the record for handlers that want it, and its lines stay lines."""

    def down(*_arguments):
        raise OSError("no route\nto the directory") from ValueError("first")

    server = Server(users=down)
    server.get(server.signer())
    text, fields = shown()
    assert isinstance(fields["exc_info"][1], OSError)
    lines = text.split("\n")
    assert lines[1].startswith("ValueError: first") or lines[1].startswith("Traceback")
    assert "Traceback (most recent call last):" in lines
    assert lines[-2:] == ["OSError: no route", "to the directory"]
    assert fields["funcName"] == "log_refused"
