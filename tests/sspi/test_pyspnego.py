"""pyspnego's SSPIProxy, unmodified, on our functions: wrap, sign and the arrays of wrap_iov and unwrap_iov."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from spnego import _sspi as proxy
from spnego.iov import BufferType

from digest_http import sspi
from digest_http.sspi import SecBuffer, SecBufferDesc, SecBufferFlags
from tests.sspi.wiring import ALICE, DATA, TOKEN, client_handle, server_handle

HEADER, PADDING, STREAM = BufferType.header, BufferType.padding, BufferType.stream
SIGN_ONLY, READONLY, PLAIN = BufferType.sign_only, BufferType.data_readonly, BufferType.data


@pytest.fixture(params=["3des", "rc4"])
def proxies(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """A client and a server of pyspnego, authenticated. It takes sspilib where Windows is, so it is told that it is."""
    raw = SimpleNamespace(raw=sspi, IscReq=sspi.IscReq, AscReq=sspi.AscReq, WindowsError=sspi.WindowsError)
    monkeypatch.setattr(proxy, "sspilib", raw, raising=False)
    monkeypatch.setattr(proxy, "HAS_SSPI", True)
    # The package is in the handle, so the name that pyspnego knows it by does not matter.
    client = proxy.SSPIProxy(
        "alice", ALICE["alice"], "dc1", "ldap", protocol="ntlm",
        _sspi_credential=client_handle(ciphers=[request.param]),
    )  # fmt: skip
    server = proxy.SSPIProxy(
        "alice", ALICE["alice"], "dc1", "ldap", usage="accept", protocol="ntlm", _sspi_credential=server_handle()
    )
    token = server.step()
    while not (client.complete and server.complete):
        token = client.step(token)
        if token:
            token = server.step(token)
    return client, server


def test_wrap_sign_and_winrm(proxies):
    """Its whole messages: wrap and unwrap, WinRM's header and data, sign and verify."""
    client, server = proxies
    assert server.unwrap(client.wrap(b"a message").data).data == b"a message"
    sealed = server.wrap_winrm(b"of WinRM")
    assert client.unwrap_winrm(sealed.header, sealed.data) == b"of WinRM"
    assert server.verify(b"signed", client.sign(b"signed")) == 0


@pytest.mark.parametrize(
    "iov",
    [
        [HEADER, b"one", PADDING],
        [HEADER, b"one", b"two and more", PADDING],
        [b"one", HEADER, b"two", PADDING],
        [HEADER, (SIGN_ONLY, b"head"), b"one", (SIGN_ONLY, b"foot"), PADDING],
        [HEADER, (READONLY, b"head"), b"one", (READONLY, b"foot"), PADDING],
        [(SIGN_ONLY, b"head"), b"one", (READONLY, b"foot"), b"two", HEADER, PADDING],
        [b"one", BufferType.trailer],
    ],
)
def test_wrap_iov_and_unwrap_iov(proxies, iov):
    """What wrap_iov returns is what unwrap_iov takes: data comes back, what is marked stays as it was."""
    client, server = proxies
    plain = [entry if isinstance(entry, bytes) else entry[1] for entry in iov if not isinstance(entry, int)]
    for sender, receiver in ((client, server), (server, client)):
        wrapped = sender.wrap_iov(iov).buffers
        marked = [buffer.data for buffer in wrapped if buffer.type in (SIGN_ONLY, READONLY)]
        assert marked == [entry[1] for entry in iov if isinstance(entry, tuple)]
        opened = receiver.unwrap_iov(list(wrapped)).buffers
        assert [entry.data for entry in opened if entry.type in (PLAIN, SIGN_ONLY, READONLY)] == plain


def test_dce_rpc_as_sspilib_does_it(pair):
    """DCE/RPC seals the stub between a header and a trailer that are marked, with the signature in TOKEN behind."""
    flag = SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM
    size = sspi.query_context_attributes(pair.client, sspi.SecPkgContextSizes).security_trailer
    for sender, receiver in pair.ends():
        array = SecBufferDesc(
            [
                SecBuffer(bytearray(b"header"), DATA, flag),
                SecBuffer(bytearray(b"the stub"), DATA),
                SecBuffer(bytearray(b"trailer"), DATA, flag),
                SecBuffer(bytearray(size), TOKEN),
            ]
        )
        sspi.encrypt_message(sender, 0, array, 0)
        received = SecBufferDesc(
            SecBuffer(bytearray(buffer.data), buffer.buffer_type, buffer.buffer_flags) for buffer in array
        )
        sspi.decrypt_message(receiver, received, 0)
        assert [buffer.data for buffer in received][:3] == [b"header", b"the stub", b"trailer"]
