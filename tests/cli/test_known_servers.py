"""What a probe knows of servers and devices: each row is found by an answer of its kind, and by no ordinary one."""

import re

import pytest

from digest_http_client_auth.command.probing.answer import Answer
from digest_http_client_auth.command.probing.known_servers import KNOWN, recognised

CHALLENGE = b'Digest realm="%s", nonce="%s", domain="%s", qop="auth", algorithm=%s'
PLAIN = {"realm": b"home", "nonce": b"abc", "domain": b"/", "algorithm": b"SHA-256"}


def answer(server=b"nginx", field=b"WWW-Authenticate", **values):
    """A 401 with these values in its challenge."""
    parts = {**PLAIN, **values}
    return Answer(401, ((b"Server", server), (field, CHALLENGE % tuple(parts.values()))))


#: Name in the table -> an answer that has its mark.
SEEN = {
    "a Hikvision camera": answer(domain=b"::"),
    "a device with the GoAhead web server": answer(domain=b":81"),
    "the GoAhead web server": answer(server=b"GoAhead-http"),
    "a Fronius inverter": answer(field=b"X-WWW-Authenticate"),
    "an Enphase gateway": answer(realm=b"enphaseenergy.com"),
    "Microsoft IIS": answer(nonce=b"+Upgraded+v1e0"),
    "httpbin": answer(algorithm=b"SHA-512"),
    "lighttpd": answer(server=b"lighttpd/1.4.69"),
    "Apache httpd": answer(server=b"Apache/2.4.66 (Debian)"),
    "CherryPy": answer(server=b"CherryPy/18.9.0"),
    "Twisted": answer(server=b"TwistedWeb/24.3.0"),
    "WsgiDAV": answer(server=b"WsgiDAV/4.3.3 Cheroot/10"),
    "Jetty": answer(server=b"Jetty(12.0.1)"),
}


def test_every_row_has_a_mark_of_its_own():
    """The answers above name every row of the table once, and the row alone."""
    assert [row.name for row in KNOWN] == list(SEEN)
    for name, seen in SEEN.items():
        (found,) = recognised(seen)
        assert found.text.startswith(f"This looks like {name}. ")


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
def test_a_row_names_its_source_and_says_a_sentence(row):
    """A report, an advisory, or the file of code that shows it; and whole sentences."""
    assert re.search(r"#\d+|CVE-|\.(?:py|c|java)$|public repositories", row.source)
    assert row.says.endswith(".")


@pytest.mark.parametrize(
    "ordinary",
    [
        answer(),
        answer(server=b"not-lighttpd"),
        answer(server=b"Apache-Coyote/1.1"),
        answer(domain=b"/a /b"),
        answer(algorithm=b"SHA-512-256"),
        answer(realm=b"my enphaseenergy.com"),
        Answer(401, ((b"X-WWW-Authenticate", b"Basic"),)),
        Answer(200, ()),
    ],
    ids=range(8),
)
def test_nothing_is_said_of_others(ordinary):
    """A name that only looks alike, or a field without a Digest challenge, is not taken for a device."""
    assert list(recognised(ordinary)) == []
