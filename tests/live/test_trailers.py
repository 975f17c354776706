"""The proof of a long answer over a real wire: in a trailer for who asks for trailers, else not promised."""

from __future__ import annotations

import http.client
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks.signing import Signer, parameters
from tests.live.peers import HOST, free_port, python_peer, running, wait_until_listening
from tests.live.trailers_app import ANSWERS

pytestmark = pytest.mark.live

Fields = dict[bytes, bytes]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Hypercorn, which speaks HTTP/1.1 and HTTP/2 in clear on one port."""
    python_peer("hypercorn")
    number, log = free_port(), tmp_path_factory.mktemp("hypercorn") / "log"
    command = [sys.executable, "-P", "-m", "hypercorn", "tests.live.trailers_app:app", "--bind", f"{HOST}:{number}"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with running(command, log, env) as process:
        wait_until_listening(process, number, log)
        yield number
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


def over_http_1(port: int, path: str, fields: dict[str, str]) -> tuple[Fields, bytes, Fields]:
    """Header, body and trailer of an answer; this client reads no trailer."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request("GET", path, headers=fields)
    answer = connection.getresponse()
    trailer: Fields = {}
    found = {name.lower().encode(): value.encode() for name, value in answer.getheaders()}, answer.read(), trailer
    connection.close()
    return found


def over_http_2(port: int, path: str, fields: dict[str, str]) -> tuple[Fields, bytes, Fields]:
    """The same over HTTP/2, which says apart what is a header and what a trailer."""
    connection = python_peer("h2.connection").H2Connection()
    events = python_peer("h2.events")
    header: Fields = {}
    trailer: Fields = {}
    body = b""
    with socket.create_connection((HOST, port), timeout=10) as wire:
        connection.initiate_connection()
        names = [(":method", "GET"), (":path", path), (":scheme", "http"), (":authority", HOST)]
        names += [(name.lower(), value) for name, value in fields.items()]
        connection.send_headers(1, names, end_stream=True)
        wire.sendall(connection.data_to_send())
        ended = False
        while not ended:
            for event in connection.receive_data(wire.recv(65536)):
                if isinstance(event, events.ResponseReceived):
                    header = dict(event.headers)
                elif isinstance(event, events.TrailersReceived):
                    trailer = dict(event.headers)
                elif isinstance(event, events.DataReceived):
                    body += event.data
                ended = ended or isinstance(event, events.StreamEnded)
            wire.sendall(connection.data_to_send())
    return header, body, trailer


@pytest.mark.parametrize(
    ("over", "te", "trailers"),
    [
        (over_http_1, None, False),
        (over_http_1, "trailers", False),  # this server sends none over HTTP/1.1, whoever asks
        (over_http_1, "deflate", False),
        (over_http_2, None, False),
        (over_http_2, "trailers", True),
    ],
)
@pytest.mark.parametrize("path", ANSWERS)
def test_where_the_proof_stands(port: int, over: Any, te: str | None, trailers: bool, path: str) -> None:
    """In the header of a short answer, in the trailer of a long one if it will be sent; else all but the proof."""
    refused, _, _ = over(port, path, {})
    signer = Signer(parameters(refused[b"www-authenticate"]))
    fields = {"Authorization": signer.sign("GET", path, body=b"").decode()}
    if te is not None:
        fields["TE"] = te
    header, body, trailer = over(port, path, fields)
    assert body == b"".join(ANSWERS[path])
    proof = f'rspauth="{signer.rspauth(body)}"'.encode()
    if path == "/short":
        assert proof in header[b"authentication-info"]
    elif trailers:
        assert proof in trailer[b"authentication-info"]
        assert header[b"trailer"] == b"authentication-info"
        assert b"authentication-info" not in header
        return
    else:
        assert b"qop=auth-int" in header[b"authentication-info"]
        assert b"rspauth" not in header[b"authentication-info"]
    assert trailer == {}
    assert b"trailer" not in header
