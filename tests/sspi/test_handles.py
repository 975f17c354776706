"""Handles, credentials, the end of contexts, and that nothing here shows or pickles a secret."""

from __future__ import annotations

import copy
import gc
import hashlib
import pickle
import re
import weakref

import pytest

from digest_http import sspi
from digest_http.errors import DigestError, FieldTooLarge
from digest_http.httpauth.verdict import Verdict
from digest_http.sspi import ContextExport, CredentialUse, NtStatus, WindowsError, dispatch
from digest_http.sspi.http_client import HTTPClientContext
from digest_http.sspi.status import failure, translated
from digest_http.users import MappingUsers
from tests.sspi.wiring import (
    ALICE,
    DATA,
    PADDING,
    PRIVACY,
    TOKEN,
    HTTPPair,
    SASLPair,
    buffers,
    client_handle,
    http_message,
    server_handle,
)

IN, OUT, BOTH = (CredentialUse.SECPKG_CRED_INBOUND, CredentialUse.SECPKG_CRED_OUTBOUND, CredentialUse.SECPKG_CRED_BOTH)
SECRET = ALICE["alice"]


def refused(code: NtStatus):
    """The error of a code."""
    return pytest.raises(WindowsError, match=f"{code.name} ")


def acquire(use, auth_data, principal=None):
    """acquire_credentials_handle."""
    return sspi.acquire_credentials_handle(principal, "WDigest", use, auth_data=auth_data)


# --- credentials ---


def test_credentials_do_not_expire():
    """ptsExpiry is the largest time; sspilib's conversion to a datetime takes it."""
    result = acquire(OUT, sspi.WinNTAuthIdentity("alice", None, SECRET))
    assert result.expiry == sspi.SECURITY_MAX_EXPIRY == 2**63 - 1


@pytest.mark.parametrize(
    ("use", "auth_data", "principal", "code"),
    [
        (OUT, sspi.WinNTAuthIdentity("alice"), None, NtStatus.SEC_E_NO_CREDENTIALS),
        (OUT, sspi.WinNTAuthIdentity(None, None, "p"), None, NtStatus.SEC_E_NO_CREDENTIALS),
        (OUT, ALICE, None, NtStatus.SEC_E_NO_CREDENTIALS),
        (OUT, sspi.DigestAccounts(ALICE), None, NtStatus.SEC_E_NO_CREDENTIALS),
        (IN, sspi.AuthIdentity(), None, NtStatus.SEC_E_UNKNOWN_CREDENTIALS),
        (IN, sspi.DigestAccounts(ALICE, realm="a"), "b", NtStatus.SEC_E_NOT_OWNER),
        (OUT, sspi.WinNTAuthIdentity("alice", None, "p"), "bob", NtStatus.SEC_E_NOT_OWNER),
        (IN, {"alice": ""}, None, None),
    ],
)
def test_what_is_acquired(use, auth_data, principal, code):
    """Credentials for the side they are for, and for the principal they are of."""
    if code is None:
        # An empty password lets nobody in; that is found out where the realm is made.
        handle = acquire(use, auth_data).credential
        with refused(NtStatus.SEC_E_INVALID_PARAMETER):
            HTTPPair(server_handle=handle).challenge()
        return
    with refused(code):
        acquire(use, auth_data, principal)


@pytest.mark.parametrize("users", [ALICE, MappingUsers(ALICE, "lab", ())])
def test_shorthands_for_accounts(users):
    """A mapping or an object with ha1() stands for accounts of their defaults; the principal is the realm."""
    handle = acquire(IN, users, "lab").credential
    assert b'realm="lab"' in HTTPPair(server_handle=handle).challenge()
    assert b'realm="lab"' in SASLPair(server_handle=handle).accept(b"")[1]


def test_names_of_credentials():
    """The client's name; a server's accounts have none."""
    assert sspi.query_credentials_attributes(client_handle(), sspi.SecPkgCredNames).username == "alice"
    assert sspi.query_credentials_attributes(server_handle(), sspi.SecPkgCredNames).username == ""


