"""A client here and a server in another process: they authenticate, sign and seal over a socket, both directions."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest_http import sspi
from digest_http.sspi import NtStatus
from tests.sspi.sealing_server import receive, seal, send, sign, unseal, verify
from tests.sspi.wiring import PRIVACY, TOKEN, buffers, client_handle

SERVER = Path(__file__).with_name("sealing_server.py")


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    """A connection to a server process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, str(SERVER), "0", "correct horse"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with socket.create_connection(("127.0.0.1", port), timeout=30) as made:
                yield made
            assert process.wait(30) == 0
        finally:
            process.kill()


def authenticate(connection: socket.socket, cipher: str) -> sspi.CtxtHandle:
    """The client's side of the exchange."""
    credential = client_handle(ciphers=[cipher])
    context, status = None, NtStatus.SEC_I_CONTINUE_NEEDED
    while status is NtStatus.SEC_I_CONTINUE_NEEDED:
        output = buffers((TOKEN, 4096))
        given = buffers((TOKEN, receive(connection)))
        context, _, _, status = sspi.initialize_security_context(
            credential, context, "test/localhost", PRIVACY, 0, given, output
        )
        if status is NtStatus.SEC_I_CONTINUE_NEEDED:
            send(connection, output[0].data)
    assert context is not None
    return context


@pytest.mark.parametrize("cipher", ["3des", "rc4"])
def test_sign_and_seal_between_processes(connection, cipher):
    """Three rounds: each side seals one message and signs another, and the other side opens and checks them."""
    context = authenticate(connection, cipher)
    for number in range(3):
        secret, public = b"secret %d" % number, b"public %d" % number
        record = seal(context, secret)
        assert secret not in record
        send(connection, record)
        send(connection, public)
        send(connection, sign(context, public))
        sealed = receive(connection)
        assert secret not in sealed
        assert unseal(context, sealed) == b"sealed:" + secret
        answer = receive(connection)
        assert answer == b"signed:" + public
        verify(context, answer, receive(connection))
