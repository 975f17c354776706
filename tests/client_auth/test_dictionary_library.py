"""The core with a library made of dictionaries: every retry rule, with no HTTP library in the process."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digest_http.errors import BodyNotReplayable, WrongPrincipal
from digest_http.httpauth.origins import Origin
from digest_http.httpauth.retries import RULES
from digest_http_client_auth.exchange import Exchange
from digest_http_client_auth.library import UNTOLD
from digest_http_client_auth.saved_challenges import export_challenges, import_challenge
from digest_http_client_auth.session import Session

from .dictionary_library import DictionaryLibrary, Message, call, request_to
from .strict_server import StrictServer

ROOT = Path(__file__).parents[2]
URL = "http://server.example/a"


def session_for(password: str = "s3cret", **settings: Any) -> Session[Message, Message]:
    """What a plug of this library would make."""
    return Session("alice", password, library=DictionaryLibrary(), **settings)


def served_by(server: StrictServer) -> Callable[[Message], Message]:
    """The network: one request, one response."""

    def send(request: Message) -> Message:
        fields = {name.decode(): value.decode("latin-1") for name, value in request["fields"].items()}
        target = DictionaryLibrary().target(request).decode()
        body = request["body"] if isinstance(request["body"], bytes) else b"".join(request["body"])
        status, sent, content = server.answer(request["method"], target, fields, body)
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in sent]
        return {"status": status, "fields": pairs, "body": content, "request": request}

    return send


def statuses(server: StrictServer, session: Session[Message, Message], times: int = 1) -> list[int]:
    """What some calls lead to, one after the other; the list of every answer of the server."""
    for _ in range(times):
        call(session, request_to(URL), served_by(server))
    return server.statuses


def first() -> None:
    """A challenge is answered; after that nothing is asked."""
    assert statuses(StrictServer(), session_for(), 3) == [401, 200, 200, 200]


def stale() -> None:
    """A stale nonce is replaced."""
    server, session = StrictServer(), session_for()
    statuses(server, session)
    server.forget()
    assert statuses(server, session) == [401, 200, 401, 200]


def stale_again() -> None:
    """The second stale nonce is fetched afresh, by an unsigned request."""
    server = StrictServer()
    server.stale_left = 2
    assert statuses(server, session_for()) == [401, 401, 401, 401, 200]
    assert [parameters is None for _, parameters, _ in server.requests] == [True, False, False, True, False]


def stale_for_ever() -> None:
    """The caller gets the last answer."""
    server = StrictServer()
    server.stale_left = 10**6
    assert statuses(server, session_for()) == [401] * 5


def forgotten() -> None:
    """A nonce is forgotten without a word."""
    server, session = StrictServer(says_stale=False), session_for()
    statuses(server, session)
    server.forget()
    assert statuses(server, session) == [401, 200, 401, 200]


def wrong_password() -> None:
    """It is sent once; later calls are held back."""
    assert statuses(StrictServer(), session_for("wrong"), 3) == [401, 401, 401, 401]


def refused_before() -> None:
    """A password that was good is tried once a call."""
    server, session = StrictServer(), session_for()
    statuses(server, session)
    server.users["alice"] = "changed"
    statuses(server, session)
    assert server.statuses == [401, 200, 401, 401]
    assert statuses(server, session) == [401, 200, 401, 401, 401]  # one signed try a call


def moved() -> None:
    """Redirects inside the origin, cold and warm."""
    server = StrictServer()
    answer = served_by(server)

    def following(request: Message) -> Message:
        if request["url"].path != "/old":
            return answer(request)
        hop = {"status": 307, "body": b"", "request": request}
        response = answer({**request_to(URL), "fields": dict(request["fields"])})
        return {**response, "history": [hop]}

    session = session_for()
    response = call(session, request_to("http://server.example/old"), following)
    assert (server.statuses, [hop["status"] for hop in response["history"]]) == ([401, 200], [307, 401])
    server.statuses.clear()
    call(session, request_to("http://server.example/old"), following)
    assert server.statuses == [400, 200]  # the library carried the field for the old page along


def offers(*challenges: str) -> list[bool]:
    """What a server that refuses everything is sent, with a new nonce and these challenges in turn, in two calls."""
    session, signed, answers = session_for(), list[bool](), itertools.cycle(challenges)

    def send(request: Message) -> Message:
        signed.append(b"authorization" in request["fields"])
        challenge = f'Digest nonce="n{len(signed)}", {next(answers)}'
        return {"status": 401, "fields": [(b"www-authenticate", challenge.encode())], "request": request}

    for _ in range(2):
        assert call(session, request_to(URL), send)["status"] == 401
    return signed


def changed() -> None:
    """A refusal with another realm, or with less: one signed try a call, whatever the server makes up next."""
    assert offers(*(f'realm="{number}", qop=auth' for number in range(9))) == [False, True] * 2
    assert offers(*(f'realm="{number}", qop=auth, stale=true' for number in range(9))) == [False, True] * 2
    weaker = [f"realm=r, qop=auth, algorithm={name}, stale=true" for name in ("SHA-512-256", "SHA-256", "MD5")]
    assert offers(*weaker)[:2] == [False, True]
    assert sum(offers(*weaker)) <= 2


def another() -> None:
    """A refusal with another qop is followed once; then the password is held back."""
    assert offers("realm=r, qop=auth", "realm=r, qop=auth-int") == [False, True, True, False]


def overtaken(*, same_nonce: bool) -> None:
    """Another call is let in between signing and arriving."""
    server = StrictServer(shared_nonce="only" if same_nonce else None, counting="rising")
    session, answer = session_for(), served_by(server)
    overtaking: list[Message] = []

    def send(request: Message) -> Message:
        if b"authorization" in request["fields"] and not overtaking:
            overtaking.append(request)
            call(session, request_to("http://server.example/b"), answer)
            if not same_nonce:
                server.nonces.pop("nonce-1")
                server.says_stale = False
        return answer(request)

    assert call(session, request_to(URL), send)["status"] == 200
    assert server.statuses.count(200) == 2
    unsigned = sum(parameters is None for _, parameters, _ in server.requests)
    assert unsigned == (2 if same_nonce else 3)


def crowded() -> None:
    """Another call is let in meanwhile, and its answer is not there yet. Nobody has been let in before."""
    server = StrictServer(shared_nonce="only", counting="rising")
    session, answer = session_for(), served_by(server)
    first, second = Exchange(session, request_to(URL)), Exchange(session, request_to("http://server.example/b"))
    for exchange in (first, second):
        assert exchange.receive(answer(exchange.request))
        exchange.sign()
    overtaking = answer(second.request)
    assert first.receive(answer(first.request))
    assert not second.receive(overtaking)
    first.sign()
    assert b"authorization" not in first.request["fields"]
    assert first.receive(answer(first.request))
    first.sign()
    assert not first.receive(answer(first.request))
    assert server.statuses == [401, 401, 200, 401, 401, 200]


def doubted() -> None:
    """Of several calls at once with a wrong password each sends it once."""
    server = StrictServer(shared_nonce="only")
    session, answer = session_for("wrong"), served_by(server)
    exchanges = [Exchange(session, request_to(URL)) for _ in range(4)]
    for exchange in exchanges:
        assert exchange.receive(answer(exchange.request))
        exchange.sign()
    for exchange in exchanges:
        while exchange.receive(answer(exchange.request)):
            exchange.sign()
    assert len(server.signed) == 4


SCENARIOS: dict[str, tuple[set[str], Callable[[], None]]] = {
    "first": ({"first"}, first),
    "stale": ({"stale"}, stale),
    "stale twice": ({"stale"}, stale_again),
    "stale for ever": ({"stale"}, stale_for_ever),
    "forgotten": ({"forgotten"}, forgotten),
    "wrong password": ({"wrong password", "held back"}, wrong_password),
    "refused before": ({"refused before"}, refused_before),
    "moved": ({"moved"}, moved),
    "changed": ({"changed"}, changed),
    "another": ({"another"}, another),
    "overtaken": ({"overtaken"}, lambda: overtaken(same_nonce=True)),
    "crowded": ({"crowded"}, crowded),
    "doubted": ({"doubted"}, doubted),
    "overtaken by another nonce": ({"overtaken"}, lambda: overtaken(same_nonce=False)),
}


@pytest.mark.parametrize("scenario", [run for _, run in SCENARIOS.values()], ids=SCENARIOS.keys())
def test_a_retry_rule(scenario: Callable[[], None]) -> None:
    """What the rule says comes out as requests and answers."""
    scenario()


def test_every_rule_has_its_scenario() -> None:
    """No line of the table is left out."""
    assert {name for names, _ in SCENARIOS.values() for name in names} == {rule.name for rule in RULES}


def test_the_rest_of_the_door() -> None:
    """Bodies, proofs, cookies, proxies and saved challenges pass through it as well."""
    server = StrictServer(qop="auth-int")
    session = session_for(verify="required")
    call(session, request_to(URL, "PUT", b"body"), served_by(server))
    assert server.accepted == [("/a", b"body")]
    with pytest.raises(BodyNotReplayable):
        call(session_for(), request_to(URL, "PUT", iter([b"once"])), served_by(server))
    server.prove = False
    with pytest.raises(WrongPrincipal):
        call(session, request_to(URL), served_by(server))
    saved = export_challenges(session)
    again = session_for()
    import_challenge(again, request_to(URL), saved[0]["challenge"], saved[0]["nc"])
    server.statuses.clear()
    assert statuses(server, again) == [200]


def test_cookies_of_a_challenge() -> None:
    """They go with the answer, beside those that were there."""
    seen: list[bytes | None] = []

    def send(request: Message) -> Message:
        seen.append(request["fields"].get(b"cookie"))
        fields = [(b"www-authenticate", b'Digest realm="r", nonce="n", qop="auth"'), (b"set-cookie", b"a=2; Path=/")]
        return {"status": 200 if b"authorization" in request["fields"] else 401, "fields": fields}

    call(session_for(), request_to(URL, cookie=b"a=1; b=1"), send)
    assert seen == [b"a=1; b=1", b"a=2; b=1"]


@pytest.mark.parametrize(("peer", "last"), [(("10.0.0.1", 3128), 200), (("10.0.0.1", 80), 407), (None, 200)])
def test_a_proxy(peer: tuple[str, int] | None, last: int) -> None:
    """It is answered if it is one; nothing is signed for it in advance."""
    signed: list[bool] = []

    def send(request: Message) -> Message:
        signed.append(b"proxy-authorization" in request["fields"])
        fields = [(b"proxy-authenticate", b'Digest realm="r", nonce="n", qop="auth"')]
        return {"status": 200 if signed[-1] else 407, "fields": fields, "peer": peer}

    session = session_for(proxy=True)
    assert [call(session, request_to(URL), send)["status"] for _ in range(2)] == [last, last]
    assert signed == ([False, True] * 2 if last == 200 else [False, False])


class TellingLibrary(DictionaryLibrary):
    """One that knows the proxy of a request, which stands in the request."""

    def proxy_of(self, request: Message) -> Origin | None:
        found: Origin | None = request["proxy"]
        return found


PROXY, OTHER = Origin("http", "proxy.example", 3128), Origin("https", "proxy.example", 3128)


def test_a_proxy_that_the_library_tells() -> None:
    """It is signed for in advance, and nobody else is: no server, no other proxy, no proxy that may be a server."""
    signed: list[bool] = []

    def send(request: Message) -> Message:
        signed.append(b"proxy-authorization" in request["fields"])
        fields = [(b"proxy-authenticate", b'Digest realm="r", nonce="n", qop="auth"')]
        return {"status": 200 if signed[-1] else 407, "fields": fields, "peer": ("10.0.0.1", 3128)}

    session = Session("alice", "s3cret", library=TellingLibrary(), proxy=True)

    def through(proxy: Origin | None, url: str = URL) -> tuple[int, list[bool]]:
        signed.clear()
        status = call(session, {**request_to(url), "proxy": proxy}, send)["status"]
        return status, signed.copy()

    assert through(PROXY) == (200, [False, True])
    for url in (URL, "http://other.example/b", "https://other.example/b"):
        assert through(PROXY, url) == (200, [True])
    assert through(None) == (407, [False])
    assert through(OTHER) == (200, [False, True])
    assert through(UNTOLD) == (200, [False, True])
    assert through(UNTOLD) == (200, [False, True])
    assert through(UNTOLD, "https://server.example/") == (407, [False])


def test_what_is_learnt_of_a_proxy_is_for_that_proxy() -> None:
    """A challenge that the user gives names the proxy; no request to a server of that name is signed with it."""
    session = Session("alice", "s3cret", library=TellingLibrary(), proxy=True)
    asked = {**request_to("http://proxy.example:3128/"), "proxy": None}
    import_challenge(session, asked, 'Digest realm="r", nonce="n", qop="auth"', 0)
    seen: list[bool] = []

    def send(request: Message) -> Message:
        seen.append(b"proxy-authorization" in request["fields"])
        return {"status": 200}

    for proxy in (PROXY, None, UNTOLD, OTHER):
        call(session, {**request_to("http://proxy.example:3128/"), "proxy": proxy}, send)
    assert seen == [True, False, False, False]


@pytest.mark.once
def test_all_of_it_with_http_libraries_unimportable() -> None:
    """The core needs none: this file passes in a process where httpx and httpx2 cannot be imported."""
    program = (
        "import sys; sys.modules.update(httpx=None, httpx2=None, requests=None); import pytest;"
        "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '--noconftest', '-k', 'not unimportable', sys.argv[1]]))"
    )
    command = [sys.executable, "-c", program, str(Path(__file__).relative_to(ROOT))]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
