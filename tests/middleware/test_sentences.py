"""What the middleware says: in the bodies of its refusals, its log, its warnings, and of settings that cannot work."""

import logging
import warnings

import pytest

from digest_http.errors import ConfigurationError, SecurityWarning
from digest_http.stores import MemoryStore
from digest_http_middleware.identity import ANYONE, AUTHENTICATED, AuthCredentials, DigestUser
from tests.attacks.driver import Server, run
from tests.middleware.two_workers import Two


class Down:
    """A source that does not answer."""

    epoch = b"00000001"

    def ha1(self, *_):
        """As Users."""
        raise OSError("no route to host")

    def advance(self, *_, **__):
        """As NonceStore."""
        raise OSError("no route to host")


@pytest.mark.parametrize(("status", "text", "policy", "ask"), [
    (401, "Digest credentials are needed.", {}, lambda server: server.request()),
    (401, "Digest credentials are needed.", {}, lambda server: server.request(authorization=b"Basic YTpi")),
    (401, "The credentials are not right.", {}, lambda server: server.get(server.signer("nobody"))),
    (401, "The credentials are not right.", {}, lambda server: server.get(server.signer(password="wrong"))),
    (401, "Send the request again with the new nonce.", {}, lambda server: server.get(server.signer(), nonce="0" * 78)),
    (400, "a parameter is not of the form name=value.", {}, lambda server: server.request(authorization=b"Digest x")),
    (400, "The authorization field appears more than once.", {},
     lambda server: server.request(authorization=[server.signer().sign()] * 2)),
    (400, "The uri is not the target of this request.", {},
     lambda server: server.request(authorization=server.signer().sign(uri="/y"))),
    (431, "the field has 8200 octets; at most 8192 are read.", {},
     lambda server: server.request(authorization=b"Digest " + b"x" * 8193)),
    (413, "a body signed with auth-int may have at most 3 octets; use qop=auth for larger ones.",
     {"max_body": 3, "qop": ["auth-int"]},
     lambda server: server.request("POST", "/x", server.signer().sign("POST", body=b"four"), body=b"four")),
    (401, "a body signed with auth-int may have at most 3 octets; use qop=auth for larger ones.", {"max_body": 3},
     lambda server: server.request("POST", "/x", server.signer().sign("POST", body=b"four"), body=b"four")),
    (401, "The algorithm is not one of those offered.", {},
     lambda server: server.get(server.signer(), algorithm="MD5-sess")),
    (401, "The qop is missing, or not one of those offered.", {},
     lambda server: server.get(server.signer(), late={"qop": "x"})),
    (401, "SHA-256 needs a qop; only MD5 has a form without.", {"allow_rfc2069": True},
     lambda server: server.get(server.signer(), qop=None, nc=None)),
    (401, "A userhash is not what was offered.", {}, lambda server: server.get(server.signer(), userhash="true")),
    (503, "The source of users is down; try again later.", {"users": Down()},
     lambda server: server.get(server.signer())),
    (503, "The nonce store is down; try again later.", {"store": Down()}, lambda server: server.get(server.signer())),
])  # fmt: skip
def test_refusals(status, text, policy, ask):
    """One sentence and a line feed."""
    response = ask(Server(**policy))
    assert (response.status, response.body.decode()) == (status, text + "\n")


def test_a_field_that_stands_twice_at_a_proxy():
    """It is named as the client sent it."""
    server = Server(proxy=True)
    field = b"proxy-authorization"
    response = server.request(authorization=[b"Digest x"] * 2, field_name=field)
    assert response.body == b"The proxy-authorization field appears more than once.\n"


KEYS = (
    "keys is empty: give one key at least, newest first; write a list of octets, for instance "
    "keys=[bytes.fromhex(text)], or text of 'digest-http key new'"
)
UNCLEAR = (
    "public has '/a/../b', which could be read as another path and so would never be open; write the path as the app's "
    "router sees it, decoded, without dots, query or parameters"
)


