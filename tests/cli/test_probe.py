"""digest-http probe: each sentence that it can say, said of a server that deserves it."""

import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from digest_http_client_auth.command.probing.course import MAX_SIGNED
from digest_http_client_auth.command.probing.findings import SENTENCES
from tests.cli.http_server import serving
from tests.cli.probed import PASSWORD, probe, run
from tests.cli.weak_servers import (
    LetsAnybodyIn,
    NamesBadNonces,
    ProvesWrongly,
    TakesReplays,
    breaks_when_signed,
    challenges,
    says,
)
from tests.client_auth.strict_server import StrictServer
from tests.stores_shared.tls import certificate

TAKEN = ["accepted", "proof-right", "next-taken", "gap-taken", "back-taken"]
OFFER = ["strong-hash", "plain-http", "choice"]
CHALLENGE = 'Digest realm="wonder", nonce="n", qop="auth", algorithm=SHA-256'
MD5_ONLY = 'Digest realm="wonder", nonce="n", qop="auth"'


def stale(times):
    """A server that calls so many nonces stale."""
    server = StrictServer()
    server.stale_left = times
    return server


#: How a server is made, since it has a memory -> exit status, findings in order, requests signed.
SIGNED: dict[str, tuple[Callable[[], Any], int, list[str], int]] = {
    "sound": (StrictServer, 0, [*OFFER, *TAKEN, "replay-refused"], 5),
    "sess": (partial(StrictServer, algorithms=("SHA-256-sess",)), 0, [*OFFER, *TAKEN, "replay-refused"], 5),
    "exact counts": (partial(StrictServer, counting="exact"), 0,
                     [*OFFER, *TAKEN[:3], "gap-refused", "replay-refused"], 4),
    "rising counts": (partial(StrictServer, counting="rising"), 0,
                      [*OFFER, *TAKEN[:4], "back-refused", "replay-refused"], 5),
    "replays": (TakesReplays, 3, [*OFFER, *TAKEN, "replay-taken"], 5),
    "no qop": (partial(StrictServer, algorithms=(None,), qop=None), 3,
               ["md5-only", "no-qop", "plain-http", "choice", "accepted", "proof-missing", "replay-taken"], 2),
    "auth-int": (partial(StrictServer, qop="auth-int"), 0,
                 ["strong-hash", "auth-int-only", *OFFER[1:], *TAKEN, "replay-refused"], 5),
    "auth-int, long page": (partial(StrictServer, qop="auth-int", page=b"x" * 1_100_000), 0,
                            ["strong-hash", "auth-int-only", *OFFER[1:], "accepted", "proof-too-long", *TAKEN[2:],
                             "replay-refused"], 5),
    "one time": (partial(StrictServer, one_time=True), 0,
                 [*OFFER, *TAKEN[:2], "nextnonce-taken", "next-stale", "replay-refused"], 4),
    "one time, not said": (partial(StrictServer, one_time=True, says_stale=False), 0,
                           [*OFFER, *TAKEN[:2], "nextnonce-taken", "next-refused", "replay-refused"], 4),
    "nextnonce is another's": (NamesBadNonces, 4,
                               [*OFFER, *TAKEN[:2], "nextnonce-refused", *TAKEN[2:], "replay-refused"], 6),
    "nextnonce with a colon": (partial(NamesBadNonces, algorithms=(None,), qop=None, next_nonce="a:b"), 4,
                               ["md5-only", "no-qop", "plain-http", "choice", "accepted", "proof-missing",
                                "nextnonce-refused", "replay-taken"], 2),
    "no proof": (partial(StrictServer, prove=False), 0,
                 [*OFFER, "accepted", "proof-missing", *TAKEN[2:], "replay-refused"], 5),
    "wrong proof": (ProvesWrongly, 4, [*OFFER, "accepted", "proof-wrong", *TAKEN[2:], "replay-refused"], 5),
    "endless stale": (partial(stale, 99), 4, [*OFFER, "endless-stale"], 2),
    "stale once": (partial(stale, 1), 0, [*OFFER, *TAKEN, "replay-refused"], 6),
    "error 500": (partial(breaks_when_signed, 500), 4, [OFFER[0], "same-nonce", *OFFER[1:], "signed-error"], 1),
    "error 400": (partial(breaks_when_signed, 400), 4, [OFFER[0], "same-nonce", *OFFER[1:], "signed-error"], 1),
    "not found": (partial(breaks_when_signed, 404), 3,
                  [OFFER[0], "same-nonce", *OFFER[1:], "accepted", "proof-missing", *TAKEN[2:], "replay-taken"], 5),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNED)
def test_signed_requests_and_what_they_show(name):
    """Status, findings and the number of signed requests, which never passes what the help promises."""
    make, status, keys, signed = SIGNED[name]
    server = make()
    with serving(getattr(server, "answer", server)) as url:
        found = probe(f"{url}/page?x=1")
    assert found[:2] == (status, keys)
    assert found[2]["signed"] == signed <= MAX_SIGNED


