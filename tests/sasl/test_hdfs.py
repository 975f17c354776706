"""The login at a data node: one made of Hadoop's messages and streams and the JDK's mechanism, and nodes that lie."""

from __future__ import annotations

import dataclasses
import importlib
import io
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest_http.errors import (
    DigestError,
    LogonDenied,
    MalformedField,
    MessageAltered,
    MessageTooLarge,
    QopNotSupported,
    WrongPrincipal,
)
from digest_http.sasl import DigestMD5Server
from digest_http.sasl.libraries.hadoop_tokens import HadoopToken
from digest_http.sasl.libraries.hdfs import block_client, data_node_login, pool_client
from digest_http.sasl.libraries.protobuf import delimited, encoded, last_fields
from tests.live.peers import HOST
from tests.sasl.hadoop import LAYERS
from tests.sasl.pages import block

TOKEN = HadoopToken("", "HDFS_BLOCK_TOKEN", "", b"\x01block", b"\x03\x04")


def echoed(node, message):
    """The node's answer to a message: the same."""
    node.write(len(message).to_bytes(4, "big") + message)
    node.flush()
    return node.read(int.from_bytes(node.read(4), "big"))


@pytest.mark.live
@pytest.mark.parametrize("login", ["token", "key"])
@pytest.mark.parametrize("qop", LAYERS)
def test_transfers_with_hadoop(hadoop, qop, login):
    """A block's token and a pool's key; short messages, and one that needs many records."""
    if login == "token":
        client = block_client(hadoop.tokens["block"], qop=qop)
    else:
        client = pool_client(7, "BP-1", b"nonce", b"a key of a pool", qop=qop)
    with socket.create_connection((HOST, hadoop.data[qop]), 10) as connection, connection.makefile("rwb") as file:
        node = data_node_login(file, client)
        for length in (0, 1, 1000, 400_000):
            message = bytes(index % 251 for index in range(length))
            assert echoed(node, message) == message


@pytest.mark.live
def test_logins_that_a_node_refuses(hadoop):
    """A wrong password, and a protection that is not the one that is wanted."""
    wrong = dataclasses.replace(hadoop.tokens["block"], password=b"wrong")
    for token, layer, error in ((wrong, "auth-conf", LogonDenied), (hadoop.tokens["block"], "auth", QopNotSupported)):
        with (
            socket.create_connection((HOST, hadoop.data[layer]), 10) as connection,
            connection.makefile("rwb") as file,
            pytest.raises(error),
        ):
            data_node_login(file, block_client(token, qop="auth-conf"))


@pytest.mark.live
def test_the_lines_of_the_page(hadoop):
    """What a user writes."""
    names = {"host": HOST, "port": hadoop.data["auth-conf"], "token": hadoop.tokens["block"], "socket": socket}
    names |= vars(importlib.import_module("digest_http.sasl.libraries.hdfs")) | {"request": b"\0\0\0\4data"}
    exec(block("Data nodes of HDFS"), names)  # noqa: S102  # our own page
    assert names["answer"] == b"\0\0\0\4data"


class Node:
    """A data node in the place of a socket's file, which says what it was told to."""

    def __init__(self, said: bytes) -> None:
        self.heard = b""
        self.read = io.BytesIO(said).read

    def write(self, data: bytes) -> None:
        self.heard += data

    def flush(self) -> None:
        pass


def server(**changed) -> DigestMD5Server:
    """A node's side of the login."""
    return DigestMD5Server(
        **{"users": {TOKEN.username: TOKEN.secret()}, "service": "hdfs", "host": "0", "qop": "auth-conf"} | changed
    )


def message(token: bytes, status: int = 0, error: bytes = b"") -> bytes:
    """One of the login's."""
    return delimited(encoded((1, status), (2, token), (3, error)))


CHALLENGE = message(server().step())


