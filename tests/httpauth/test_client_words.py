"""What the client without I/O says: to its caller in errors, to the operator in the log."""

from __future__ import annotations

import asyncio
import copy
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digest_http import httpauth
from digest_http.errors import ConfigurationError, MalformedField, WrongPrincipal
from digest_http.httpauth import DigestClient
from digest_http.httpauth.credential_sources import Asked, from_environment, from_netrc
from digest_http.httpauth.digest_client import MAX_PENDING, PENDING_SECONDS
from digest_http.httpauth.logins import Logins, Wanted
from digest_http.httpauth.origins import Origin
from digest_http.httpauth.protection_spaces import OriginSpaces
from tests.httpauth.direct_calls import CHALLENGE, client_for

NOT_SIGNED = "the request was not signed, so its answer proves nothing"
NO_INFO = "the server sent no Authentication-Info with this answer, so it has not proved that it knows the password"
NO_RSPAUTH = "the server sent no rspauth, so it has not proved that it knows the password"
NO_NAME = "username is None; write a user name as text, for instance 'alice'"
CNONCE = "cnonce gives text of letters, digits and + / = _ . ~ - (256 at most)"
NO_PAIR = "credentials returned neither a pair of name and password nor None; return one of them"
ASYNCHRONOUS = "credentials is asynchronous, and this client is not: write a function that is not asynchronous"
OF_AUTHORIZATION = "is what authorization() gave for the request, or None if it was not signed"


def challenged(challenge: str = CHALLENGE, **policy: Any) -> DigestClient:
    """A client that has taken in a challenge."""
    client = client_for(**policy)
    assert client.challenged(challenge, None)
    return client


def signed_by(client: DigestClient, *request: Any) -> Any:
    """The signed value of a request."""
    signed = client.authorization(*(request or ("GET", "/x")))
    assert signed is not None
    return signed


def check(info: Any, challenge: str = CHALLENGE, body: bytes | None = None, **policy: Any) -> None:
    """Check an answer to a signed request."""
    client = challenged(challenge, **policy)
    client.verify(signed_by(client), info, body)


def answer_of(found: Any) -> Callable[[], object]:
    """A challenge taken in by a client whose source gives this."""
    return lambda: DigestClient(credentials=lambda _: found).challenged(CHALLENGE, None)


async def asynchronous(_: Asked) -> tuple[str, str]:
    """A source for others."""
    return "alice", "s3cret"


CALLS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: client_for(verify="required").verify(None), WrongPrincipal, NOT_SIGNED),
    (lambda: client_for(verify="always").verify(None), WrongPrincipal, NOT_SIGNED),
    (lambda: check(None, verify="required"), WrongPrincipal, NO_INFO),
    (lambda: check("", verify="always"), WrongPrincipal, NO_RSPAUTH),
    (lambda: check('rspauth="'), WrongPrincipal,
     "the server's proof cannot be read: parameter 'rspauth' has no value, or its quotes do not close"),
    (lambda: check('nextnonce="', verify="required"), WrongPrincipal,
     "the server's proof cannot be read: parameter 'nextnonce' has no value, or its quotes do not close"),
    (lambda: check('rspauth="00"'), WrongPrincipal,
     "the server's proof (rspauth) is wrong: it does not know the password"),
    (lambda: check('rspauth="00", qop=auth-int', CHALLENGE.replace("auth", "auth-int"), qop=["auth-int"]),
     WrongPrincipal, "the proof covers the answer's body: give it to verify() as body="),
    (lambda: signed_by(challenged(cnonce=lambda: "")), ConfigurationError, CNONCE),
    (lambda: signed_by(challenged(), None, "/"), TypeError, "method is text or octets"),
    (lambda: signed_by(challenged(), "GET", 7), TypeError, "target is text or octets"),
    (lambda: signed_by(challenged(), "GET", "/", "text"), TypeError,
     "body is octets (bytes), or None for a request without one"),
    (lambda: signed_by(challenged(), "", "/"), MalformedField, "the method is empty"),
    (lambda: signed_by(challenged(), "GET", b""), MalformedField, "the target is empty"),
    (lambda: signed_by(challenged(), "G\u00c9T", "/"), MalformedField,
     "the method is not ASCII: give the octets that are sent"),
    (lambda: signed_by(challenged(), "GET", "/\u00e9"), MalformedField,
     "the target is not ASCII: give the octets that are sent"),
    (lambda: client_for().challenged(CHALLENGE, "Digest"), TypeError, f"refused {OF_AUTHORIZATION}"),  # type: ignore[arg-type]
    (lambda: client_for().verify("Digest"), TypeError, f"signed {OF_AUTHORIZATION}"),  # type: ignore[arg-type]
    (answer_of("alice"), ConfigurationError, NO_PAIR),
    (answer_of(("alice",)), ConfigurationError, NO_PAIR),
    (answer_of(["alice", "s3cret"]), ConfigurationError, NO_PAIR),
    (answer_of(("alice", "s3cret", "")), ConfigurationError, NO_PAIR),
    (answer_of((None, "s3cret")), ConfigurationError, NO_NAME),
    (answer_of(("alice", 5)), ConfigurationError, "password is of the type int; write text or octets"),
    (lambda: DigestClient(credentials=asynchronous).challenged(CHALLENGE, None), ConfigurationError, ASYNCHRONOUS),
    (lambda: getattr(httpauth, "Nothing"), AttributeError, "module 'digest_http.httpauth' has no attribute 'Nothing'"),  # noqa: B009 - as a name it is no attribute for the type checkers
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "text"), CALLS, ids=[f"{n}-{row[2][:40]}" for n, row in enumerate(CALLS)])
def test_the_whole_sentence(call: Callable[[], object], kind: type[Exception], text: str) -> None:
    """What was wrong and what to do, without a secret."""
    with pytest.raises(kind) as caught:
        call()
    assert (type(caught.value), str(caught.value)) == (kind, text)
    if isinstance(caught.value, MalformedField):
        assert caught.value.reason in text.split()


