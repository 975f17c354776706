"""The JDK, Cyrus SASL and GNU SASL as client and as server, every qop and cipher they have."""

from __future__ import annotations

import pytest

from digest_http.errors import (
    DigestError,
    LogonDenied,
    MalformedField,
    MessageAltered,
    OutOfSequence,
    WrongPrincipal,
)
from digest_http.sasl import ClientSessions, DigestMD5Server, ServerSessions
from tests.sasl.logins import HOST, exchange, let_in, log_in_to, ours, settings_of
from tests.sasl.programs import LAYERS, Peer, PeerError

pytestmark = pytest.mark.live

COMBINATIONS = [(kind, layer) for kind, layers in LAYERS.items() for layer in layers]
WRAPPING = [(kind, layer) for kind, layer in COMBINATIONS if layer != "auth"]


@pytest.mark.parametrize(("kind", "layer"), COMBINATIONS)
@pytest.mark.parametrize("role", ["client", "server"])
def test_every_layer_in_both_roles(peers, kind, layer, role):
    """A login, then thirteen messages each way, 0 to 64 KiB."""
    # GNU SASL says nothing of its maxbuf and keeps to none.
    peer, end = peers(kind), ours(role, layer, enforce_maxbuf=kind != "gsasl")
    if role == "client":
        peer.start("server", layer, settings_of(realm=HOST))
        log_in_to(peer, end)
    else:
        peer.start("client", layer, settings_of())
        let_in(peer, end)
    assert end.qop == (layer if layer.startswith("auth") else "auth-conf")
    assert end.cipher == (None if layer.startswith("auth") else layer)
    if layer != "auth":
        exchange(peer, end)


# Where a login fails, the peer's own rule on charsets is the reason: GNU SASL hashes Latin-1 user names as UTF-8.
@pytest.mark.parametrize(
    ("username", "password", "fails_at"),
    [
        ("Zoë", "secret", {"gsasl"}),
        ("chris", "Gemüse", set()),
        ("Zoë", "Gemüse", {"gsasl"}),
        ("Пётр", "пароль", set()),
        ("Пётр", "Gemüse", set()),
        ("和也", "密码🂡", set()),
        # It also writes and reads quoted strings without escapes.
        ('a"b\\c', 'p"q\\r', {"gsasl"}),
    ],
)
@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("role", ["client", "server"])
def test_names_and_passwords_of_every_kind(peers, kind, role, username, password, fails_at):
    """Our server lets each peer in; our client gets in wherever the peer follows the rule."""
    peer = peers(kind)
    if role == "server":
        peer.start("client", "auth-int", settings_of(username=username, password=password))
        end = ours("server", "auth-int", users={username: password})
        if kind in fails_at and '"' in username:
            with pytest.raises(MalformedField):
                let_in(peer, end)
            return
        let_in(peer, end)
        assert end.username == username
    else:
        peer.start("server", "auth-int", settings_of(username=username, password=password, realm=HOST))
        end = ours("client", "auth-int", username=username, password=password)
        if kind in fails_at:
            with pytest.raises(PeerError):
                log_in_to(peer, end)
            return
        log_in_to(peer, end)
    exchange(peer, end, (1, 100))


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("role", ["client", "server"])
def test_acting_as_another(peers, kind, role):
    """authzid, which is under the digest, both ways."""
    peer = peers(kind)
    if role == "server":
        peer.start("client", "auth-int", settings_of(authzid="boss"))
        end = ours("server", "auth-int", authorize=lambda *who: who == ("chris", HOST, "boss"))
        let_in(peer, end)
    else:
        peer.start("server", "auth-int", settings_of(authzid="boss", realm=HOST))
        end = ours("client", "auth-int", authzid="boss")
        log_in_to(peer, end)
    assert end.authzid == "boss"
    exchange(peer, end, (1, 100))