@pytest.mark.parametrize(("settings", "text"), [
    ({"protect": lambda _: True, "public": ["/a"]}, "protect is a function, which decides alone: leave public out"),
    ({"protect": "/a"}, "protect is one string; give a list of path prefixes, for instance ['/a']"),
    ({"public": "/a"}, "public is one string; give a list of path prefixes, for instance ['/a']"),
    ({"protect": ["/b", "a"]}, "protect has 'a'; a path prefix starts with a slash, for instance '/api'"),
    ({"public": [""]}, "public has ''; a path prefix starts with a slash, for instance '/api'"),
    ({"public": ["/"]}, "'/' is in both protect and public: write which paths are protected"),
    ({"protect": ["/a", "/b"], "public": ["/b/"]},
     "'/b' is in both protect and public: write which paths are protected"),
    ({"public": ["/a/../b"]}, UNCLEAR),
    ({"keys": []}, KEYS),
    ({"nonce_lifetime": 0},
     "nonce_lifetime is 0; write seconds as a number over 0 and at most 10000000000, for instance nonce_lifetime=300"),
    ({"window": 0}, "window is 0; write a whole number from 1 to 4096, for instance window=128"),
    ({"sequence": "loose"}, "sequence is 'loose'; write one of 'window', 'strict', for instance sequence='window'"),
    ({"qop": ["x"]}, "qop has 'x'; write one or more of 'auth', 'auth-int', for instance qop=['auth']"),
])  # fmt: skip
def test_settings_that_cannot_work(settings, text):
    """They are refused when the middleware is made, with what to write."""
    with pytest.raises(ConfigurationError) as caught:
        Server(**settings)
    assert str(caught.value) == text


def test_kinds_of_scope_that_are_not_known():
    """The exception names the kind."""
    with pytest.raises(ValueError, match="ASGI") as caught:
        Server().request(type="webtransport")
    assert str(caught.value) == "DigestAuthMiddleware cannot verify a connection of the ASGI type 'webtransport'"


KEYS = "set keys= or the environment variable DIGEST_HTTP_KEYS to the output of 'digest-http key new'"
STORE = "set store='sqlite:////path/nonces.db', or 'redis://host' for several machines"
COUNT = (
    "this is one of 3 workers, and each keeps its own counts: if a client's next request goes to another worker, it is "
    "refused as stale; "
)
INVENTED = (
    "no nonce keys are set, but other processes may use this store too: workers that are started apart each make "
    "a key of their own, and refuse each other's nonces as foreign; "
)
COUNTED = (
    "several workers (or middlewares of one realm) each keep their own counts: a nonce that one of them issues is "
    "unknown to the others, which refuse it as stale; "
)
DIFFERENT = (
    "several workers (or middlewares of one realm) have different nonce keys: a nonce that one of them issues is "
    "foreign to the others, which refuse it as stale; "
)


class Shared(MemoryStore):
    """A store that says that other workers count in it too."""

    shared = True


@pytest.mark.parametrize(("settings", "workers", "text"), [
    ({"store": Shared()}, 1, INVENTED + KEYS),
    ({"keys": [b"k" * 32]}, 3, COUNT + STORE),
    ({}, 3, f"{COUNT}{STORE}; and {KEYS}"),
])  # fmt: skip
def test_warnings_at_the_start(monkeypatch, settings, workers, text):
    """What will go wrong, and what to set."""
    monkeypatch.setattr("sys.argv", ["app.py"])
    monkeypatch.delenv("DIGEST_HTTP_KEYS", raising=False)
    monkeypatch.setenv("WEB_CONCURRENCY", str(workers))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Server(**settings)
    (warning,) = caught
    assert (warning.category, str(warning.message)) == (SecurityWarning, text)


@pytest.mark.parametrize(("first", "second", "text"), [
    ({"keys": [b"k" * 32]}, {"keys": [b"k" * 32]}, f"{COUNTED}{STORE}, the same for all"),
    ({"keys": [b"k" * 32]}, {"keys": [b"o" * 32]}, f"{DIFFERENT}{KEYS}; and {STORE}, the same for all"),
    ({"keys": [b"k" * 32]}, {"keys": [b"o" * 32], "store": Shared()}, f"{DIFFERENT}{KEYS}, the same for all"),
])  # fmt: skip
def test_warnings_while_serving(caplog, first, second, text):
    """What goes wrong, and what to set."""
    caplog.set_level(logging.WARNING, "digest_http.middleware")
    two = Two(first, second)
    assert two.visit().stale
    assert [(record.name, record.getMessage()) for record in caplog.records] == [("digest_http.middleware", text)]


def test_what_an_app_is_shown():
    """Users and scopes, as they stand in a log of the app."""
    assert repr(DigestUser("a'b")) == 'DigestUser("a\'b")'
    assert repr(ANYONE) == "{'user': UnauthenticatedUser(), 'auth': AuthCredentials(())}"
    assert repr(AUTHENTICATED) == "AuthCredentials(('authenticated',))"
    assert AuthCredentials(["a", "b"]).scopes == ("a", "b")