def test_the_door_is_loaded_on_first_use() -> None:
    """By its two names."""
    found = [getattr(httpauth, name) for name in httpauth.__all__]
    assert [kind.__name__ for kind in found] == ["Authorization", "DigestClient"]
    assert found[1] is DigestClient


WEAK = 'Digest realm="r", nonce="w", qop="auth", algorithm=MD5'
HELD = "it is weaker than what this origin has accepted before, and allow_weaker is not set"
OVER = "the password is wrong, or it was tried often enough"


def refused_twice() -> DigestClient:
    """A client whose password was refused."""
    client = challenged()
    client.challenged(CHALLENGE.replace('"n"', '"m"'), signed_by(client))
    return client


def stale_of_another_realm() -> None:
    """A challenge that calls a nonce stale which is another realm's."""
    client = challenged()
    client.challenged('Digest realm="s", nonce="m", qop="auth", stale=true', signed_by(client))


def weaker() -> None:
    """A weaker challenge after a login, twice: unsigned, and to a signed request."""
    client = challenged()
    client.verify(signed_by(client))
    client.challenged(WEAK, None)


def used_up() -> None:
    """A nonce of which every count was used, offered once more."""
    client = challenged()
    signature = signed_by(client).signature
    signature.context.pool.raise_count(signature.nonce, 0xFFFFFFFF)
    client.challenged(CHALLENGE, None)


LOGGED: list[tuple[Callable[[], object], list[str]]] = [
    (refused_twice, [OVER]),
    (stale_of_another_realm, ["it calls a nonce stale that belongs to another realm"]),
    (weaker, [HELD]),
    (used_up, ["its nonce has been used as often as nc can count"]),
    (answer_of(None), ["the source of credentials has none for its realm"]),
    (lambda: client_for().challenged("Digest realm=r", None), ["nonce is missing or empty"]),
    (lambda: client_for().challenged('Digest nonce="n", algorithm="a\u2028b"', None), [
        "the value of 'algorithm' is not a token"]),
    (lambda: client_for(algorithms=["MD5"]).challenged(CHALLENGE, None), [
        "algorithm SHA-256 is not among the allowed ones"]),
    (lambda: client_for().challenged("Basic realm=x", None), []),
]  # fmt: skip


@pytest.mark.parametrize(("call", "reasons"), LOGGED, ids=[str(row[1])[:40] for row in LOGGED])
def test_why_a_challenge_was_not_answered(
    call: Callable[[], object], reasons: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """One line each, at level DEBUG."""
    with caplog.at_level(logging.DEBUG, "digest_http.client"):
        call()
    assert [record.getMessage() for record in caplog.records] == [
        f"Digest challenge not answered: {reason}" for reason in reasons
    ]
    assert {(record.name, record.levelname) for record in caplog.records} <= {("digest_http.client", "DEBUG")}


def test_a_reason_that_holds_a_strangers_octets_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """In warnings as well."""
    policy = client_for()._policy  # noqa: SLF001 - the plugs warn by it
    with caplog.at_level(logging.DEBUG, "digest_http.client"):
        policy.report("a\nb")
        policy.warn("c\nd")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", r"Digest challenge not answered: a\nb"), ("WARNING", r"Digest challenge not answered: c\nd"),
    ]  # fmt: skip


SPACES = OriginSpaces(Origin("https", "server.example", 8443))