#: What a server says to everybody -> exit status and findings, without a name.
OFFERED = {
    "open": (says(200), 1, ["no-password"]),
    "moved": (says(302, ("Location", "http://evil.example/\x1b[2J")), 1, ["redirect"]),
    "gone": (says(404), 1, ["other-status"]),
    "proxy": (says(407, ("Proxy-Authenticate", CHALLENGE)), 1, ["proxy-asks"]),
    "Basic only": (challenges('Basic realm="Digest x=1, Digest"'), 1, ["no-digest"]),
    "nothing": (challenges(), 4, ["no-challenge"]),
    "MD5": (challenges(MD5_ONLY), 3, ["md5-only", "same-nonce", "plain-http", "choice"]),
    "Basic too": (challenges(f'Basic realm="r", {CHALLENGE}'), 3,
                  ["strong-hash", "same-nonce", "basic-over-http", "plain-http", "choice"]),
    "no nonce": (challenges('Digest realm="r", qop="auth"'), 4, ["broken-challenge", "plain-http"]),
    "open quotes": (challenges('Digest realm="r", nonce="n'), 4, ["broken-challenge", "plain-http"]),
    "one of two": (challenges(CHALLENGE, CHALLENGE.replace("SHA-256", "SHA-3")), 0,
                   ["strong-hash", "unusable", "same-nonce", "plain-http", "choice"]),
    "stale": (challenges(f"{CHALLENGE}, stale=true"), 0,
              ["strong-hash", "stale-at-first", "same-nonce", "plain-http", "choice"]),
    "empty realm": (challenges('Digest realm="", nonce="n", qop="auth", algorithm=SHA-256'), 0,
                    ["strong-hash", "empty-realm", "same-nonce", "plain-http", "choice"]),
    "relative domain": (challenges(f'{CHALLENGE}, domain="image/"'), 0,
                        ["strong-hash", "domain-elsewhere", "same-nonce", "plain-http", "choice"]),
    "inner domain": (challenges(f'{CHALLENGE}, domain="http://192.168.1.10/"'), 0,
                     ["strong-hash", "domain-elsewhere", "same-nonce", "plain-http", "choice"]),
    "SHA-512-256 first": (challenges(CHALLENGE.replace("SHA-256", "SHA-512-256"), CHALLENGE), 0,
                          ["strong-hash", "sha-512-256-first", "same-nonce", "plain-http", "choice"]),
    "bare": (challenges("Digest realm=r, nonce=n, qop=auth, algorithm=SHA-256"), 0,
             ["strong-hash", "same-nonce", "unquoted", "plain-http", "choice"]),
    "quoted": (challenges(CHALLENGE.replace("SHA-256", '"SHA-256"')), 0,
               ["strong-hash", "same-nonce", "quoted", "plain-http", "choice"]),
    "quoted in a value": (challenges(CHALLENGE.replace("wonder", 'a realm=b, stale=\\"c\\"')), 0,
                          ["strong-hash", "same-nonce", "plain-http", "choice"]),
    "userhash": (challenges(f"{CHALLENGE}, userhash=true"), 0,
                 ["strong-hash", "userhash", "same-nonce", "plain-http", "choice"]),
    "another field": (challenges(CHALLENGE, field="X-WWW-Authenticate"), 0,
                      ["strong-hash", "same-nonce", "other-field", "plain-http", "choice", "known-server"]),
}  # fmt: skip


@pytest.mark.parametrize("name", OFFERED)
def test_an_offer_is_judged_without_a_password(name):
    """Status and findings; nothing is signed."""
    answer, status, keys = OFFERED[name]
    with serving(answer) as url:
        found = probe(url, name=None)
    assert found[:2] == (status, keys)
    assert found[2]["signed"] == 0


