"""Thrift's two Python SASL transports over our client, against Apache Thrift's Java server."""

from __future__ import annotations

import pytest

from digest_http.sasl.libraries.thrift import apache_transport, hive_transport
from tests.live.peers import free_port, peer_file, program, python_peer, running, wait_until_listening
from tests.sasl.programs import SOURCES

pytestmark = pytest.mark.live

MAKERS = {"apache_thrift": apache_transport, "thrift_sasl": hive_transport}

#: Archives and the Debian packages that hold them.
JARS = {
    "thrift": "libthrift-java",
    "slf4j-api": "libslf4j-java",
    "slf4j-nop": "libslf4j-java",
    "commons-lang3": "libcommons-lang3-java",
}


@pytest.fixture(scope="module", params=["auth", "auth-int", "auth-conf"])
def served(request, tmp_path_factory):
    """(qop, port) of an echo server; its cipher is what the client likes best."""
    java = program("java", package="openjdk-17-jdk-headless")
    jars = [str(peer_file(f"/usr/share/java/{name}.jar", package=package)) for name, package in JARS.items()]
    port, log = free_port(), tmp_path_factory.mktemp("thrift") / "log"
    command = [java, "-cp", ":".join(jars), str(SOURCES / "ThriftPeer.java"), str(port), request.param]
    with running(command, log) as process:
        wait_until_listening(process, port, log)
        yield request.param, port


def echo(transport, message: bytes) -> bytes:
    """Send a message, read it back."""
    transport.write(len(message).to_bytes(4, "big") + message)
    transport.flush()
    length = int.from_bytes(transport.readAll(4), "big")
    return bytes(transport.readAll(length))


def opened(example: str, port: int, qop: str, password: str = "secret"):
    """A transport of the example, connected."""
    for name in ("thrift_sasl", "puresasl"):
        python_peer(name)
    sockets = python_peer("thrift.transport.TSocket")
    transport = MAKERS[example](sockets.TSocket("127.0.0.1", port), "chris", password, qop=qop)
    try:
        transport.open()
    except BaseException:
        transport.close()
        raise
    return transport


@pytest.mark.parametrize("example", MAKERS)
def test_messages_through_thrift(served, example):
    """Short and long ones, each a record or several of Thrift's own frames."""
    qop, port = served
    transport = opened(example, port, qop)
    try:
        for length in (1, 2, 100, 1000, 65536, 200_000):
            message = bytes(index % 251 for index in range(length))
            assert echo(transport, message) == message
    finally:
        transport.close()


@pytest.mark.parametrize("example", MAKERS)
def test_a_wrong_password_through_thrift(served, example):
    """Thrift's own error, before anything is sent."""
    qop, port = served
    errors = python_peer("thrift.transport.TTransport")
    with pytest.raises(errors.TTransportException):
        opened(example, port, qop, password="wrong")