@pytest.mark.parametrize(("kind", "layer"), [(kind, layer) for kind, layer in WRAPPING if kind != "gsasl"])
@pytest.mark.parametrize("role", ["client", "server"])
def test_a_small_maxbuf(peers, kind, layer, role):
    """Long messages in parts that the other side takes; the JDK does not split, so it is given short ones."""
    peer, end = peers(kind), ours(role, layer, maxbuf=300)
    if role == "client":
        peer.start("server", layer, settings_of(realm=HOST, maxbuf="200"))
        log_in_to(peer, end)
    else:
        peer.start("client", layer, settings_of(maxbuf="200"))
        let_in(peer, end)
    assert end.peer_maxbuf == 200
    message = bytes(range(256)) * 4
    records = list(end.wrap_parts(message))
    assert max(map(len, records)) <= 200
    assert b"".join(map(peer.unwrap, records)) == message
    pieces = [message] if kind == "cyrus" else [message[start : start + 250] for start in range(0, 1024, 250)]
    records = [record for piece in pieces for record in peer.wrap(piece)]
    assert max(map(len, records)) <= 300
    assert b"".join(map(end.unwrap, records)) == message


@pytest.mark.parametrize("kind", LAYERS)
def test_a_wrong_password(peers, kind):
    """Neither side lets the other in."""
    peer = peers(kind)
    peer.start("server", "auth-int", settings_of(realm=HOST))
    with pytest.raises(PeerError):
        log_in_to(peer, ours("client", "auth-int", password="wrong"))
    peer.start("client", "auth-int", settings_of(password="wrong"))
    with pytest.raises(LogonDenied):
        let_in(peer, ours("server", "auth-int"))


@pytest.mark.parametrize("kind", LAYERS)
def test_a_server_that_does_not_know_the_password(peers, kind):
    """A peer's client refuses a rspauth that is not ours, and our client one that is not theirs."""
    peer = peers(kind)
    peer.start("client", "auth-int", settings_of())
    server = ours("server", "auth-int")
    token, _ = peer.step(server.step())
    server.step(token)
    with pytest.raises(PeerError):
        peer.step(b"rspauth=" + b"0" * 32)
    peer.start("server", "auth-int", settings_of(realm=HOST))
    client = ours("client", "auth-int")
    token, _ = peer.step(client.step(peer.step()[0]))
    with pytest.raises(WrongPrincipal):
        client.step(token[:-1] + (b"0" if token[-1:] != b"0" else b"1"))


@pytest.mark.parametrize(("kind", "layer"), WRAPPING)
def test_a_peers_record_changed_or_repeated(peers, kind, layer):
    """What a peer made is refused when altered, and when it comes twice."""
    peer = peers(kind)
    for change, error in ((lambda record: bytes([record[0] ^ 1]) + record[1:], MessageAltered), (None, OutOfSequence)):
        peer.start("client", layer, settings_of())
        end = ours("server", layer)
        let_in(peer, end)
        (record,) = peer.wrap(b"0123456789")
        if change is None:
            end.unwrap(record)
        with pytest.raises(error):
            end.unwrap(record if change is None else change(record))
        with pytest.raises(DigestError):
            end.unwrap(peer.wrap(b"next")[0])


@pytest.mark.parametrize("kind", LAYERS)
def test_our_records_changed(peers, kind):
    """Peers see it too: the JDK gives an empty result, which ours never does, the others an error."""
    peer = peers(kind)
    peer.start("server", "auth-int", settings_of(realm=HOST))
    end = ours("client", "auth-int")
    log_in_to(peer, end)
    record = bytearray(end.wrap(b"0123456789"))
    record[0] ^= 1
    if kind == "jdk":
        assert peer.unwrap(bytes(record)) == b""
    else:
        with pytest.raises(PeerError):
            peer.unwrap(bytes(record))


