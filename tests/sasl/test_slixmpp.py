"""slixmpp logs in through our mechanism, and only where the server has proved itself."""

from __future__ import annotations

import asyncio

import pytest

from digest_http.sasl import DigestMD5Server
from digest_http.sasl.libraries.slixmpp import use_digest
from tests.live.peers import HOST, python_peer
from tests.sasl.pages import block
from tests.sasl.xmpp_server import AT_ONCE, CHALLENGE_AS_SUCCESS, IN_CHALLENGE, IN_SUCCESS, UNPROVED, xmpp_server
from tests.support.tracebacks import locals_shown

pytestmark = pytest.mark.live

#: A login on a machine that does much else.
LIMIT = 20


@pytest.fixture(autouse=True)
def library(monkeypatch):
    """slixmpp, whose mechanisms are as they were after the test."""
    slixmpp = python_peer("slixmpp")
    sasl = python_peer("slixmpp.util.sasl.client")
    plugin = python_peer("slixmpp.features.feature_mechanisms").FeatureMechanisms
    monkeypatch.setattr(sasl, "MECHANISMS", dict(sasl.MECHANISMS))
    monkeypatch.setattr(plugin, "_handle_challenge", plugin._handle_challenge)  # noqa: SLF001  # what the plug wraps
    return slixmpp


def outcome(library, login: DigestMD5Server, ending: str, password: str = "secret", **settings) -> str:
    """The first event that tells what became of a login of chris."""

    async def run() -> str:
        settings.setdefault("unencrypted_digest", True)
        names = {"slixmpp": library, "use_digest": use_digest, "jid": "chris@example.com", "password": password}
        names["settings"] = {"feature_mechanisms": settings}
        exec(block("slixmpp").replace("password)", "password, plugin_config=settings)"), names)  # noqa: S102  # the page
        client = names["client"]
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def hear(event: str):
            return lambda _: None if told.done() else told.set_result(event)

        gone = asyncio.Event()
        client.add_event_handler("disconnected", lambda _: gone.set())
        for event in ("auth_success", "failed_all_auth", "disconnected"):
            client.add_event_handler(event, hear(event))
        async with xmpp_server(login, ending) as port:
            client.enable_starttls = client.enable_direct_tls = False
            client.enable_plaintext = True
            client.connect(HOST, port)
            event = await asyncio.wait_for(told, LIMIT)
            client.abort()
            await asyncio.wait_for(gone.wait(), LIMIT)
        return event

    return asyncio.run(run())


def server(**settings) -> DigestMD5Server:
    """Ours, for one user of a domain."""
    return DigestMD5Server({"chris": "secret"}, **{"service": "xmpp", "host": "example.com"} | settings)


@pytest.mark.parametrize("ending", [IN_SUCCESS, IN_CHALLENGE])
@pytest.mark.parametrize("realms", ["example.com", (), ("one", "two")], ids=["domain", "none", "others"])
def test_a_login(library, ending, realms):
    """In both ways that RFC 6120 has for the last token; the realm is the domain where it can be."""
    login = server(realms=realms)
    assert outcome(library, login, ending) == "auth_success"
    assert (login.username, login.realm) == ("chris", "one" if len(realms) == 2 else "example.com")


@pytest.mark.parametrize("ending", [UNPROVED, AT_ONCE, CHALLENGE_AS_SUCCESS])
def test_success_without_the_proof_opens_nothing(library, ending):
    """Wherever the server leaves it out."""
    assert outcome(library, server(), ending) == "disconnected"


def test_a_wrong_password(library):
    """slixmpp's own event."""
    assert outcome(library, server(), IN_SUCCESS, password="wrong") == "failed_all_auth"


def test_without_tls_it_has_to_be_said(library):
    """As with slixmpp's own."""
    assert outcome(library, server(), IN_SUCCESS, unencrypted_digest=False) == "failed_all_auth"


@pytest.mark.parametrize(("username", "made"), [("chris", True), ("zoë", True), ("chris:x", False), ("", False)])
def test_no_password_is_kept(username, made):
    """The object that slixmpp keeps has none; a name that cannot log in leaves the choice to other mechanisms."""
    use_digest()
    sasl = python_peer("slixmpp.util.sasl.client")
    given = dict.fromkeys(("realm", "host"), b"example.com") | {"service": b"xmpp", "authzid": b""}
    given |= {"username": username.encode(), "password": b"s3cret"}
    security = {"encrypted": True, "unencrypted_digest": False}
    if not made:
        with pytest.raises(sasl.SASLCancelled) as caught:
            sasl.MECHANISMS["DIGEST-MD5"]("DIGEST-MD5", given, security)
        assert not any("s3cret" in repr(value) for _, value in locals_shown(caught.value))
        return
    mechanism = sasl.MECHANISMS["DIGEST-MD5"]("DIGEST-MD5", given, security)
    assert "s3cret" not in repr(vars(mechanism))


def test_other_mechanisms_stay(library):
    """Of all that slixmpp has one name is another class; calling it twice changes nothing more."""
    sasl = python_peer("slixmpp.util.sasl.client")
    before = dict(sasl.MECHANISMS)
    use_digest()
    after = dict(sasl.MECHANISMS)
    use_digest()
    assert after == sasl.MECHANISMS
    assert {name for name in before if before[name] is not after[name]} == {"DIGEST-MD5"}
    assert before.keys() == after.keys()
    assert library.ClientXMPP


def test_lines():
    """Two."""
    assert len(block("slixmpp").splitlines()) == 2