class Asked:
    """A store that learns its epoch, or fails to."""

    epoch = b"00000001"

    def __init__(self, error=None):
        self.error = error
        self.times: list[int] = []

    def advance(self, *_, **__):
        """Never called here."""

    async def refresh(self, now):
        """As RefreshingStore."""
        self.times.append(now)
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(("error", "answer", "lines"), [
    (None, [], []),
    (OSError("down"), [], ["the nonce store did not tell its epoch"]),
    (ConfigurationError("write this"), [{"type": "lifespan.startup.failed", "message": "write this"}], []),
])  # fmt: skip
def test_the_epoch_of_a_store_at_the_start(caplog, error, answer, lines):
    """A store that cannot work ends the start, in its own words; one that is down does not."""
    caplog.set_level(logging.DEBUG, "digest_http.middleware")
    store = Asked(error)
    server = Server(store=store)
    received, sent, served = [], [], []

    async def app(scope, _receive, _send):
        served.append(scope)

    async def receive():
        received.append("lifespan.startup")
        return {"type": "lifespan.startup"}

    async def send(message):
        assert received, "an answer before the question"
        sent.append(message)

    server.middleware.app = app
    run(server.middleware({"type": "lifespan"}, receive, send))
    assert sent == answer
    assert served == ([] if answer else [{"type": "lifespan"}])
    assert store.times == [1_700_000_000_000_000]
    assert [(record.levelname, record.getMessage(), bool(record.exc_info)) for record in caplog.records] == [
        ("DEBUG", line, True) for line in lines
    ]


@pytest.mark.parametrize("error", [None, OSError("down"), ConfigurationError("write this")])
def test_the_epoch_of_a_store_before_a_challenge(caplog, error):
    """It is asked for each time; without an answer the challenge is made all the same, and the log says why."""
    caplog.set_level(logging.DEBUG, "digest_http.middleware")
    store = Asked(error)
    server = Server(store=store)
    for number in (1, 2):
        assert server.request().status == 401
        assert store.times == [1_700_000_000_000_000] * number
    lines = [(record.getMessage(), record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert lines == [("the nonce store did not tell its epoch", error)] * (2 if error else 0)


@pytest.mark.parametrize(("policy", "reason"), [({"users": Down()}, "users-down"), ({"store": Down()}, "store-down")])
def test_the_codes_of_sources_that_are_down(caplog, policy, reason):
    """One for each, in the log."""
    caplog.set_level(logging.DEBUG, "digest_http.middleware")
    server = Server(**policy)
    assert server.get(server.signer()).status == 503
    line = f'{reason} client=192.0.2.7 method=GET path="/x" user="alice"'
    assert (caplog.records[-1].getMessage(), caplog.records[-1].levelname) == (line, "ERROR")


@pytest.mark.parametrize(("target", "uri", "prefix", "status"), [
    ("/x", "/x", "", 200),
    ("/x", "/y", "", 400),
    ("/x", "/x", "/api", 400),
    ("/x", "/api/x", "/api", 200),
    ("/x", "/api/x", "/api/", 200),
    ("/api/x", "/api/x", "/api", 400),
    ("/x", "/api/x", "", 400),
    ("http://other.example/x", "http://other.example/x", "", 400),
    ("http://server.example/x", "http://server.example/x", "", 200),
    ("*", "*", "", 200),
    ("x:/y", "x:/y", "", 400),
])  # fmt: skip
def test_the_uri_and_the_request(target, uri, prefix, status):
    """The one names the other, also where a proxy in front removes a prefix."""
    server = Server(stripped_prefix=prefix)
    assert server.request("GET", target, server.signer().sign("GET", uri)).status == status


@pytest.mark.parametrize("text", ["no route to host", "ends with X", "ends with blanks \t ", "two\nlines"])
def test_the_record_of_a_source_that_is_down(caplog, text):
    """Where it was logged, what was raised, and its traceback as text, to the last character."""

    class Failing(Down):
        def ha1(self, *_):
            raise OSError(text)

    caplog.set_level(logging.DEBUG, "digest_http.middleware")
    server = Server(users=Failing())
    server.get(server.signer())
    record = caplog.records[-1]
    assert (record.name, record.levelname) == ("digest_http.middleware", "ERROR")
    assert record.getMessage() == 'users-down client=192.0.2.7 method=GET path="/x" user="alice"'
    assert (record.args, record.lineno, record.funcName) == ((), 0, "log_refused")
    assert record.pathname.endswith("events.py")
    assert record.exc_info is not None
    kind, error, trace = record.exc_info
    assert (kind, str(error), trace is not None) == (OSError, text, True)
    assert record.exc_text is not None
    assert record.exc_text.startswith("Traceback (most recent call last):\n  File ")
    assert record.exc_text.endswith(f"\nOSError: {text}".replace("\t", "\\t"))