@pytest.mark.parametrize("wanted", ["first", "second"])
def test_several_realms(peers, wanted):
    """The JDK's server offers two, its client chooses among ours."""
    peer = peers("jdk")
    peer.start("server", "auth", settings_of(realm="first second"))
    client = ours("client", "auth", realm=lambda offered: next(realm for realm in offered if realm == wanted))
    log_in_to(peer, client)
    peer.start("client", "auth", settings_of(realm=wanted))
    server = ours("server", "auth", realms=("first", "second"))
    let_in(peer, server)
    assert client.realm == server.realm == wanted


def test_an_empty_realm(peers):
    """GNU SASL sends none, Cyrus an empty one; the JDK's client has no answer to it."""
    for kind in ("cyrus", "gsasl"):
        peer = peers(kind)
        peer.start("client", "auth-int", settings_of(realm=""))
        let_in(peer, ours("server", "auth-int", realms=""))


def test_a_jdk_server_without_utf8(peers):
    """No charset in the challenge: everything is ISO 8859-1."""
    peer = peers("jdk")
    peer.start("server", "auth", settings_of(realm=HOST, utf8="false", username="Zoë", password="Gemüse"))
    log_in_to(peer, ours("client", "auth", username="Zoë", password="Gemüse"))


def test_a_gsasl_server_and_a_latin1_name(peers):
    """It hashes the name as it came, so the client must too."""
    peer = peers("gsasl")
    peer.start("server", "auth-int", settings_of(realm=HOST, username="Zoë"))
    log_in_to(peer, ours("client", "auth-int", username="Zoë", downgrade=False))


@pytest.mark.parametrize("layer", ["auth", "auth-int", "rc4"])
def test_cyrus_servers_take_a_nonce_again(peers, layer):
    """nc=2 with a fresh cnonce: one round trip, and a layer with keys of its own."""
    peer, sessions = peers("cyrus"), ClientSessions()
    keys = []
    for count in (1, 2, 3):
        peer.start("server", layer, settings_of(realm=HOST))
        client = ours("client", layer, sessions=sessions)
        first = client.step()
        assert (f"nc={count:08x}".encode() in first) is (count > 1)
        token, done = peer.step(first)
        if count == 1:
            token, done = peer.step(client.step(token))
        assert client.step(token) == b""
        assert done or peer.step()[1]
        keys.append(client.session_key())
        if layer != "auth":
            exchange(peer, client, (1, 1000))
    assert len(set(keys)) == 3


@pytest.mark.parametrize("layer", ["auth", "auth-int", "rc4"])
def test_cyrus_clients_use_a_nonce_again(peers, layer):
    """They repeat their cnonce: taken without a layer, sent back to a full login with one."""
    peer, sessions = peers("cyrus"), ServerSessions()
    # A name of its own, since the library keeps what it learns for the life of the process.
    settings = settings_of(username=f"again-{layer}")
    users = {f"again-{layer}": "secret"}
    for count in (1, 2):
        peer.start("client", layer, settings)
        server = ours("server", layer, sessions=sessions, users=users)
        first, _ = peer.step()
        answer = server.step(first)
        if count == 2 and layer == "auth":
            assert server.complete
            assert peer.step(answer)[1]
            continue
        assert (b"stale=true" in answer) is (count == 2)
        let_in_from(peer, server, answer)
        if layer != "auth":
            exchange(peer, server, (1, 1000))


def let_in_from(peer: Peer, server: DigestMD5Server, challenge: bytes) -> None:
    """The rest of a login after the challenge."""
    token, _ = peer.step(challenge)
    _, done = peer.step(server.step(token))
    assert done
    assert server.complete


def test_jdk_and_gsasl_servers_pass_over_an_initial_response(peers):
    """A client that hopes to resume carries on with their challenge."""
    for kind in ("jdk", "gsasl"):
        peer, sessions = peers(kind), ClientSessions()
        for _ in range(2):
            peer.start("server", "auth", settings_of(realm=HOST))
            client = ours("client", "auth", sessions=sessions)
            log_in_to(peer, client)
            assert client.complete
