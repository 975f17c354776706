"""No password, H(A1), key or session key leaves an object of ours by pickle, copy or repr, whatever object it is.

Objects are made and used as users use them, then everything of ours that hangs on them is found and tried: a new class
that holds a secret is tried with the first object that leads to it.
"""

from __future__ import annotations

import copy
import gc
import logging
import pickle
import types
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from digest_http import sspi, users
from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.challenge import parse_challenges
from digest_http.guard.key_sources import KeyFile
from digest_http.httpauth.challenge_selection import Preference, choose
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.sasl.plugs import PureSASLClient, ThriftSASLClient
from digest_http.users.htdigest_lines import parse
from digest_http.users.sql import SQLUsers
from digest_http_client_auth import DigestAuth
from tests.attacks.driver import Server
from tests.attacks.signing import ha1
from tests.sspi.wiring import PRIVACY, HTTPPair, SASLPair, client_handle, server_handle

PASSWORD = "correct horse battery staple"
REALM = "wonder"
KEY = "k-" * 20
DATABASE_PASSWORD = "between-me-and-postgres"
HA1 = {name: ha1(name, "alice", REALM, PASSWORD) for name in ("MD5", "SHA-256", "SHA-512-256")}

LIBRARIES = ("digest_http", "digest_http_middleware", "digest_http_client_auth")


class Users:
    """A directory as users write one: it keeps passwords, and may be pickled for all we know."""

    def __init__(self):
        self.kept = {"alice": PASSWORD}

    def look_up(self, username, realm, algorithm):
        """H(A1), as CallableUsers asks for it."""
        found = self.kept.get(username)
        return None if found is None else ha1(algorithm.base, username, realm, found).encode()


def middlewares():
    """A middleware of each kind of users after requests of both kinds of qop, and what it made of them."""
    for source in ({"alice": PASSWORD}, Users().look_up, users.CachedUsers(users.CallableUsers(Users().look_up), 60)):
        server = Server(users=source, keys=KEY, algorithms=["SHA-256", "MD5-sess"])
        yield server.middleware
        acceptor = server.middleware.guard.acceptor
        for algorithm in ("SHA-256", "MD5-sess"):
            signer = server.signer("alice", PASSWORD, algorithm)
            context = acceptor.open(signer.sign().removeprefix(b"Digest "))
            message = HTTPMessage(context.token, b"GET", b"/x")
            found = HA1["SHA-256" if algorithm == "SHA-256" else "MD5"].encode()
            context.verify_signature(message, found, context.nonces.now())
            yield context
            assert server.get(signer).status == 200
            assert server.get(signer, 2, body=b"").status == 200


def clients():
    """A client after a login, and its context with a nonce of each kind of algorithm."""
    server = Server(users={"alice": PASSWORD}, clock=lambda: 1_700_000_000.0)
    auth = DigestAuth("alice", PASSWORD, algorithms=["SHA-256"])

    def answer(request):
        response = server.request("GET", "/x", [v for n, v in request.headers.raw if n.lower() == b"authorization"])
        return httpx.Response(response.status, headers=response.headers, content=response.body)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        for _ in range(2):
            assert client.get("http://server.example/x", auth=auth).status_code == 200
    yield auth
    identity = Identity("alice", PASSWORD)
    for algorithm in ("MD5-sess", "SHA-256"):
        field = f'Digest realm="{REALM}", nonce="n", qop="auth,auth-int", algorithm={algorithm}'
        choice = choose(parse_challenges([field.encode()]), Preference(), print)
        assert choice is not None
        context = ClientContext(identity, REALM.encode(), by_name(algorithm))
        nonce = context.learn(choice)
        assert nonce is not None
        context.accept(nonce)
        yield context.make_signature(HTTPMessage(b"", b"GET", b"/x"), nonce)


def sources(folder):
    """Every source of users and keys."""
    lines = f"alice:{REALM}:{HA1['MD5']}\nalice:{REALM}:SHA-256:{HA1['SHA-256']}\n"
    file, keys = folder / "users", folder / "keys"
    for path, text in ((file, lines), (keys, KEY)):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    from_file = users.open_users(f"htdigest:///{file}?cache=60", REALM, [by_name("MD5")])
    from_file.ha1("alice", REALM, by_name("MD5"))
    yield from_file
    yield from parse(lines.encode()).values()
    yield KeyFile(keys)
    yield SQLUsers(f"postgresql://app:{DATABASE_PASSWORD}@db/app")


def sasl():
    """Both ends of exchanges with each kind of layer, begun and complete, and the plugs on top."""
    for qop, ciphers in (("auth-int", "rc4"), ("auth-conf", "rc4"), ("auth-conf", "3des")):
        client = DigestMD5Client("alice", PASSWORD, service="ldap", host="h", qop=qop, ciphers=ciphers)
        hashed = DigestMD5Client("alice", ha1=HA1["MD5"], service="ldap", host="h", qop=qop, ciphers=ciphers)
        server = DigestMD5Server({"alice": PASSWORD}, service="ldap", host="h", realms=REALM, qop=qop, ciphers=ciphers)
        yield from (client, hashed, server)
        response = client.step(server.step(client.step()))
        client.step(server.step(response))
        assert client.complete
    yield PureSASLClient("h", "ldap", username="alice", password=PASSWORD)
    yield ThriftSASLClient(DigestMD5Client("alice", PASSWORD, service="ldap", host="h"))