def test_a_source_that_cannot_answer_at_once():
    """An async source or store has no place here: SEC_E_NO_AUTHENTICATING_AUTHORITY."""

    class Later:
        def ha1(self, *_):
            return iter(())

        epoch = b"00000000"

        def advance(self, *_):
            return iter(())

    for settings in ({"users": Later()}, {"store": Later()}):
        pair = HTTPPair(server_handle=server_handle(**settings))
        token = pair.respond(pair.challenge())
        with refused(NtStatus.SEC_E_NO_AUTHENTICATING_AUTHORITY):
            pair.accept(token)


@pytest.mark.parametrize("hashed", [b"", b"0" * 31, b"-" * 32, None], ids=["empty", "short", "no digits", "none"])
def test_a_hash_that_is_none_is_no_user(hashed):
    """What a source gives for H(A1) may be broken; one who guesses the broken value gets in no more than others."""

    class Directory:
        def ha1(self, *_):
            return hashed

    pair = HTTPPair(server_handle=server_handle(Directory(), algorithms=["MD5"]))
    nonce = re.findall(rb'nonce="([^"]*)"', pair.challenge())[0]
    ha2 = hashlib.md5(b"GET:/x").hexdigest().encode()
    digest = hashlib.md5(b":".join([hashed or b"", nonce, b"00000001", b"c", b"auth", ha2])).hexdigest().encode()
    token = (
        b'username="alice", realm="field", nonce="%b", uri="/x", response="%b", algorithm=MD5, qop=auth, nc=00000001, '
        b'cnonce="c"'
    ) % (nonce, digest)
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        pair.accept(token)


def test_userhash_without_a_source_that_knows_hashes():
    """The name behind a hash is unknown: denied like any stranger."""

    class Directory:
        def ha1(self, *_):
            return b"0" * 64

    pair = HTTPPair(server_handle=server_handle(Directory(), algorithms=["SHA-256"], userhash=True))
    token = pair.respond(pair.challenge())
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        pair.accept(token)


def test_as_many_realms_as_the_caller_likes():
    """The realms kept on one handle are bounded; one that was dropped is made anew and still works."""
    pair = HTTPPair()
    token = pair.respond(pair.challenge(realm="first"))
    for number in range(100):
        pair.challenge(realm=f"realm{number}")
    assert pair.accept(token, realm="first").status is NtStatus.SEC_E_OK


def test_live_contexts_are_bounded(monkeypatch):
    """Beyond the bound the oldest is forgotten; its next request begins a context of its own, the count goes on."""
    monkeypatch.setattr("digest_http.sspi.http_service.MAX_LIVE", 1)
    server = server_handle()
    first = HTTPPair(server_handle=server).login()
    HTTPPair(server_handle=server).login()
    replay = first.sign()
    assert first.accept(replay).status is NtStatus.SEC_E_OK
    first.server = None
    assert first.accept(first.sign()).status is NtStatus.SEC_I_COMPLETE_NEEDED


# --- secrets ---


def everything():
    """One of each object that holds or has held a secret."""
    http, sasl = HTTPPair().login(), SASLPair(client_flags=PRIVACY).login()
    message = http_message(http.sign())
    return [
        sspi.WinNTAuthIdentity("alice", None, SECRET),
        sspi.DigestIdentity("alice", None, SECRET),
        sspi.DigestAccounts(ALICE),
        sspi.WinNTAuthIdentityPackedCredential(
            sspi.WinNTAuthCredentialType.SEC_WINNT_AUTH_DATA_TYPE_PASSWORD, SECRET.encode()
        ),
        http.client_handle, http.server_handle, http.client, http.server, sasl.client, sasl.server,
        *(handle.digest_context for handle in (http.client, http.server, sasl.client, sasl.server)),
        http.client_handle.digest_credential, http.server_handle.digest_credential,
        sspi.query_context_attributes(http.server, sspi.SecPkgContextSessionKey),
        message, message[0], buffers((DATA, SECRET.encode())),
    ]  # fmt: skip


