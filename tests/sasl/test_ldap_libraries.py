"""ldap3 and anyldap with slapd, over our client: what a user writes, with every layer."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest

from digest_http.errors import ConfigurationError, SecurityWarning, WrongPrincipal
from digest_http.sasl import DigestMD5Client, LayeredSocket
from digest_http.sasl.libraries.anyldap import log_in
from digest_http.sasl.libraries.ldap3 import use_digest
from tests.live.peers import HOST, python_peer
from tests.sasl.pages import block
from tests.sasl.slapd import ENTRIES, LAYERS, NAME

# ldap3 2.9 is of 2021 and calls what pyasn1 has renamed since.
pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

BASE = "dc=example,dc=com"
HERE: dict[str, Any] = {"service": "ldap", "host": NAME}


def client(layer: str = "auth-int", **settings) -> DigestMD5Client:
    """A login that allows just this layer."""
    keywords: dict[str, Any] = {"qop": layer} if layer.startswith("auth") else {"qop": "auth-conf", "ciphers": layer}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return DigestMD5Client(
            **{"username": "user0", "password": "secret", "service": "ldap", "host": NAME} | keywords | settings
        )


class Forged(DigestMD5Client):
    """A client that meets a server which does not know the password: one digit of its proof is changed."""

    def step(self, token=None):
        """Spoil the proof on its way in."""
        if token and token.startswith(b"rspauth="):
            token = token[:-1] + (b"1" if token[-1:] == b"0" else b"0")
        return super().step(token)


# --- ldap3 ---


def ldap3_connection(port: int, make_client, **settings):
    """Not bound yet."""
    ldap3 = python_peer("ldap3")
    connection = ldap3.Connection(
        ldap3.Server(HOST, port, get_info=ldap3.NONE),
        authentication=ldap3.SASL,
        sasl_mechanism=ldap3.DIGEST_MD5,
        **settings,
    )
    use_digest(connection, make_client)
    return connection


@pytest.mark.parametrize("layer", LAYERS)
def test_ldap3_searches_through_every_layer(slapd, layer):
    """Hundreds of entries, each a record, on a connection that goes on; and a change of one."""
    connection = ldap3_connection(slapd, lambda: client(layer))
    assert connection.bind()
    for _ in range(2):
        assert connection.search(BASE, "(uid=*)", attributes=["uid"])
        assert len(connection.entries) == ENTRIES
    assert connection.extend.standard.who_am_i().startswith("dn:uid=user0,ou=people")
    connection.unbind()


def test_ldap3_as_the_page_says(slapd):
    """Three lines."""
    ldap3 = python_peer("ldap3")
    names = {"ldap3": ldap3, "host": HOST, "port": slapd, "name": NAME}
    names |= {"use_digest": use_digest, "DigestMD5Client": DigestMD5Client}
    source = block("ldap3")
    assert len(source.splitlines()) == 3
    exec(source, names)  # noqa: S102  # running the page is the test
    assert isinstance(names["connection"].socket, LayeredSocket)
    names["connection"].unbind()


@pytest.mark.parametrize("strategy", ["SAFE_SYNC", "ASYNC", "RESTARTABLE", "ASYNC_STREAM"])
def test_ldap3_strategies(slapd, strategy):
    """Those that read from a thread of their own meet the layer where the login ends."""
    ldap3 = python_peer("ldap3")
    connection = ldap3_connection(slapd, lambda: client("rc4"), client_strategy=getattr(ldap3, strategy))
    bound = connection.bind()
    assert bound[0] if strategy == "SAFE_SYNC" else bound
    asked = connection.search(BASE, "(uid=user1*)", attributes=["uid"])
    if strategy == "SAFE_SYNC":
        assert len(asked[2]) == 111
    elif strategy == "RESTARTABLE":
        assert len(connection.entries) == 111
    else:
        response, result = connection.get_response(asked)
        assert result["description"] == "success"
        assert strategy == "ASYNC_STREAM" or len(response) == 111
    read = connection.socket.recv
    connection.unbind()
    # What a thread of the strategy meets that is still reading.
    assert read(1) == b""


def test_ldap3_with_a_wrong_password(slapd):
    """bind() is False, as ever; another bind on the same connection may follow."""
    passwords = iter(("wrong", "secret"))
    connection = ldap3_connection(slapd, lambda: client(password=next(passwords)))
    assert not connection.bind()
    assert connection.result["description"] == "invalidCredentials"
    assert not isinstance(connection.socket, LayeredSocket)
    assert connection.bind()
    with pytest.raises(ConfigurationError, match="layer already"):
        connection.rebind()
    connection.unbind()


def test_ldap3_and_a_server_that_does_not_prove_itself(slapd):
    """The connection is closed, nothing more is said on it."""
    connection = ldap3_connection(slapd, lambda: Forged("user0", "secret", service="ldap", host=NAME, qop="auth-int"))
    with pytest.raises(WrongPrincipal):
        connection.bind()
    assert connection.closed


def test_ldap3_bound_too_early(slapd):
    """auto_bind is over before our client could be named."""
    ldap3 = python_peer("ldap3")
    connection = ldap3.Connection(ldap3.Server(HOST, slapd, get_info=ldap3.NONE), auto_bind=True)
    with pytest.raises(ConfigurationError, match="auto_bind"):
        use_digest(connection, client)
    connection.unbind()


# --- anyldap ---


async def with_anyldap(port: int, login: DigestMD5Client, use) -> None:
    """Bind, use it, leave."""
    anyio = python_peer("anyio")
    python_peer("anyldap")
    async with anyio.create_task_group() as task_group:
        ldap = await log_in(await anyio.connect_tcp(HOST, port), login, task_group)
        await use(ldap)
        await ldap.aclose()


@pytest.mark.parametrize("layer", LAYERS)
def test_anyldap_searches_through_every_layer(slapd, layer):
    """The same, in an event loop."""

    async def search(ldap) -> None:
        entry = python_peer("anyldap.protocols.ldap.ldapsyntax").LDAPEntry
        for _ in range(2):
            found = await entry(client=ldap, dn=BASE).search_async(filterText="(uid=*)", attributes=["uid"])
            assert len(found) == ENTRIES

    asyncio.run(with_anyldap(slapd, client(layer), search))


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: client(password="wrong"), "anyldap.protocols.ldap.ldaperrors"),
        (lambda: Forged("user0", "secret", **HERE), None),
    ],
)
def test_anyldap_logins_that_fail(slapd, make, error):
    """Its own error for a wrong password; a server without proof is left."""
    expected = python_peer(error).LDAPInvalidCredentials if error else WrongPrincipal
    login = make()
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(with_anyldap(slapd, login, None))
    assert caught.group_contains(expected)
    assert login.ended
