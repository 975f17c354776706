"""sspilib's own UserCredential, ClientSecurityContext and ServerSecurityContext, unmodified, on our functions."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from digest_http import sspi
from digest_http.sspi import AscReq, IscReq, NtStatus

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def sspilib() -> Iterator[Any]:
    """The package sspilib, freshly imported with our module in the place of sspilib.raw."""
    others = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "sspilib"}
    sys.modules["sspilib.raw"] = sspi
    try:
        yield importlib.import_module("sspilib")
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "sspilib"]:
            del sys.modules[name]
        sys.modules.update(others)


def contexts(sspilib: Any, client_flags: int | None = None, server_flags: int | None = None) -> tuple[Any, Any]:
    """A client and a server, authenticated by step()."""
    user = sspilib.UserCredential("alice", PASSWORD, protocol="WDigest")
    service = sspilib.UserCredential("alice", PASSWORD, protocol="WDigest", usage="accept")
    client = sspilib.ClientSecurityContext(user, "ldap/dc1.example.com", flags=client_flags)
    server = sspilib.ServerSecurityContext(service, flags=server_flags)
    token = client.step()
    while not (client.complete and server.complete):
        token = server.step(token)
        if token or not client.complete:
            token = client.step(token)
    return client, server


def test_the_classes_are_sspilibs_and_stand_on_ours(sspilib):
    """What runs below is sspilib's source; its handles are subclasses of ours."""
    assert sspilib.ClientSecurityContext.__module__ == "sspilib._sec_context"
    assert issubclass(sspilib.ClientSecurityContext, sspi.CtxtHandle)
    assert issubclass(sspilib.UserCredential, sspi.CredHandle)
    assert sspilib.raw is sspi


def test_step_with_sspilibs_own_flags(sspilib):
    """Left alone it asks for everything: the contexts end in auth-conf with mutual authentication."""
    client, server = contexts(sspilib)
    assert client.attributes & sspilib.IscRet.ISC_RET_CONFIDENTIALITY
    assert client.attributes & sspilib.IscRet.ISC_RET_MUTUAL_AUTH
    assert server.attributes & sspilib.AscRet.ASC_RET_CONFIDENTIALITY
    assert sspi.query_context_attributes(server, sspi.SecPkgContextNames).username == "alice"
    assert str(sspilib.UserCredential("alice", PASSWORD, protocol="WDigest")) == "alice - WDigest"


@pytest.mark.parametrize("flags", [None, IscReq.ISC_REQ_INTEGRITY], ids=["auth-conf", "auth-int"])
def test_sign_and_verify(sspilib, flags):
    """Signatures of both directions hold, one after the other; an altered message does not."""
    client, server = contexts(sspilib, flags)
    for sender, receiver in ((client, server), (server, client), (client, server)):
        signature = sender.sign(b"a message")
        assert len(signature) == 16
        assert receiver.verify(b"a message", signature) == 0
    with pytest.raises(sspilib.WindowsError, match="SEC_E_MESSAGE_ALTERED"):
        server.verify(b"another", client.sign(b"a message"))


@pytest.mark.parametrize("size", [0, 1, 5, 6, 7, 8, 1000, 40000])
def test_wrap_and_unwrap_sealed(sspilib, size):
    """What wrap() joins together, unwrap() opens: any length, both directions, with the octets hidden."""
    client, server = contexts(sspilib)
    message = bytes(range(256)) * (size // 256 + 1)
    for sender, receiver in ((client, server), (server, client), (client, server)):
        record = sender.wrap(message[:size])
        assert size < 16 or message[: size // 2] not in record
        result = receiver.unwrap(record)
        assert (result.data, result.qop) == (message[:size], 0)


def test_wrap_is_the_record_of_rfc_2831(sspilib):
    """The joined buffers are a record that the SASL room opens without any SSPI: interoperable as it stands."""
    client, server = contexts(sspilib)
    assert server.digest_context.mechanism.unwrap(client.wrap(b"hello")) == b"hello"
    assert client.unwrap(server.digest_context.mechanism.wrap(b"and back")).data == b"and back"


def test_wrap_without_encryption(sspilib):
    """encrypt=False signs in clear where the layer is auth-int; a layer that seals refuses it."""
    client, server = contexts(sspilib, IscReq.ISC_REQ_INTEGRITY)
    record = client.wrap(b"in clear", encrypt=False)
    assert record.startswith(b"in clear")
    result = server.unwrap(record)
    assert (result.data, result.qop) == (b"in clear", sspi.QopFlags.SECQOP_WRAP_NO_ENCRYPT)
    sealed, _ = contexts(sspilib)
    with pytest.raises(sspilib.WindowsError, match="SEC_E_QOP_NOT_SUPPORTED"):
        sealed.wrap(b"in clear", encrypt=False)


def test_channel_bindings(sspilib):
    """Bindings given to the classes are compared: the same pass, others are SEC_E_BAD_BINDINGS."""
    user = sspilib.UserCredential("alice", PASSWORD, protocol="WDigest")
    service = sspilib.UserCredential("alice", PASSWORD, protocol="WDigest", usage="accept")
    ours, others = (sspilib.SecChannelBindings(application_data=data) for data in (b"tls:1", b"tls:2"))

    def login(theirs: Any) -> Any:
        client = sspilib.ClientSecurityContext(user, "ldap/dc1", flags=0, channel_bindings=ours)
        server = sspilib.ServerSecurityContext(service, flags=0, channel_bindings=theirs)
        client.step(server.step(client.step(server.step())))
        return server

    assert login(ours).complete
    with pytest.raises(sspilib.WindowsError, match="SEC_E_BAD_BINDINGS"):
        login(others)


def test_wrong_password(sspilib):
    """The server's step raises, with sspilib's kind of error number."""
    user = sspilib.UserCredential("alice", "wrong", protocol="WDigest")
    service = sspilib.UserCredential("alice", PASSWORD, protocol="WDigest", usage="accept")
    client = sspilib.ClientSecurityContext(user, "ldap/dc1")
    server = sspilib.ServerSecurityContext(service)
    with pytest.raises(sspilib.WindowsError) as caught:
        server.step(client.step(server.step()))
    assert caught.value.winerror == NtStatus.SEC_E_LOGON_DENIED - (1 << 32)


def test_another_protocol_is_not_here(sspilib):
    """sspilib's default, Negotiate, is no package of ours."""
    with pytest.raises(sspilib.WindowsError, match="SEC_E_SECPKG_NOT_FOUND"):
        sspilib.UserCredential("alice", PASSWORD)


def test_a_keytab_is_no_password(sspilib):
    """sspilib's KeytabCredential is refused by name of the code."""
    with pytest.raises(sspilib.WindowsError, match="SEC_E_UNKNOWN_CREDENTIALS"):
        sspilib.KeytabCredential("alice", b"keytab", protocol="WDigest")


def test_server_flags_may_be_named(sspilib):
    """A server that offers integrity only is met by a client that asks for it, and by no other."""
    flags = AscReq.ASC_REQ_INTEGRITY
    client, _ = contexts(sspilib, IscReq.ISC_REQ_INTEGRITY, flags)
    assert not client.attributes & sspilib.IscRet.ISC_RET_CONFIDENTIALITY
    with pytest.raises(sspilib.WindowsError, match="SEC_E_QOP_NOT_SUPPORTED"):
        contexts(sspilib, None, flags)