def test_no_repr_shows_a_secret():
    """Neither password, nor H(A1), nor a response."""
    for held in everything():
        shown = repr(held) + str(held)
        assert SECRET not in shown
        assert "response=" not in shown
        assert "session_key" not in shown


def test_empty_and_closed_handles_say_so():
    """A handle's repr tells its state."""
    pair = HTTPPair().login()
    assert repr(pair.client) == "<CtxtHandle HTTPClientContext: established>"
    sspi.delete_security_context(pair.client)
    assert repr(pair.client) == "<CtxtHandle HTTPClientContext: closed>"
    assert repr(sspi.CtxtHandle()) == "<CtxtHandle, empty>"
    assert repr(sspi.CredHandle()) == "<CredHandle, empty>"


def test_nothing_with_a_secret_is_pickled():
    """Handles and identities refuse, and are not copied either."""
    for held in everything():
        if isinstance(held, (sspi.CtxtHandle, sspi.CredHandle, sspi.AuthIdentity)):
            with pytest.raises(TypeError, match="not pickled"):
                pickle.dumps(held)
            with pytest.raises(TypeError, match="not pickled"):
                copy.copy(held)


def test_errors_quote_no_secret():
    """A refused logon names neither the user nor the password, in the error or its cause."""
    pair = SASLPair(client_handle("wrong s3cret"))
    response = pair.initialize(pair.accept(b"")[1])[1]
    with pytest.raises(WindowsError) as caught:
        pair.accept(response)
    text = str(caught.value) + str(caught.value.__cause__)
    assert "wrong s3cret" not in text
    assert SECRET not in text
    assert "alice" not in text


# --- the end, export and import ---


def test_deleted_contexts_are_expired():
    """Deleting drops the keys; again is no error, any use is SEC_E_CONTEXT_EXPIRED."""
    for pair in (HTTPPair().login(), SASLPair(client_flags=PRIVACY).login()):
        for context in (pair.client, pair.server):
            sspi.delete_security_context(context)
            sspi.delete_security_context(context)
            for call in (
                lambda given: sspi.make_signature(given, 0, buffers(), 0),
                lambda given: sspi.decrypt_message(given, buffers(), 0),
                lambda given: sspi.query_context_attributes(given, sspi.SecPkgContextNames),
                sspi.export_security_context,
            ):
                with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
                    call(context)


def test_export_and_import():
    """An imported handle goes on where the other was: nc rises, and the blob is good once."""
    pair = HTTPPair().login()
    pair.sign()
    blob = sspi.export_security_context(pair.client)
    assert len(blob) == 32
    again = sspi.import_security_context("wdigest", blob)
    message = http_message()
    sspi.make_signature(again, 0, message, 0)
    assert b"nc=00000003" in message[4].data
    with refused(NtStatus.SEC_E_UNKNOWN_CREDENTIALS):
        sspi.import_security_context("WDigest", blob)


def test_export_that_deletes_the_old():
    """DELETE_OLD leaves the old handle empty; running ciphers move with the context."""
    pair = SASLPair(client_flags=PRIVACY).login()
    blob = sspi.export_security_context(pair.client, ContextExport.SECPKG_CONTEXT_EXPORT_DELETE_OLD)
    with refused(NtStatus.SEC_E_INVALID_HANDLE):
        sspi.make_signature(pair.client, 0, buffers(), 0)
    moved = sspi.CtxtHandle()
    dispatch.SpInitUserModeContext(moved, blob)
    array = buffers((DATA, b"m"), (PADDING, 24))
    sspi.encrypt_message(moved, 0, array, 0)
    assert sspi.decrypt_message(pair.server, array, 0) == 0


