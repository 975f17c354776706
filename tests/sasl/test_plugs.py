"""The plugs, called as their libraries call them; test_thrift and test_zookeeper have the libraries themselves."""

from __future__ import annotations

import pytest

from digest_http.errors import ConfigurationError, ContextExpired, MessageAltered, OutOfSequence, WrongPrincipal
from digest_http.sasl import DigestMD5Client, DigestMD5Server, frame
from digest_http.sasl.plugs import PureSASLClient, ThriftSASLClient, verifying

LAYERS = ["auth", "auth-int", "auth-conf"]


def server_of(qop: str) -> DigestMD5Server:
    """A Thrift service of Hadoop."""
    return DigestMD5Server({"chris": "secret"}, service="null", host="default", qop=qop, enforce_maxbuf=False)


def pure(qop: str, **settings) -> PureSASLClient:
    """pure-sasl's spelling."""
    return PureSASLClient("default", "null", "DIGEST-MD5", username="chris", password="secret", qops=(qop,), **settings)


@pytest.mark.parametrize("qop", LAYERS)
def test_pure_sasl(qop):
    """process, wrap and unwrap; clear text passes with qop=auth, and no maxbuf holds."""
    client, server = pure(qop), server_of(qop)
    assert client.process() == b""
    assert client.process(server.step(client.process(server.step()))) == b""
    assert client.complete
    assert (client.qop, client.mechanism) == (qop, "DIGEST-MD5")
    client.dispose()
    message = bytes(100_000)
    if qop == "auth":
        assert client.wrap(message) == client.unwrap(message) == message
    else:
        assert server.unwrap(client.wrap(message)) == message
        assert client.unwrap(server.wrap(message)) == message
        record = bytearray(server.wrap(message))
        record[0] ^= 1
        with pytest.raises(MessageAltered):
            client.unwrap(bytes(record))
        assert not client.complete


def test_pure_sasl_sends_nothing_in_clear_before_its_time():
    """qop=auth passes clear text only once the server has proved itself, and not after a failure."""
    client, server = pure("auth"), server_of("auth")
    client.process(server.step())
    for call in (client.wrap, client.unwrap):
        with pytest.raises(OutOfSequence, match="complete"):
            call(b"message")
    with pytest.raises(WrongPrincipal):
        client.process(b'rspauth=""')
    for call in (client.wrap, client.unwrap):
        with pytest.raises(ContextExpired):
            call(b"message")


def test_pure_sasl_names():
    """authorization_id is authzid; another mechanism is refused."""
    server = DigestMD5Server(
        {"chris": "secret"}, service="null", host="default", authorize=lambda *who: who[2] == "boss"
    )
    client = pure("auth", authorization_id="boss")
    client.process(server.step(client.process(server.step())))
    assert server.authzid == "boss"
    with pytest.raises(ConfigurationError):
        PureSASLClient("h", "s", "GSSAPI", username="u", password="p")


def thrift(qop: str, password: str = "secret") -> ThriftSASLClient:
    """What a factory gives to thrift_sasl."""
    return ThriftSASLClient(
        DigestMD5Client("chris", password, service="null", host="default", qop=qop, enforce_maxbuf=False)
    )


@pytest.mark.parametrize("qop", LAYERS)
def test_thrift_sasl(qop):
    """start, step, encode and decode; records carry their lengths."""
    client, server = thrift(qop), server_of(qop)
    assert client.start(b"DIGEST-MD5") == (True, "DIGEST-MD5", b"")
    ok, response = client.step(server.step())
    assert ok
    assert client.step(server.step(response).decode()) == (True, b"")
    message = bytes(100_000)
    if qop == "auth":
        assert client.encode(message) == client.decode(message) == (True, message)
        return
    ok, record = client.encode(message)
    assert ok
    assert server.unwrap(record[4:]) == message
    assert client.decode(frame(server.wrap(b"one")) + frame(server.wrap(b"two"))) == (True, b"onetwo")
    assert client.decode(frame(bytes(20))) == (False, b"")
    assert "type" in client.getError()


def test_thrift_sasl_failures_are_answers():
    """(False, …) and a text, as its callers expect; a mechanism of another name is refused."""
    client = thrift("auth-int")
    with pytest.raises(ConfigurationError):
        client.start("PLAIN")
    client.start("DIGEST-MD5")
    assert client.encode(b"too early")[0] is False
    assert "complete" in client.getError()
    assert client.step(b"nonsense") == (False, b"")
    assert client.encode(b"too late")[0] is False
    assert "failed" in client.getError()


class Transport:
    """What thrift_sasl's transport does with the last message."""

    OK, BAD, COMPLETE = 2, 3, 5

    def __init__(self, sasl, message) -> None:
        self.sasl = sasl
        self._message = message

    def _recv_sasl_message(self):
        return self._message


@pytest.mark.parametrize(("spoil", "status"), [(False, Transport.COMPLETE), (True, Transport.BAD)])
def test_verifying_hands_on_the_servers_proof(spoil, status):
    """The data of COMPLETE reaches the client, and a wrong proof is a bad end."""
    client, server = thrift("auth-int"), server_of("auth-int")
    client.start("DIGEST-MD5")
    _, response = client.step(server.step())
    proof = server.step(response)
    proof = b"rspauth=" + b"0" * 32 if spoil else proof
    transport = verifying(Transport)(client, (Transport.COMPLETE, proof))
    received, payload = transport._recv_sasl_message()  # noqa: SLF001  # as the library calls it
    assert received == status
    assert client.encode(b"message")[0] is not spoil
    assert payload == ("the server does not know the password: its rspauth is wrong" if spoil else proof)


@pytest.mark.parametrize("late", ["before-the-challenge", "challenge-again", "nothing", "at-the-challenge"])
@pytest.mark.parametrize("qop", LAYERS)
def test_verifying_opens_only_after_the_proof(qop, late):
    """COMPLETE with anything but the proof is a bad end, whether or not the client could answer it."""
    client, server = thrift(qop), server_of(qop)
    client.start("DIGEST-MD5")
    message = b""
    if late in {"before-the-challenge", "challenge-again"}:
        message = server.step()
    if late in {"challenge-again", "nothing"}:
        challenge = message or server.step()
        assert client.step(challenge)[0]
    transport = verifying(Transport)(client, (Transport.COMPLETE, message))
    status, payload = transport._recv_sasl_message()  # noqa: SLF001  # as the library calls it
    assert status == Transport.BAD
    assert payload
    assert not client.complete
    assert client.encode(b"message")[0] is False
    assert client.decode(b"message")[0] is False


def test_verifying_leaves_other_messages_alone():
    """A challenge is for the transport's own loop."""
    transport = verifying(Transport)(None, (Transport.OK, b"challenge"))
    assert transport._recv_sasl_message() == (Transport.OK, b"challenge")  # noqa: SLF001  # as above
    assert issubclass(type(transport), Transport)