@pytest.mark.parametrize(
    ("said", "error"),
    [
        pytest.param(message(b"", 2, b"no\nway"), LogonDenied, id="an error at once"),
        pytest.param(message(b"", 1, b"unknown key"), LogonDenied, id="an unknown key"),
        pytest.param(CHALLENGE + message(b"", 2), LogonDenied, id="an error later"),
        pytest.param(CHALLENGE + message(b"rspauth=" + b"0" * 32), WrongPrincipal, id="a wrong proof"),
        pytest.param(CHALLENGE + message(b""), MalformedField, id="no proof"),
        pytest.param(message(b"") * 2, MalformedField, id="nothing at all"),
        pytest.param(CHALLENGE, MalformedField, id="an end"),
        pytest.param(b"", MalformedField, id="no word"),
        pytest.param(CHALLENGE[:-1], MalformedField, id="half a challenge"),
        pytest.param(delimited(encoded((2, b""))), LogonDenied, id="no status"),
        pytest.param(delimited(encoded((1, 0), (2, 5))), MalformedField, id="a number for a token"),
        pytest.param(b"\x80" * 9, MessageTooLarge, id="a length without end"),
        pytest.param(b"\xff\xff\x01", MessageTooLarge, id="a long message"),
    ],
)
def test_nodes_that_must_not_be_trusted(said, error):
    """No transfer begins, and the keys are forgotten."""
    client = block_client(TOKEN, qop="auth-conf")
    with pytest.raises(error):
        data_node_login(Node(said), client)
    assert client.ended


@pytest.mark.parametrize("qop", LAYERS)
def test_a_transfer_with_a_node_of_ours(qop):
    """The layer begins right behind the login; a record that was changed ends the transfer."""
    near, far = socket.socketpair()
    theirs = server(qop=qop)
    heard: list[bytes] = []

    def serve() -> None:
        with far, far.makefile("rwb") as file:
            assert file.read(4) == b"\xde\xad\xbe\xef"
            assert file.read(file.read(1)[0]) == encoded((1, 0), (2, b""))
            file.write(message(theirs.step()))
            file.flush()
            size = file.read(2)
            proof = theirs.step(last_fields(file.read(size[0] & 0x7F | size[1] << 7), "response")[2])  # type: ignore[arg-type]
            first = b"first" if qop == "auth" else theirs.wrap(b"first")
            second = bytearray(theirs.wrap(b"second") if qop != "auth" else b"second")
            second[0] ^= 1
            lengths = [b"" if qop == "auth" else len(part).to_bytes(4, "big") for part in (first, second)]
            file.write(message(proof) + lengths[0] + first + lengths[1] + second)
            file.flush()
            record = file.read(7 if qop == "auth" else int.from_bytes(file.read(4), "big"))
            heard.append(record if qop == "auth" else theirs.unwrap(record))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with near, near.makefile("rwb") as file:
        near.settimeout(10)
        node = data_node_login(file, block_client(TOKEN, qop=qop))
        node.write(b"request")
        node.flush()
        thread.join(10)
        assert heard == [b"request"]
        assert node.read(5) == b"first"
        if qop == "auth":
            assert node is file
        else:
            with pytest.raises(MessageAltered):
                node.read(6)


def test_the_names_of_logins():
    """As a data node takes them apart; a key wants confidentiality."""
    assert block_client(TOKEN).digest_uri == "hdfs/0"
    client = pool_client(-7, "BP-1", b"\x00\xff", b"key")
    assert client.username == "-7 BP-1 AP8="
    theirs = server(users={client.username: "a2V5"})
    client.step(theirs.step(client.step(theirs.step())))
    assert theirs.qop == "auth-conf"


@settings(deadline=None)
@given(st.binary(max_size=60), st.booleans())
def test_any_octets_of_a_node(octets, later):
    """One of our errors."""
    with pytest.raises(DigestError):
        data_node_login(Node(CHALLENGE * later + octets), block_client(TOKEN, qop="auth-conf"))
