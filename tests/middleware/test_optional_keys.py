"""Scopes and messages with no more keys than ASGI demands: every subset of the optional ones may be missing or None."""

import itertools
from typing import Any

import pytest

from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import QOP, REALM, USERS, Clock, Server, run
from tests.attacks.signing import Signer, parameters

# What a server may leave out of a scope hangs on no interpreter.
pytestmark = pytest.mark.once

#: What asgi.readthedocs.io calls optional in the scopes of HTTP and of websockets.
OPTIONAL = {
    "http": ["scheme", "raw_path", "root_path", "client", "server", "state", "extensions"],
    "websocket": [
        "http_version", "scheme", "raw_path", "query_string", "root_path", "client", "server", "subprotocols", "state",
        "extensions",
    ],
}  # fmt: skip

#: Those that may be there with the value None.
NONE = ["raw_path", "client", "server", "extensions"]


def subsets(keys, rule):
    """All of them for the usual rule; for the others each key alone, and all at once."""
    sizes = range(len(keys) + 1) if rule == "all" else (0, 1, len(keys))
    return itertools.chain.from_iterable(itertools.combinations(keys, size) for size in sizes)


def scope_of(kind, headers):
    """A scope with every key there is."""
    method = "WEBSOCKET" if kind == "websocket" else "GET"
    return Server().scope(method, "/x", headers, state={})


async def app(scope, receive, send):
    """Answers either kind with what it was told of the user."""
    message = await receive()
    if message["type"] == "websocket.connect":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": scope["user"].identity.encode()})


def exchange(middleware, scope):
    """The messages that answer a scope."""
    sent: list[dict[str, Any]] = []
    kind = scope["type"]
    incoming = [{"type": "websocket.connect" if kind == "websocket" else "http.request"}]

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    run(middleware(scope, receive, send))
    return sent


def challenge_of(middleware):
    """A challenge of the default offer."""
    (start, _) = exchange(middleware, scope_of("http", []))
    values = [value for name, value in start["headers"] if name == b"www-authenticate"]
    return parameters(values[0])


RULES: dict[str, dict[str, Any]] = {
    "all": {},
    "public": {"public": ["/health"]},
    "protect": {"protect": ["/x"]},
    "preflight": {"allow_preflight": True},
    "stripped": {"stripped_prefix": "/svc"},
}


@pytest.mark.once
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", OPTIONAL)
def test_every_subset_of_the_optional_keys(kind, rule):
    """No exception for anybody, and the right answer to each: who signs gets in, who does not is refused."""
    middleware = DigestAuthMiddleware(app, USERS, REALM, qop=QOP, clock=Clock(), **RULES[rule])
    signer = Signer(challenge_of(middleware))
    uri = "/svc/x" if rule == "stripped" else "/x"
    nc = 0
    signings = itertools.cycle(["auth", "wrong", "auth-int", "elsewhere", "broken"])
    for missing in subsets(OPTIONAL[kind], rule):
        for nulled in (False, True) if set(missing) & set(NONE) else (False,):
            changes = {key: None for key in missing if key in NONE} if nulled else {}
            for signed in (None, next(signings), next(signings)):
                nc += signed in ("auth", "auth-int")
                body = b"" if signed == "auth-int" else None
                field = signer.sign("GET", "/elsewhere" if signed == "elsewhere" else uri, nc, body=body)
                if signed == "wrong":
                    field = field.replace(b"response=", b"response=0")
                headers = [] if signed is None else [(b"authorization", b"Digest ?" if signed == "broken" else field)]
                scope = scope_of(kind, headers)
                scope = {key: value for key, value in scope.items() if key not in missing} | changes
                sent = exchange(middleware, scope)
                if signed in ("auth", "auth-int"):
                    assert sent[0]["type"] in ("websocket.accept", "http.response.start"), (missing, nulled)
                    assert sent[0].get("status", 200) == 200
                    assert b"authentication-info" in dict(sent[0]["headers"])
                else:
                    assert sent[0]["type"] == "websocket.close" or sent[0]["status"] in (400, 401)


@pytest.mark.parametrize("kind", OPTIONAL)
def test_a_callable_rule_sees_the_scope_as_it_is(kind):
    """What is missing is not made up for an app's own rule, nor for the app."""
    seen: list[Any] = []

    def rule(scope):
        seen.append(scope)
        return False

    middleware = DigestAuthMiddleware(app, USERS, REALM, protect=rule)
    scope = {key: value for key, value in scope_of(kind, []).items() if key not in OPTIONAL[kind]}
    exchange(middleware, scope)
    assert seen == [scope]