def logins_of(source: Any) -> Logins:
    """Logins that a source gives."""
    return Logins(None, None, source, charset="utf-8", field_charset=None)


@pytest.mark.parametrize("way", ["ask", "aask"])
def test_what_a_source_is_told(way: str) -> None:
    """Where, what the server calls the place, and whether it has just refused what was given before."""
    told: list[Asked] = []
    answers: list[Any] = [("alice", "old"), ("alice", "old"), ("alice", "s3cret"), None]

    def source(asked: Asked) -> Any:
        told.append(asked)
        return answers.pop(0)

    logins, spaces = logins_of(source), OriginSpaces(Origin("https", "server.example", 8443))

    def ask(realm: bytes, refused: Any) -> Any:
        wanted = Wanted(spaces, realm, refused)
        if way == "ask":
            logins.ask(wanted)
        else:
            asyncio.run(logins.aask(wanted))
        return logins.known_for(spaces, realm)

    first = ask(b"\xe9", None)
    assert (first.username, told[-1]) == ("alice", Asked("server.example", 8443, "https", "\u00e9", refused=False))
    assert ask(b"\xe9", None) is first  # it was told meanwhile
    assert len(told) == 1
    assert ask(b"\xe9", first) is first  # the same once more is no news
    assert told[-1].refused is True
    second = ask(b"\xe9", first)
    assert second is not first
    assert ask(b"\xe9", second) is second  # nobody is there any more
    assert (len(told), logins.known_for(spaces, b"s")) == (4, None)
    assert repr(logins) == "<Logins of whom a source names>"


def test_a_source_that_cannot_be_asked_so_is_closed(recwarn: pytest.WarningsRecorder) -> None:
    """A coroutine that nobody awaits is ended, and nothing was learnt."""
    spaces = OriginSpaces(Origin("http", "server.example", 80))
    for source in (asynchronous, lambda _: Later()):
        with pytest.raises(ConfigurationError, match=r"^credentials is asynchronous"):
            logins_of(source).ask(Wanted(spaces, b"r", None))
    assert [str(each.message) for each in recwarn if "never awaited" in str(each.message)] == []
    assert spaces.identity_for(b"r") is None


class Later:
    """Something to wait for that is no coroutine."""

    def __await__(self) -> Any:
        yield


def test_a_fork_while_somebody_is_asked() -> None:
    """The child asks for itself."""
    logins = logins_of(lambda _: ("alice", "s3cret"))
    spaces = OriginSpaces(Origin("http", "server.example", 80))
    assert logins._asking.acquire(blocking=False)  # noqa: SLF001 - as another thread would hold it
    logins.after_fork_in_child()
    logins.ask(Wanted(spaces, b"r", None))
    assert spaces.identity_for(b"r") is not None


def asked(host: str) -> Asked:
    """A question."""
    return Asked(host, 80, "http", "r", refused=False)


def test_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By host, with the default entry for others; from the path, else from NETRC, else from the home folder."""
    given, named, home = (tmp_path / name for name in ("given", "named", "home"))
    home.mkdir()
    given.write_text("machine a.example login alice password s3cret\ndefault login bob password b\n")
    named.write_text(
        "machine a.example login carol password c\nmachine b.example login dave\nmachine c.example password x\n"
    )
    (home / ".netrc").write_text("machine a.example login erin password e\n")
    (home / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(named))
    assert from_netrc(given)(asked("a.example")) == ("alice", "s3cret")
    assert from_netrc(str(given))(asked("b.example")) == ("bob", "b")
    source = from_netrc()
    assert source(asked("a.example")) == ("carol", "c")
    assert source(asked("d.example")) is None
    monkeypatch.setenv("NETRC", "")
    assert source(asked("a.example")) == ("erin", "e")
    monkeypatch.setenv("NETRC", str(tmp_path / "nowhere"))
    assert source(asked("a.example")) is None
    named.write_text("machine b.example login dave\nmachine c.example password x\n")
    assert from_netrc(named)(asked("b.example")) == ("dave", "")
    assert from_netrc(named)(asked("c.example")) is None


@pytest.mark.parametrize(("text", "where"), [
    (b"machine a.example login alice s3cret\n", r", line [0-9]"), (b"machine a.example login \xff password s3cret", ""),
])  # fmt: skip
def test_a_netrc_that_cannot_be_read(text: bytes, where: str, tmp_path: Path) -> None:
    """The line, if it is known; never the words."""
    file = tmp_path / "netrc"
    file.write_bytes(text)
    with pytest.raises(ConfigurationError) as caught:
        from_netrc(file)(asked("a.example"))
    assert re.fullmatch(rf"the netrc file {re.escape(str(file))} cannot be read{where}; correct it", str(caught.value))
    assert caught.value.__suppress_context__


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both variables or nothing; an empty password is one."""
    source = from_environment("API_USER", "API_PASSWORD")
    monkeypatch.delenv("API_USER", raising=False)
    monkeypatch.delenv("API_PASSWORD", raising=False)
    assert source(asked("a")) is None
    monkeypatch.setenv("API_PASSWORD", "")
    assert source(asked("a")) is None
    monkeypatch.setenv("API_USER", "alice")
    assert source(asked("a")) == ("alice", "")
    monkeypatch.delenv("API_PASSWORD")
    assert source(asked("a")) is None