@pytest.mark.parametrize("flag", [ContextExport.SECPKG_CONTEXT_EXPORT_RESET_NEW, 4, 8])
def test_exports_that_cannot_be(flag):
    """RESET_NEW, TO_KERNEL, and flags that do not exist."""
    with refused(NtStatus.SEC_E_UNSUPPORTED_FUNCTION):
        sspi.export_security_context(HTTPPair().login().client, flag)


def test_exports_nobody_imports_are_bounded(monkeypatch):
    """The oldest blob is given up first."""
    monkeypatch.setattr("digest_http.sspi.lifetime.MAX_EXPORTED", 1)
    context = HTTPPair().login().client
    first, second = sspi.export_security_context(context), sspi.export_security_context(context)
    with refused(NtStatus.SEC_E_UNKNOWN_CREDENTIALS):
        sspi.import_security_context("WDigest", first)
    sspi.import_security_context("WDigest", second)


def test_a_client_context_goes_with_its_handle():
    """Nothing else holds a client's context: garbage collection frees it, as in sspilib."""
    pair = HTTPPair().login()
    alive = weakref.ref(pair.client.digest_context)
    pair.client = None
    gc.collect()
    assert alive() is None


# --- codes ---


def test_codes_and_their_sentences():
    """Each code has a name, a number and a sentence; the error is an OSError with the signed number."""
    for status in NtStatus:
        error = failure(status)
        assert error.status is status
        assert error.winerror == (status if status < 0x80000000 else status - (1 << 32))
        assert error.errno == error.winerror
        assert f"{status.name} (0x{status:08X})." in str(error)
        assert str(error).endswith(".")
    unknown = WindowsError(5)
    assert unknown.status is None
    assert "an unknown code (0x00000005)." in str(unknown)


def test_errors_are_pickled_whole():
    """A process pool carries them."""
    error = pickle.loads(pickle.dumps(failure(NtStatus.SEC_E_LOGON_DENIED)))  # noqa: S301 - our own octets
    assert (error.status, str(error)) == (NtStatus.SEC_E_LOGON_DENIED, str(failure(NtStatus.SEC_E_LOGON_DENIED)))


def test_codes_of_the_rooms_below_are_known():
    """Every code that an error or a verdict carries is an NtStatus, so each can be raised by name."""

    def kinds(kind):
        return [kind, *(deeper for child in kind.__subclasses__() for deeper in kinds(child))]

    for kind in kinds(DigestError):
        assert NtStatus(kind.sspi_status)
    for verdict in Verdict:
        assert verdict.sspi_status == NtStatus(verdict.sspi_status)


def test_what_is_translated():
    """Errors below become codes with themselves as the cause; running out of memory is one; others stay themselves."""

    def fail(error: Exception) -> None:
        with translated():
            raise error

    with refused(NtStatus.SEC_E_INVALID_TOKEN) as caught:
        fail(FieldTooLarge("too long"))
    assert isinstance(caught.value.__cause__, FieldTooLarge)
    with refused(NtStatus.SEC_E_INSUFFICIENT_MEMORY):
        fail(MemoryError())
    with pytest.raises(ZeroDivisionError):
        fail(ZeroDivisionError())


# --- dispatch ---


def test_the_function_table():
    """SpUserModeInitialize gives one table; its members stand in the order of ntsecpkg.h and are the Sp* functions."""
    version, (table,) = dispatch.SpUserModeInitialize(dispatch.SECPKG_INTERFACE_VERSION)
    assert version == 0x00010000
    assert [getattr(table, field).__name__ for field in type(table).__dataclass_fields__] == [
        "SpInstanceInit", "SpInitUserModeContext", "SpMakeSignature", "SpVerifySignature", "SpSealMessage",
        "SpUnsealMessage", "SpGetContextToken", "SpQueryContextAttributes", "SpCompleteAuthToken", "SpDeleteContext",
        "SpFormatCredentials", "SpMarshallSupplementalCreds", "SpExportSecurityContext", "SpImportSecurityContext",
    ]  # fmt: skip


