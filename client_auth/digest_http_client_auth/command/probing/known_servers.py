"""Servers and devices that can be recognised by their answer, and what is known of their Digest.

Each row has its source: somebody's report, an advisory, or the code that shows it. A row says what is known of the
kind; the probe itself says what this server does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from digest_http.challenge import Challenge

from .answer import Answer
from .findings import Finding, finding

__all__ = ["KNOWN", "Known", "recognised"]

#: Where a row looks: the Server field, a value of the challenge, or the name of the field that the challenge is in.
Place = Literal["server", "realm", "nonce", "domain", "algorithm", "field"]


class Known(NamedTuple):
    """One kind of server. `pattern` is searched for in the octets of `place`, in any case of letters."""

    name: str
    place: Place
    pattern: bytes
    says: str
    source: str


KNOWN: Final = (
    Known(
        "a Hikvision camera", "domain", rb"\A::\Z",
        "Its domain names nothing; it has to be read as absent.", "challenges printed in many public repositories",
    ),
    Known(
        "a device with the GoAhead web server", "domain", rb"\A:[0-9]+\Z",
        "Its domain names nothing; it has to be read as absent.", "challenges printed in many public repositories",
    ),
    Known(
        "the GoAhead web server", "server", rb"\AGoAhead",
        "Before 5.1.2 it takes a header that was overheard for five minutes.", "CVE-2020-15688",
    ),
    Known(
        "a Fronius inverter", "field", rb"\Ax-www-authenticate\Z",
        'Its challenge stands in X-WWW-Authenticate; in Python write challenge_header="X-WWW-Authenticate".',
        "encode/httpx#3306",
    ),
    Known(
        "an Enphase gateway", "realm", rb"\Aenphaseenergy\.com\Z",
        "Some of them drop the connection unless the first request is signed already; learn() of DigestAuth helps.",
        "aio-libs/aiohttp#11128",
    ),
    Known(
        "Microsoft IIS", "nonce", rb"\A\+Upgraded\+",
        "It wants one cnonce for the whole session, as ours sends it.", "curl/curl#9074",
    ),
    Known(
        "httpbin", "algorithm", rb"\ASHA-512\Z",
        "No standard has this algorithm for HTTP; it was taken for SHA-512-256.", "postmanlabs/httpbin#60",
    ),
    Known(
        "lighttpd", "server", rb"\Alighttpd",
        "It keeps no counts: a header is taken again for ten minutes. It sends no proof.", "lighttpd, src/mod_auth.c",
    ),
    Known(
        "Apache httpd", "server", rb"\AApache(?:/|\Z)",
        "mod_auth_digest looks at counts only with AuthDigestNcCheck On, and has MD5 only.",
        "httpd, modules/aaa/mod_auth_digest.c",
    ),
    Known(
        "CherryPy", "server", rb"\ACherryPy",
        "It keeps no counts: a header is taken again for ten minutes.", "CherryPy, lib/auth_digest.py",
    ),
    Known(
        "Twisted", "server", rb"\ATwistedWeb",
        "It keeps no counts: a header is taken again for fifteen minutes.", "Twisted, cred/credentials.py",
    ),
    Known(
        "WsgiDAV", "server", rb"\AWsgiDAV",
        "It keeps no counts: a header is taken again for ever.", "WsgiDAV, http_authenticator.py",
    ),
    Known(
        "Jetty", "server", rb"\AJetty",
        "It does not compare the signed uri with the request: a header for one page opens another.",
        "Jetty, DigestAuthenticator.java",
    ),
)  # fmt: skip


def recognised(answer: Answer) -> Iterator[Finding]:
    """A finding for each row that fits the answer."""
    octets: dict[str, list[bytes]] = {place: [] for place in ("realm", "nonce", "domain", "algorithm")}
    for challenge in answer.challenges:
        if isinstance(challenge, Challenge):
            octets["realm"].append(challenge.realm)
            octets["nonce"].append(challenge.nonce)
            octets["domain"].append(b" ".join(challenge.domain))
            octets["algorithm"].append(challenge.algorithm or b"")
    octets["server"] = answer.values(b"server")
    octets["field"] = [answer.challenge_field] if answer.challenges else []
    for row in KNOWN:
        if any(re.search(row.pattern, value, re.IGNORECASE) for value in octets[row.place]):
            yield finding("known-server", name=row.name, says=row.says, source=row.source)