def handles():
    """The SSPI names on both sides of both protocols, and the structure that holds a session key."""
    ours: dict[str, Any] = {
        "client_handle": client_handle(PASSWORD),
        "server_handle": server_handle({"alice": PASSWORD}, realm=REALM),
    }
    http, over_sasl = HTTPPair(**ours).login(), SASLPair(**ours, client_flags=PRIVACY).login()
    for pair in (http, over_sasl):
        yield from (pair.client, pair.server, pair.client_handle, pair.server_handle)
        yield sspi.query_context_attributes(pair.server, sspi.SecPkgContextSessionKey)
        yield sspi.query_context_attributes(pair.client, sspi.SecPkgContextSessionKey)
    yield sspi.WinNTAuthIdentity("alice", None, PASSWORD)
    yield sspi.DigestAccounts({"alice": PASSWORD}, realm=REALM)


def ours(value):
    """Whether a class of our packages made this object."""
    # A function of the compiled form has a type whose __module__ is a descriptor.
    return str(type(value).__module__).split(".")[0] in LIBRARIES and not isinstance(value, type)


def reachable(roots):
    """Every object of ours that hangs on these, through whatever lies between: dicts, closures, library objects."""
    seen: dict[int, Any] = {}
    queue = list(roots)
    while queue:
        value = queue.pop()
        if id(value) in seen or isinstance(value, (type, types.ModuleType, types.FrameType, logging.Logger)):
            continue
        seen[id(value)] = value
        if isinstance(value, types.FunctionType):
            # Not its module's globals: they lead everywhere.
            queue += [value.__closure__, value.__defaults__]
        else:
            queue += gc.get_referents(value)
    return [value for value in seen.values() if ours(value)]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """One object of each class of ours, or more, as they are after use; the roots keep them alive."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        groups = (middlewares(), clients(), sources(tmp_path_factory.mktemp("secrets")), sasl(), handles())
        roots = [root for group in groups for root in group]
    return roots, reachable(roots)


def secrets_of(roots):
    """Every spelling of every secret in play: text, hex, raw."""
    keys = [root.session_key for root in roots if isinstance(root, sspi.SecPkgContextSessionKey)]
    keys += [root.session_key() for root in roots if isinstance(root, DigestMD5Client) and root.complete]
    assert len(keys) >= 6
    words = [PASSWORD, KEY, DATABASE_PASSWORD, *HA1.values(), *(key.hex() for key in keys)]
    raw = [bytes.fromhex(word) for word in HA1.values()] + keys
    return [word.encode() for word in words] + raw + [repr(octets)[2:-1].encode() for octets in raw]


WAYS: dict[str, Callable[[Any], Any]] = {
    **{f"pickle-{number}": partial(pickle.dumps, protocol=number) for number in range(6)},
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


def octets_in(value, *, deep):
    """The octets and texts that an object holds, in attributes and items; `deep`: also behind other objects of ours."""
    seen: dict[int, Any] = {}
    queue = [value]
    while queue:
        part = queue.pop()
        if id(part) in seen or isinstance(part, (type, types.ModuleType, types.FunctionType, logging.Logger)):
            continue
        seen[id(part)] = part
        if isinstance(part, (bytes, bytearray)):
            yield bytes(part)
        elif isinstance(part, str):
            yield part.encode("utf-8", "surrogatepass")
        elif deep or part is value or not ours(part):
            queue += gc.get_referents(part)


def taken_out(value, way):
    """What comes out of an object in this way, as octets; None if it refuses and says why."""
    try:
        made = WAYS[way](value)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        return None if "pickle" in str(error) or "copied" in str(error) else str(error).encode()
    if isinstance(made, bytes):
        return made
    # A copy that only refers to the same other objects, shallow or said to be deep, is as good as those are.
    shares = made is value or (hasattr(made, "__dict__") and vars(made) == vars(value))
    return b"\x00".join(octets_in(made, deep=way == "deepcopy" and not shares))


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_pickled_or_copied(found, way):
    """TypeError that says so, or a pickle and a copy without any secret in them."""
    roots, objects = found
    secrets = secrets_of(roots)
    refused = set()
    for value in objects:
        made = taken_out(value, way)
        if made is None:
            refused.add(type(value).__name__)
            continue
        for secret in secrets:
            assert secret not in made, type(value)
    if way in {"copy", "deepcopy"}:
        refused.add("DigestAuth")  # its copies share its session, which refuses
    assert refused >= {
        "DigestAuthMiddleware", "Verifier", "Acceptor", "ServerContext", "NonceSource", "MappingUsers", "CallableUsers",
        "CachedUsersByHash", "CachedUsers", "HtdigestUsers", "Table", "Entry", "SQLUsers", "KeyFile", "DigestAuth",
        "Session", "Identity", "ClientContext", "ClientNonce", "NoncePool", "Signature", "DigestMD5Client",
        "DigestMD5Server", "Signer", "Sealer", "Unsealer", "CtxtHandle", "CredHandle", "Credential",
        "HTTPService", "HTTPServerContext", "HTTPClientContext", "SASLClientContext", "SASLServerContext",
        "DigestIdentity", "DigestAccounts", "WinNTAuthIdentity", "SecPkgContextSessionKey",
    }  # fmt: skip


def test_no_secret_is_shown(found):
    """repr and str of every object."""
    roots, objects = found
    secrets = secrets_of(roots)
    for value in objects:
        shown = (repr(value) + str(value)).encode()
        for secret in secrets:
            assert secret not in shown, type(value)


def test_the_search_finds_what_holds_secrets(found):
    """The search is worth something: among what it found are the holders of every secret."""
    _, objects = found
    held = b"\x00".join(octets for value in objects for octets in octets_in(value, deep=False))
    for secret in (PASSWORD, KEY, HA1["MD5"], HA1["SHA-256"]):
        assert secret.encode() in held
    assert len({type(value) for value in objects}) > 40