def test_a_conversation_through_the_table():
    """Sign, verify, seal and unseal by the functions of the table alone."""
    (table,) = dispatch.SpUserModeInitialize(0x00010000).tables
    pair = SASLPair(client_flags=PRIVACY).login()
    signing = buffers((TOKEN, 16), (DATA, b"m"))
    assert table.make_signature(pair.client, 0, signing, 0) == 0
    assert table.verify_signature(pair.server, signing, 0) == 0
    sealing = buffers((DATA, b"m"), (PADDING, 24))
    assert table.seal_message(pair.server, 0, sealing, 0) == 0
    assert table.unseal_message(pair.client, sealing, 0) == 0
    assert sealing[0].data == b"m"
    assert table.delete_user_mode_context(pair.client) == 0


@pytest.mark.parametrize("flag", [0x80000000, 0x10000000], ids=["READONLY", "READONLY_WITH_CHECKSUM"])
def test_seal_message_wants_one_data_buffer(flag):
    """No DATA, two of them, or one that may not be written: STATUS_INVALID_PARAMETER, nothing spent."""
    pair = SASLPair(client_flags=PRIVACY).login()
    readonly = sspi.SecBufferDesc([sspi.SecBuffer(bytearray(b"m"), DATA, flag), *buffers((PADDING, 24))])
    for message in (buffers((PADDING, 24)), buffers((DATA, b"m"), (DATA, 24), (PADDING, 24)), readonly):
        with refused(NtStatus.STATUS_INVALID_PARAMETER):
            dispatch.SpSealMessage(pair.client, 0, message, 0)
    sealing = buffers((DATA, b"m"), (PADDING, 24))
    dispatch.SpSealMessage(pair.client, 0, sealing, 0)
    assert dispatch.SpUnsealMessage(pair.server, sealing, 0) == 0


def test_seal_message_on_contexts_without_a_layer():
    """HTTP, qop=auth, closed and empty: STATUS_INVALID_HANDLE."""
    closed = SASLPair(client_flags=PRIVACY).login().client
    sspi.delete_security_context(closed)
    for context in (HTTPPair().login().client, SASLPair().login().client, closed, sspi.CtxtHandle()):
        with refused(NtStatus.STATUS_INVALID_HANDLE):
            dispatch.SpSealMessage(context, 0, buffers((DATA, b"m"), (PADDING, 24)), 0)


# --- what stands behind the handles, before anything happened ---


@pytest.mark.parametrize("ask", ["session_key", "key_info"])
def test_a_context_that_has_not_begun_knows_no_keys(ask):
    """Asked directly, each kind says SEC_E_INVALID_HANDLE rather than anything made up."""
    http, sasl = HTTPPair(), SASLPair()
    http.challenge()
    sasl.initialize(b"")
    fresh = HTTPClientContext(sspi.DigestIdentity("alice", None, SECRET))
    assert (fresh.username, fresh.realm, fresh.target) == ("", "", "")
    for context in (http.server.digest_context, sasl.client.digest_context, fresh):
        with refused(NtStatus.SEC_E_INVALID_HANDLE):
            getattr(context, ask)()


def test_contexts_are_deleted_on_the_way():
    """A handle may be given up before its exchange is over; the password is not held any longer."""
    http, sasl = HTTPPair(), SASLPair()
    http.challenge()
    sasl.initialize(b"")
    sasl.accept(b"")
    for context in (http.server, sasl.client, sasl.server):
        sspi.delete_security_context(context)
        assert context.digest_context.closed
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        sasl.initialize(b"")


def test_a_closed_http_server_gives_no_key():
    """H(A1) is gone with the context, also for one who still holds what is behind the handle."""
    pair = HTTPPair().login()
    behind = pair.server.digest_context
    sspi.delete_security_context(pair.server)
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        behind.session_key()