def test_basic_over_tls_is_no_weakness(tmp_path):
    """Basic beside Digest over https; the certificate is the one that --cacert names."""
    pem, key = certificate(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with serving(challenges('Basic realm="r"', CHALLENGE), context) as url:
        found = probe(url, "--cacert", str(pem), name=None)
    assert found[:2] == (0, ["strong-hash", "same-nonce", "basic-over-tls", "choice"])


def test_a_wrong_password_ends_the_probe():
    """One signed request, no more: an account may be locked after few refusals."""
    server = StrictServer()
    with serving(server.answer) as url:
        found = probe(url, "--wrong-password", password="guess")
    assert found[:2] == (1, [*OFFER, "refused"])
    assert (found[2]["verdict"], len(server.signed)) == ("refused", 1)


@pytest.mark.parametrize(
    ("make", "key", "status"), [(StrictServer, "wrong-refused", 0), (LetsAnybodyIn, "wrong-taken", 4)]
)
def test_a_wrong_password_is_sent_on_demand_only(make, key, status):
    """Without --wrong-password every signed request has the right one; with it one more has not."""
    server = make()
    with serving(server.answer) as url:
        assert key not in probe(url)[1]
        before = len(server.signed)
        found = probe(url, "--wrong-password")
    assert (found[1][-1], found[0]) == (key, status)
    assert (found[2]["wrong_passwords"], len(server.signed) - before) == (1, found[2]["signed"] + 1)


def test_every_sentence_is_said_by_some_test():
    """No sentence is without a server that deserves it."""
    said = {key for _, _, keys, _ in SIGNED.values() for key in keys}
    said |= {key for _, _, keys in OFFERED.values() for key in keys}
    assert set(SENTENCES) - said == {"basic-over-tls", "refused", "wrong-refused", "wrong-taken"}  # tests of their own


def test_only_get_and_head_are_sent():
    """A probe changes nothing: GET, or HEAD where that is asked for."""
    methods = []
    server = StrictServer()

    def answer(method, *rest):
        methods.append(method)
        return server.answer(method, *rest)

    with serving(answer) as url:
        assert probe(url)[0] == 0
        assert set(methods) == {"GET"}
        methods.clear()
        assert probe(url, "--head")[0] == 0
    assert set(methods) == {"HEAD"}


def test_a_redirect_gets_no_credentials():
    """A server that moves away once a request is signed: nothing is sent to where it points."""
    other = StrictServer()
    with serving(other.answer) as elsewhere:

        def answer(_method, _target, fields, _body):
            if "authorization" in fields:
                return 302, [("Location", elsewhere)], b""
            return 401, [("WWW-Authenticate", CHALLENGE)], b""

        with serving(answer) as url:
            assert probe(url)[0] == 3  # it takes everything
    assert other.requests == []


def test_what_a_server_says_cannot_steer_a_terminal():
    """Control characters of a server are shown as escapes, in the exchange and in the findings."""
    hostile = 'Digest realm="\x1b[2J\u009b", nonce="n", qop="auth", domain="\x1b]0;x"'
    with serving(challenges(hostile, Server="lighttpd\x1b[31m")) as url:
        printed = run("probe", url, name=None).stdout
    assert "\x1b" not in printed
    assert "\\x1b[31m" in printed
    assert all(line.isprintable() for line in printed.split("\n"))


def test_the_report_for_people():
    """The exchange, what was found, how often the password was used, and the verdict; digests are masked."""
    with serving(TakesReplays().answer) as url:
        lines = run("probe", f"{url}/page").stdout.splitlines()
    assert lines[0] == f"{url}/page"
    assert "7. GET, the same header again" in lines
    assert sum('response="(masked)"' in line for line in lines) == 5
    assert sum('rspauth="(masked)"' in line for line in lines) == 5
    assert "weak    It accepts the same header twice: anyone who records one request can repeat it." in lines
    assert lines[-2:] == [
        "Requests signed with the password: 5.",
        "Weak: an attacker can gain from what is marked so above.",
    ]


def test_the_report_for_programs():
    """The keys that docs/cli.md promises, and no others."""
    with serving(StrictServer().answer) as url:
        report = probe(url)[2]
    assert list(report) == [
        "url", "verdict", "exit_status", "choice", "findings", "signed", "wrong_passwords", "exchange",
    ]  # fmt: skip
    assert report["choice"] == {"realm": "api@example.org", "algorithm": "SHA-256", "qop": "auth"}
    assert {tuple(found) for found in report["findings"]} == {("key", "level", "text")}
    assert {tuple(step) for step in report["exchange"]} == {("title", "sent", "status", "received")}


def test_the_password_itself_is_never_sent():
    """Neither in clear nor in Base64: Basic is not answered, whatever is offered."""
    seen = []

    def answer(_method, _target, fields, _body):
        seen.append(fields)
        return 401, [("WWW-Authenticate", 'Basic realm="r"'), ("WWW-Authenticate", CHALLENGE)], b""

    with serving(answer) as url:
        probe(url)
        run("get", url)
    assert len(seen) > 3
    assert all(PASSWORD not in str(fields) and "Basic" not in str(fields) for fields in seen)


@pytest.mark.parametrize(
    ("offers", "why"),
    [
        ((CHALLENGE,), "SHA-256 with qop auth: nothing else is offered"),
        ((MD5_ONLY, CHALLENGE), "SHA-256 with qop auth: it is the strongest of what is offered"),
        ((CHALLENGE, CHALLENGE.replace("wonder", "b")), "SHA-256 with qop auth: the server names it first"),
        (('Digest realm="r", nonce="n"',), "MD5 with no qop: nothing else is offered"),
    ],
)
def test_why_a_challenge_is_answered(offers, why):
    """The hash, the qop, and the reason."""
    with serving(challenges(*offers)) as url:
        report = probe(url, name=None)[2]
    assert f"We answer {why}." in [found["text"] for found in report["findings"]]