def test_a_client_is_shown_by_its_user_and_copied_as_itself() -> None:
    """What it has learnt and its counts are one, so a copy is the same object."""
    client = client_for()
    assert repr(client) == "<DigestClient of 'alice'>"
    assert repr(DigestClient(credentials=lambda _: None)) == "<DigestClient of whom a source names>"
    assert copy.copy(client) is copy.deepcopy(client) is client


def test_a_call_that_comes_too_late_begins_anew() -> None:
    """A challenge waits a minute for its request, and so many of them wait at most."""
    now = [0.0]
    client = client_for(clock=lambda: now[0])
    client.challenged(CHALLENGE, None)
    now[0] = PENDING_SECONDS - 0.1
    first = signed_by(client)
    assert first.parameters["nonce"] == "n"
    client.challenged(CHALLENGE.replace('"n"', '"m"') + ", stale=true", first)
    client.challenged(CHALLENGE.replace('"n"', '"o"'), None)
    waiting = [len(client._pending)]  # noqa: SLF001 - what waits shows nowhere else
    now[0] += PENDING_SECONDS
    client.authorization("GET", "/x")
    waiting.append(len(client._pending))  # noqa: SLF001 - as above
    assert waiting == [2, 0]
    for number in range(MAX_PENDING + 3):
        client.challenged(CHALLENGE.replace('"n"', f'"n{number}"'), None)
    pending = client._pending  # noqa: SLF001 - as above
    assert len(pending) == MAX_PENDING
    assert pending[-1].nonce.octets == b"n%d" % (MAX_PENDING + 2)


def test_a_challenge_is_answered_by_the_request_that_met_it() -> None:
    """By method and target; one that was met unsigned is for any request, the last one first."""
    client = challenged()
    one, other = signed_by(client, "GET", "/one"), signed_by(client, "PUT", "/one")
    for request, nonce in ((one, "a"), (other, "b")):
        assert client.challenged(CHALLENGE.replace('"n"', f'"{nonce}"') + ", stale=true", request)
    assert signed_by(client, "GET", "/one").parameters["nonce"] == "a"
    assert signed_by(client, "PUT", "/one").parameters["nonce"] == "b"
    for nonce in ("c", "d"):
        client.challenged(CHALLENGE.replace('"n"', f'"{nonce}"'), None)
    found = [signed_by(client, "GET", f"/{number}").parameters["nonce"] for number in range(3)]
    assert found == ["d", "c", "d"]


@pytest.mark.parametrize(("values", "octets"), [
    ("\u00e9", b"\xe9"), ("\u65e5", "\u65e5".encode()), ("\udcff", b"\xff"), ("\udcff\u00e9", b"\xff\xc3\xa9"),
    ("\ud800", b"?"), (b"\xff", b"\xff"),
])  # fmt: skip
def test_how_libraries_give_octets(values: str | bytes, octets: bytes) -> None:
    """As ISO 8859-1, as ASCII with surrogates for the rest, as UTF-8; what is none of them is lost."""
    client = client_for()
    start, end = 'Digest realm="', '", nonce="n", qop="auth", algorithm=SHA-256'
    field = start + values + end if isinstance(values, str) else start.encode() + values + end.encode()
    assert client.challenged(field, None)
    assert b'realm="' + octets + b'"' in signed_by(client).octets


@pytest.mark.parametrize("parts", [["rspauth=00", "qop=auth"], [b"rspauth=00", b"qop=auth"]])
def test_a_field_in_parts_is_one_list(parts: list[Any]) -> None:
    """Several Authentication-Info fields are read as one, in order."""
    client = challenged(verify="off")
    assert client.verify(signed_by(client), [*parts, 'nextnonce="next"']) is False
    assert signed_by(client).parameters["nonce"] == "next"


def test_quoting_and_counting_in_other_ways() -> None:
    """Settings of the client reach its fields."""
    field = str(signed_by(challenged(quote_all=True, decimal_nc=True)))
    assert 'qop="auth", nc=1, ' in field
    assert 'algorithm="SHA-256"' in field
    field = str(signed_by(challenged()))
    assert "qop=auth, nc=00000001, " in field
