"""Each code that docs/sspi-functions.md lists for a function is produced here, and no other is listed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digest_http import sspi
from digest_http.httpauth.verdict import Verdict
from digest_http.sasl import DigestMD5Server
from digest_http.sspi import (
    AscReq,
    CredentialUse,
    CtxtHandle,
    IscReq,
    NtStatus,
    SaslContextOption,
    SecPkgContext,
    SecPkgContextSizes,
    WindowsError,
    dispatch,
)
from tests.sspi.wiring import (
    ALICE,
    BINDINGS,
    DATA,
    INTEGRITY,
    PADDING,
    PARAMS,
    PRIVACY,
    STREAM,
    TOKEN,
    HTTPPair,
    SASLPair,
    accept_input,
    buffers,
    client_handle,
    http_message,
    server_handle,
)

PAGE = Path(__file__).parents[2] / "docs" / "sspi-functions.md"
IN, OUT = CredentialUse.SECPKG_CRED_INBOUND, CredentialUse.SECPKG_CRED_OUTBOUND
IDENTITY = sspi.WinNTAuthIdentity("alice", None, "secret")

_line = re.compile(r"^\| `(\w+)` \|.*\|([^|]*)\|$", re.MULTILINE)
_code = re.compile(r"SEC_[EI]_\w+|STATUS_\w+")

Scenario = Callable[[], object]
CASES: dict[tuple[str, str], Scenario] = {}


def produces(function: str, code: str) -> Callable[[Scenario], Scenario]:
    """Register a scenario whose last call is to `function` and ends in `code`."""

    def register(scenario: Scenario) -> Scenario:
        assert (function, code) not in CASES
        CASES[function, code] = scenario
        return scenario

    return register


def case(function: str, code: str, scenario: Scenario) -> None:
    """The same for a lambda."""
    produces(function, code)(scenario)


class BrokenUsers:
    """A directory that is down."""

    def ha1(self, *_: object) -> bytes:
        """Raise."""
        raise OSError("down")


class BrokenStore:
    """A store that fails once it is asked to count a second time."""

    epoch = b"00000001"

    def __init__(self) -> None:
        self.asked = 0

    def advance(self, *_: object) -> Any:
        """Accept once."""
        self.asked += 1
        if self.asked > 1:
            raise OSError("down")
        return Verdict.ACCEPTED


# --- credentials and packages ---


def acquire(use: int = OUT, auth_data: Any = IDENTITY, principal: str | None = None, package: str = "WDigest") -> Any:
    """acquire_credentials_handle."""
    return sspi.acquire_credentials_handle(principal, package, use, auth_data=auth_data)


def freed() -> sspi.CredHandle:
    """A handle that was freed."""
    handle = client_handle()
    sspi.free_credentials_handle(handle)
    return handle


case("acquire_credentials_handle", "SEC_E_OK", acquire)
case("acquire_credentials_handle", "SEC_E_SECPKG_NOT_FOUND", lambda: acquire(package="NTLM"))
case("acquire_credentials_handle", "SEC_E_NO_CREDENTIALS", lambda: acquire(auth_data=None))
case("acquire_credentials_handle", "SEC_E_NOT_OWNER", lambda: acquire(principal="bob"))
case("acquire_credentials_handle", "SEC_E_UNKNOWN_CREDENTIALS", lambda: acquire(IN, auth_data=7))
case("acquire_credentials_handle", "SEC_E_INVALID_PARAMETER", lambda: acquire(0))
case(
    "acquire_credentials_handle",
    "SEC_E_QOP_NOT_SUPPORTED",
    lambda: acquire(IN, sspi.DigestAccounts(ALICE, algorithms=["MD4"])),
)
case("free_credentials_handle", "SEC_E_OK", lambda: sspi.free_credentials_handle(client_handle()))
case("free_credentials_handle", "SEC_E_INVALID_HANDLE", lambda: sspi.free_credentials_handle(freed()))
case(
    "query_credentials_attributes",
    "SEC_E_OK",
    lambda: sspi.query_credentials_attributes(client_handle(), sspi.SecPkgCredNames),
)
case(
    "query_credentials_attributes",
    "SEC_E_INVALID_HANDLE",
    lambda: sspi.query_credentials_attributes(freed(), sspi.SecPkgCredNames),
)
case(
    "query_credentials_attributes",
    "SEC_E_UNSUPPORTED_FUNCTION",
    lambda: sspi.query_credentials_attributes(client_handle(), sspi.SecPkgCredKdcProxySettings),
)
case(
    "set_credentials_attributes",
    "SEC_E_UNSUPPORTED_FUNCTION",
    lambda: sspi.set_credentials_attributes(client_handle(), sspi.SecPkgCredKdcProxySettings()),
)
case(
    "set_credentials_attributes",
    "SEC_E_INVALID_HANDLE",
    lambda: sspi.set_credentials_attributes(freed(), sspi.SecPkgCredKdcProxySettings()),
)
case("enumerate_security_packages", "SEC_E_OK", sspi.enumerate_security_packages)
case("query_security_package_info", "SEC_E_OK", lambda: sspi.query_security_package_info("wdigest"))
case(
    "query_security_package_info",
    "SEC_E_SECPKG_NOT_FOUND",
    lambda: sspi.query_security_package_info("Kerberos"),
)


# --- initialize_security_context ---


def initialize(
    credential: Any = None, context: Any = None, given: Any = None, target: str = "/x",
    flags: int = IscReq.ISC_REQ_HTTP, room: int = 4096,
) -> Any:  # fmt: skip
    """initialize_security_context."""
    return sspi.initialize_security_context(credential, context, target, flags, 0, given, buffers((TOKEN, room)))


def challenged(token: bytes = b"", **changes: Any) -> Any:
    """initialize_security_context with a challenge of HTTP; `changes` as for initialize."""
    token = token or HTTPPair().challenge()
    settings = {"credential": client_handle(), "given": buffers((TOKEN, token), (PARAMS, b"GET"), (PARAMS, b""))}
    return initialize(**{**settings, **changes})


def deleted() -> Any:
    """A context that was closed."""
    pair = HTTPPair().login()
    sspi.delete_security_context(pair.client)
    return pair.client


ISC = "initialize_security_context"
case(ISC, "SEC_E_OK", challenged)
case(ISC, "SEC_I_CONTINUE_NEEDED", lambda: initialize(client_handle(), target="ldap/dc1", flags=0))
case(ISC, "SEC_E_INVALID_HANDLE", lambda: challenged(credential=freed()))
case(ISC, "SEC_E_INVALID_TOKEN", lambda: challenged(b'realm="open'))
case(ISC, "SEC_E_NO_CREDENTIALS", lambda: challenged(credential=server_handle()))
case(ISC, "SEC_E_TARGET_UNKNOWN", lambda: challenged(target=""))
case(
    ISC,
    "SEC_E_UNSUPPORTED_FUNCTION",
    lambda: challenged(flags=IscReq.ISC_REQ_HTTP | IscReq.ISC_REQ_CONFIDENTIALITY),
)
case(ISC, "SEC_E_QOP_NOT_SUPPORTED", lambda: challenged(b'realm="r", nonce="n", algorithm=SHA3, qop="auth"'))
case(ISC, "SEC_E_BUFFER_TOO_SMALL", lambda: challenged(room=10))
case(ISC, "SEC_E_CONTEXT_EXPIRED", lambda: challenged(context=deleted()))


@produces(ISC, "SEC_E_WRONG_PRINCIPAL")
def wrong_proof() -> object:
    """The server's rspauth is of another password."""
    pair = SASLPair()
    pair.initialize(pair.accept(b"")[1])
    return pair.initialize(b"rspauth=" + b"0" * 32)


@produces(ISC, "SEC_E_OUT_OF_SEQUENCE")
def nonce_used_up() -> object:
    """The same challenge again, after its nc has reached ffffffff."""
    pair = HTTPPair()
    challenge = pair.challenge()
    pair.respond(challenge)
    use_up(pair)
    return pair.respond(challenge)


def use_up(pair: HTTPPair) -> HTTPPair:
    """Spend all counts of the client's nonce."""
    pair.client.digest_context._nonce.count = 0xFFFFFFFF  # noqa: SLF001 - four milliard requests take too long
    return pair


# --- accept_security_context and complete_auth_token ---


def accept(
    credential: Any = None, context: Any = None, given: Any = None, flags: int = AscReq.ASC_REQ_HTTP, room: int = 4096
) -> Any:
    """accept_security_context, by default a first call for HTTP."""
    return sspi.accept_security_context(
        credential if credential is not None else server_handle(),
        context,
        given if given is not None else accept_input(b""),
        flags,
        0,
        buffers((TOKEN, room)),
    )


def answered(server: sspi.CredHandle | None = None, password: str = ALICE["alice"], **changes: Any) -> Any:
    """A challenge, its response, and accept_security_context with it."""
    pair = HTTPPair(client_handle(password), server if server is not None else server_handle())
    return pair.accept(pair.respond(pair.challenge()), **changes)


def logged_in(**settings: Any) -> HTTPPair:
    """Both sides after the first request."""
    return HTTPPair(**settings).login()


ASC = "accept_security_context"
case(ASC, "SEC_E_OK", answered)
case(ASC, "SEC_I_CONTINUE_NEEDED", accept)
case(ASC, "SEC_E_LOGON_DENIED", lambda: answered(password="wrong"))
case(ASC, "SEC_E_INVALID_TOKEN", lambda: accept(given=accept_input(b"username=")))
case(ASC, "SEC_E_NO_CREDENTIALS", lambda: accept(client_handle()))
case(ASC, "SEC_E_NO_AUTHENTICATING_AUTHORITY", lambda: answered(server_handle(BrokenUsers())))
case(ASC, "SEC_E_SECURITY_QOS_FAILED", lambda: accept(flags=AscReq.ASC_REQ_CONFIDENTIALITY))
case(ASC, "SEC_E_BUFFER_TOO_SMALL", lambda: accept(room=10))
case(ASC, "SEC_E_CONTEXT_EXPIRED", lambda: accept(context=deleted()))
case(ASC, "STATUS_LOGON_FAILURE", lambda: accept(context=logged_in().server))


@produces(ASC, "SEC_I_COMPLETE_NEEDED")
def next_request() -> object:
    """The second request of a nonce."""
    pair = logged_in()
    return pair.accept(pair.sign())


@produces(ASC, "SEC_E_QOP_NOT_SUPPORTED")
def algorithm_not_offered() -> object:
    """A response with an algorithm that the challenge did not name."""
    pair = HTTPPair()
    return pair.accept(pair.respond(pair.challenge()).replace(b"MD5-sess", b"SHA-256"))


@produces(ASC, "SEC_E_BAD_BINDINGS")
def binding_required() -> object:
    """The server has bindings to compare, the client says nothing of any."""
    blob = sspi.SecChannelBindings(application_data=b"tls").get_sec_buffer_copy().data
    pair = HTTPPair(server_flags=AscReq(0))
    return pair.accept(pair.respond(pair.challenge()), bindings=blob)


@produces(ASC, "SEC_E_INVALID_HANDLE")
def half_made_client() -> object:
    """The handle of a client that waits for its server."""
    context = initialize(client_handle(), target="ldap/dc1", flags=0).context
    return accept(context=context)


def complete(pair: HTTPPair, token: bytes, **parts: Any) -> object:
    """complete_auth_token."""
    sspi.complete_auth_token(pair.server, accept_input(token, **parts))
    return NtStatus.SEC_E_OK


def on_context(call: Callable[[HTTPPair], object], **settings: Any) -> Scenario:
    """A scenario that starts from both sides logged in."""
    return lambda: call(logged_in(**settings))


def store_down(call: Callable[[HTTPPair], object]) -> Scenario:
    """The same with a store that fails for the second request."""
    return lambda: call(logged_in(server_handle=server_handle(store=BrokenStore())))


def bound(call: Callable[[HTTPPair], object]) -> Scenario:
    """The same where the server requires bindings, which the client gives."""

    def scenario() -> object:
        blob = sspi.SecChannelBindings(application_data=b"tls").get_sec_buffer_copy().data
        pair = HTTPPair(client_handle(algorithms=["MD5"]), server_handle(algorithms=["MD5"]), server_flags=AscReq(0))
        response = pair.respond(pair.challenge(), extra=((BINDINGS, blob),))
        pair.server = pair.accept(response, pair.server, bindings=blob).context
        return call(pair)

    return scenario


def body_pair() -> HTTPPair:
    """Both sides after a first request with auth-int, the client going on with auth."""
    pair = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | INTEGRITY, server_flags=AscReq.ASC_REQ_INTEGRITY)
    challenge = pair.challenge()
    hentity = b"d41d8cd98f00b204e9800998ecf8427e"
    pair.server = pair.accept(pair.respond(challenge, hentity=hentity), pair.server, hentity=hentity).context
    pair.client_flags = IscReq.ISC_REQ_HTTP
    pair.respond(challenge)
    return pair


def unbound(token: bytes) -> bytes:
    """The token with another channel-binding than the cnonce bears out."""
    return token.replace(b'channel-binding="', b'channel-binding="00')


COMPLETE = "complete_auth_token"
case(COMPLETE, "SEC_E_OK", on_context(lambda pair: complete(pair, pair.sign())))
case(COMPLETE, "SEC_E_INVALID_HANDLE", lambda: sspi.complete_auth_token(CtxtHandle(), accept_input(b"")))
case(COMPLETE, "SEC_E_INVALID_TOKEN", on_context(lambda pair: complete(pair, b"")))
case(COMPLETE, "SEC_E_MESSAGE_ALTERED", on_context(lambda pair: complete(pair, pair.sign(), method=b"PUT")))
case(COMPLETE, "SEC_E_OUT_OF_SEQUENCE", on_context(lambda pair: (pair.sign(), complete(pair, pair.sign()))))
case(COMPLETE, "SEC_E_CONTEXT_EXPIRED", lambda: sspi.complete_auth_token(deleted(), accept_input(b"")))
case(COMPLETE, "SEC_E_NO_AUTHENTICATING_AUTHORITY", store_down(lambda pair: complete(pair, pair.sign())))
case(COMPLETE, "SEC_E_BAD_BINDINGS", bound(lambda pair: complete(pair, unbound(pair.sign()))))


@produces(COMPLETE, "SEC_E_QOP_NOT_SUPPORTED")
def complete_without_body() -> object:
    """A context with integrity, and a request whose body is not covered."""
    pair = body_pair()
    return complete(pair, pair.sign())


# --- make_signature and verify_signature ---


def make(context: Any, message: Any = None, qop: int = 0, seq_no: int = 0) -> object:
    """make_signature."""
    message = message if message is not None else http_message()
    sspi.make_signature(context, qop, message, seq_no)
    return message


def verify(context: Any, message: Any, seq_no: int = 0) -> int:
    """verify_signature."""
    return sspi.verify_signature(context, message, seq_no)


def sasl(flags: IscReq = PRIVACY) -> SASLPair:
    """Both sides of DIGEST-MD5."""
    return SASLPair(client_flags=flags).login()


MAKE = "make_signature"
case(MAKE, "SEC_E_OK", on_context(lambda pair: make(pair.client)))
case(MAKE, "SEC_E_INVALID_HANDLE", lambda: make(CtxtHandle()))
case(MAKE, "SEC_E_INVALID_TOKEN", on_context(lambda pair: make(pair.client, buffers((TOKEN, b""), (PARAMS, b"GET")))))
case(MAKE, "SEC_E_OUT_OF_SEQUENCE", on_context(lambda pair: make(use_up(pair).client)))
case(MAKE, "SEC_E_QOP_NOT_SUPPORTED", lambda: make(sasl(IscReq(0)).client, buffers((TOKEN, 16), (DATA, b"x"))))
case(MAKE, "SEC_E_BUFFER_TOO_SMALL", on_context(lambda pair: make(pair.client, http_message(room=100))))
case(MAKE, "SEC_E_INVALID_PARAMETER", on_context(lambda pair: make(pair.client, seq_no=1)))
case(MAKE, "SEC_E_CONTEXT_EXPIRED", lambda: make(deleted()))

VERIFY = "verify_signature"
case(VERIFY, "SEC_E_OK", on_context(lambda pair: verify(pair.server, http_message(pair.sign()))))
case(VERIFY, "SEC_E_INVALID_HANDLE", lambda: verify(CtxtHandle(), http_message(b"x")))
case(VERIFY, "SEC_E_INVALID_TOKEN", on_context(lambda pair: verify(pair.server, http_message(b""))))
case(
    VERIFY, "SEC_E_MESSAGE_ALTERED", on_context(lambda pair: verify(pair.server, http_message(pair.sign(), url=b"/y")))
)
case(
    VERIFY,
    "SEC_E_OUT_OF_SEQUENCE",
    on_context(lambda pair: (pair.sign(), verify(pair.server, http_message(pair.sign())))),
)
case(VERIFY, "SEC_E_BUFFER_TOO_SMALL", on_context(lambda pair: verify(pair.server, http_message(pair.sign(), room=9))))
case(VERIFY, "SEC_E_INVALID_PARAMETER", on_context(lambda pair: verify(pair.server, http_message(pair.sign()), 1)))
case(
    VERIFY,
    "STATUS_INVALID_PARAMETER",
    on_context(lambda pair: verify(pair.server, http_message(pair.sign().replace(b"nc=0000", b"nc=zero")))),
)
case(VERIFY, "SEC_E_CONTEXT_EXPIRED", lambda: verify(deleted(), http_message(b"x")))
case(
    VERIFY,
    "SEC_E_WRONG_PRINCIPAL",
    on_context(lambda pair: verify(pair.client, http_message(b'rspauth="00"'))),
)
case(VERIFY, "SEC_E_BAD_BINDINGS", bound(lambda pair: verify(pair.server, http_message(unbound(pair.sign())))))
case(
    VERIFY,
    "SEC_E_NO_AUTHENTICATING_AUTHORITY",
    store_down(lambda pair: verify(pair.server, http_message(pair.sign()))),
)


@produces(VERIFY, "SEC_E_QOP_NOT_SUPPORTED")
def verify_without_body() -> object:
    """A context with integrity, and a request whose body is not covered."""
    pair = body_pair()
    return verify(pair.server, http_message(pair.sign()))


# --- encrypt_message and decrypt_message ---


def encrypt(context: Any, message: Any = None, qop: int = 0) -> Any:
    """encrypt_message, by default with room enough; returns the record."""
    message = message if message is not None else buffers((DATA, b"hello"), (PADDING, 24))
    sspi.encrypt_message(context, qop, message, 0)
    return b"".join(buffer.data for buffer in message)


def decrypt(context: Any, record: bytes) -> int:
    """decrypt_message of a whole record."""
    return sspi.decrypt_message(context, buffers((STREAM, record), (DATA, None)), 0)


def closed_sasl() -> Any:
    """A context of DIGEST-MD5 that was closed."""
    pair = sasl()
    sspi.delete_security_context(pair.client)
    return pair.client


def relayed(change: Callable[[SASLPair, bytes], object]) -> Scenario:
    """A record of the client, and what becomes of it."""

    def scenario() -> object:
        pair = sasl()
        return change(pair, encrypt(pair.client))

    return scenario


ENCRYPT = "encrypt_message"
case(ENCRYPT, "SEC_E_OK", lambda: encrypt(sasl().client))
case(ENCRYPT, "SEC_E_BUFFER_TOO_SMALL", lambda: encrypt(sasl().client, buffers((DATA, b"hello"), (PADDING, 8))))
case(ENCRYPT, "SEC_E_CONTEXT_EXPIRED", lambda: encrypt(closed_sasl()))
case(ENCRYPT, "SEC_E_INVALID_HANDLE", lambda: encrypt(CtxtHandle()))
case(ENCRYPT, "SEC_E_INVALID_TOKEN", lambda: encrypt(sasl().client, buffers((PADDING, 24))))
case(ENCRYPT, "SEC_E_QOP_NOT_SUPPORTED", on_context(lambda pair: encrypt(pair.client)))

DECRYPT = "decrypt_message"
case(DECRYPT, "SEC_E_OK", relayed(lambda pair, record: decrypt(pair.server, record)))
case(DECRYPT, "SEC_E_MESSAGE_ALTERED", relayed(lambda pair, record: decrypt(pair.server, b"\xff" * 8 + record[8:])))
case(DECRYPT, "SEC_E_OUT_OF_SEQUENCE", relayed(lambda pair, _: decrypt(pair.server, encrypt(pair.client))))
case(DECRYPT, "SEC_E_INCOMPLETE_MESSAGE", relayed(lambda pair, record: decrypt(pair.server, record[:10])))
case(DECRYPT, "SEC_E_INVALID_HANDLE", lambda: decrypt(CtxtHandle(), bytes(32)))
case(DECRYPT, "SEC_E_CONTEXT_EXPIRED", lambda: decrypt(closed_sasl(), bytes(32)))
case(
    DECRYPT,
    "SEC_E_INVALID_TOKEN",
    relayed(lambda pair, record: sspi.decrypt_message(pair.server, buffers((STREAM, record)), 0)),
)
case(
    DECRYPT,
    "SEC_E_BUFFER_TOO_SMALL",
    relayed(lambda pair, record: sspi.decrypt_message(pair.server, buffers((TOKEN, record), (DATA, b"")), 0)),
)
case(DECRYPT, "SEC_E_QOP_NOT_SUPPORTED", on_context(lambda pair: decrypt(pair.client, bytes(32))))


# --- attributes, the end, export and import ---


class UnknownAttribute(SecPkgContext):
    """SECPKG_ATTR_ of another package."""


QUERY = "query_context_attributes"
case(QUERY, "SEC_E_OK", on_context(lambda pair: sspi.query_context_attributes(pair.client, SecPkgContextSizes)))
case(QUERY, "SEC_E_INVALID_HANDLE", lambda: sspi.query_context_attributes(CtxtHandle(), SecPkgContextSizes))
case(QUERY, "SEC_E_CONTEXT_EXPIRED", lambda: sspi.query_context_attributes(deleted(), SecPkgContextSizes))
case(
    QUERY,
    "SEC_E_UNSUPPORTED_FUNCTION",
    on_context(lambda pair: sspi.query_context_attributes(pair.client, UnknownAttribute)),
)
case("delete_security_context", "SEC_E_OK", lambda: sspi.delete_security_context(deleted()))
case("delete_security_context", "SEC_E_INVALID_HANDLE", lambda: sspi.delete_security_context(CtxtHandle()))
case("export_security_context", "SEC_E_OK", on_context(lambda pair: sspi.export_security_context(pair.client)))
case("export_security_context", "SEC_E_INVALID_HANDLE", lambda: sspi.export_security_context(CtxtHandle()))
case("export_security_context", "SEC_E_CONTEXT_EXPIRED", lambda: sspi.export_security_context(deleted()))
case(
    "export_security_context",
    "SEC_E_UNSUPPORTED_FUNCTION",
    on_context(lambda pair: sspi.export_security_context(pair.client, 4)),
)


def exported() -> bytes:
    """A blob."""
    return sspi.export_security_context(logged_in().client)


case("import_security_context", "SEC_E_OK", lambda: sspi.import_security_context("WDigest", exported()))
case("import_security_context", "SEC_E_SECPKG_NOT_FOUND", lambda: sspi.import_security_context("x", exported()))
case("import_security_context", "SEC_E_UNKNOWN_CREDENTIALS", lambda: sspi.import_security_context("WDigest", b"x"))


# --- Sasl* ---


def sasl_initialize(token: bytes = b"", context: Any = None, credential: Any = None) -> Any:
    """sasl_initialize_security_context."""
    return sspi.sasl_initialize_security_context(
        credential if credential is not None else client_handle(), context, "ldap/dc1", 0, 0,
        buffers((TOKEN, token)), buffers((TOKEN, 4096))
    )  # fmt: skip


def sasl_accept(given: Any = None, context: Any = None, server: Any = None, room: int = 4096) -> Any:
    """sasl_accept_security_context; its output under `output`."""
    output = buffers((TOKEN, room))
    result = sspi.sasl_accept_security_context(
        server if server is not None else server_handle(), context, given, 0, 0, output
    )
    return result, output[0].data


def sasl_login(authzid: str = "alice") -> Any:
    """The server's second call, the client asking to act as `authzid`."""
    server, client = server_handle(), CtxtHandle()
    sspi.sasl_set_context_option(client, SaslContextOption.SASL_OPTION_AUTHZ_STRING, authzid)
    first, challenge = sasl_accept(server=server)
    output = buffers((TOKEN, 4096))
    sspi.sasl_initialize_security_context(
        client_handle(), client, "ldap/dc1", 0, 0, buffers((TOKEN, challenge)), output
    )
    return sasl_accept(buffers((TOKEN, output[0].data)), first.context, server)[0]


def forbidden() -> CtxtHandle:
    """A handle that forbids authorization identities."""
    handle = CtxtHandle()
    sspi.sasl_set_context_option(handle, SaslContextOption.SASL_OPTION_AUTHZ_PROCESSING, 0)
    return handle


SET, GET = "sasl_set_context_option", "sasl_get_context_option"
SIZE, AUTHZ = SaslContextOption.SASL_OPTION_SEND_SIZE, SaslContextOption.SASL_OPTION_AUTHZ_STRING
case("sasl_enumerate_profiles", "SEC_E_OK", sspi.sasl_enumerate_profiles)
case("sasl_get_profile_package", "SEC_E_OK", lambda: sspi.sasl_get_profile_package("digest-md5"))
case("sasl_get_profile_package", "SEC_E_SECPKG_NOT_FOUND", lambda: sspi.sasl_get_profile_package("PLAIN"))
case(
    "sasl_identify_package",
    "SEC_E_OK",
    lambda: sspi.sasl_identify_package(buffers((TOKEN, SASLPair().accept(b"")[1]))),
)
case("sasl_identify_package", "SEC_E_SECPKG_NOT_FOUND", lambda: sspi.sasl_identify_package(buffers((TOKEN, b"NTLM"))))
case("sasl_identify_package", "SEC_E_INVALID_TOKEN", lambda: sspi.sasl_identify_package(buffers((DATA, b"x"))))
case("sasl_initialize_security_context", "SEC_I_CONTINUE_NEEDED", sasl_initialize)
case("sasl_initialize_security_context", "SEC_E_INVALID_HANDLE", lambda: sasl_initialize(credential=freed()))
case("sasl_initialize_security_context", "SEC_E_INVALID_TOKEN", lambda: sasl_initialize(b"nonsense"))
case("sasl_accept_security_context", "SEC_I_CONTINUE_NEEDED", lambda: sasl_accept()[0])
case("sasl_accept_security_context", "SEC_E_OK", sasl_login)
case("sasl_accept_security_context", "SEC_E_ALGORITHM_MISMATCH", lambda: sasl_login("root"))
case(
    "sasl_accept_security_context",
    "SEC_E_INVALID_TOKEN",
    lambda: sasl_accept(buffers((TOKEN, b""), (PARAMS, b"GET"))),
)
case(
    "sasl_accept_security_context",
    "SEC_E_NO_CREDENTIALS",
    lambda: sasl_accept(server=client_handle()),
)


@produces("sasl_initialize_security_context", "SEC_E_OK")
def whole_login() -> object:
    """A login against the SASL room's own server."""
    server = DigestMD5Server(ALICE, service="ldap", host="dc1")
    handle = CtxtHandle()
    output = buffers((TOKEN, 4096))
    credential = client_handle()
    sspi.sasl_initialize_security_context(credential, handle, "ldap/dc1", 0, 0, buffers((TOKEN, server.step())), output)
    return sasl_initialize(server.step(output[0].data), handle, credential)


case(SET, "SEC_E_OK", lambda: sspi.sasl_set_context_option(CtxtHandle(), SIZE, 4096))
case(SET, "SEC_E_BUFFER_TOO_SMALL", lambda: sspi.sasl_set_context_option(CtxtHandle(), SIZE, 1))
case(SET, "SEC_E_INVALID_HANDLE", lambda: sspi.sasl_set_context_option(sasl().client, SIZE, 4096))
case(SET, "SEC_E_UNSUPPORTED_FUNCTION", lambda: sspi.sasl_set_context_option(forbidden(), AUTHZ, "root"))
case(GET, "SEC_E_OK", lambda: sspi.sasl_get_context_option(CtxtHandle(), SIZE))
case(GET, "SEC_E_INVALID_HANDLE", lambda: sspi.sasl_get_context_option(sasl().client, SIZE))
case(GET, "SEC_E_UNSUPPORTED_FUNCTION", lambda: sspi.sasl_get_context_option(forbidden(), AUTHZ))


# --- Sp* ---

VERSION = dispatch.SECPKG_INTERFACE_VERSION


def seal(context: Any, *parts: tuple[int, Any]) -> Any:
    """SpSealMessage."""
    return dispatch.SpSealMessage(context, 0, buffers(*parts), 0)


case("SpUserModeInitialize", "SEC_E_OK", lambda: dispatch.SpUserModeInitialize(VERSION))
case("SpUserModeInitialize", "STATUS_INVALID_PARAMETER", lambda: dispatch.SpUserModeInitialize(2))
case("SpInstanceInit", "SEC_E_OK", lambda: dispatch.SpInstanceInit(VERSION))
case("SpInstanceInit", "STATUS_INVALID_PARAMETER", lambda: dispatch.SpInstanceInit(2))
case("SpGetInfo", "SEC_E_OK", dispatch.SpGetInfo)
case("SpInitUserModeContext", "SEC_E_OK", lambda: dispatch.SpInitUserModeContext(CtxtHandle(), exported()))
case("SpInitUserModeContext", "SEC_E_UNKNOWN_CREDENTIALS", lambda: dispatch.SpInitUserModeContext(CtxtHandle(), b""))
case(
    "SpInitUserModeContext",
    "STATUS_INVALID_HANDLE",
    on_context(lambda pair: dispatch.SpInitUserModeContext(pair.client, exported())),
)
case(
    "SpMakeSignature", "SEC_E_OK", on_context(lambda pair: dispatch.SpMakeSignature(pair.client, 0, http_message(), 0))
)
case("SpMakeSignature", "SEC_E_INVALID_HANDLE", lambda: dispatch.SpMakeSignature(CtxtHandle(), 0, http_message(), 0))
case(
    "SpVerifySignature",
    "SEC_E_OK",
    on_context(lambda pair: dispatch.SpVerifySignature(pair.server, http_message(pair.sign()), 0)),
)
case("SpVerifySignature", "SEC_E_INVALID_HANDLE", lambda: dispatch.SpVerifySignature(CtxtHandle(), http_message(), 0))
case("SpSealMessage", "SEC_E_OK", lambda: seal(sasl().client, (DATA, b"hello"), (PADDING, 24)))
case("SpSealMessage", "STATUS_INVALID_HANDLE", lambda: seal(sasl(IscReq(0)).client, (DATA, b"x"), (PADDING, 24)))
case("SpSealMessage", "STATUS_INVALID_PARAMETER", lambda: seal(sasl().client, (DATA, b"hello"), (PADDING, 8)))
case(
    "SpUnsealMessage",
    "SEC_E_OK",
    relayed(lambda pair, r: dispatch.SpUnsealMessage(pair.server, buffers((STREAM, r), (DATA, None)), 0)),
)
case(
    "SpUnsealMessage",
    "STATUS_INVALID_HANDLE",
    lambda: dispatch.SpUnsealMessage(CtxtHandle(), buffers((DATA, b"x")), 0),
)
case(
    "SpUnsealMessage",
    "STATUS_INVALID_PARAMETER",
    relayed(lambda pair, r: dispatch.SpUnsealMessage(pair.server, buffers((STREAM, r), (DATA, b""), (DATA, b"")), 0)),
)
case("SpGetContextToken", "SEC_E_NO_IMPERSONATION", on_context(lambda pair: dispatch.SpGetContextToken(pair.server)))
case("SpGetContextToken", "SEC_E_INVALID_HANDLE", lambda: dispatch.SpGetContextToken(CtxtHandle()))
case("SpQueryContextAttributes", "SEC_E_OK", on_context(lambda p: dispatch.SpQueryContextAttributes(p.client, 0)))
case("SpQueryContextAttributes", "SEC_E_INVALID_HANDLE", lambda: dispatch.SpQueryContextAttributes(CtxtHandle(), 0))
case(
    "SpQueryContextAttributes",
    "SEC_E_UNSUPPORTED_FUNCTION",
    on_context(lambda pair: dispatch.SpQueryContextAttributes(pair.client, 3)),
)
case(
    "SpCompleteAuthToken",
    "SEC_E_OK",
    on_context(lambda pair: dispatch.SpCompleteAuthToken(pair.server, accept_input(pair.sign()))),
)
case(
    "SpCompleteAuthToken",
    "SEC_E_INVALID_HANDLE",
    lambda: dispatch.SpCompleteAuthToken(CtxtHandle(), accept_input(b"")),
)
case("SpDeleteContext", "SEC_E_OK", on_context(lambda pair: dispatch.SpDeleteContext(pair.client)))
case("SpDeleteContext", "SEC_E_INVALID_HANDLE", lambda: dispatch.SpDeleteContext(CtxtHandle()))
case("SpFormatCredentials", "SEC_E_UNSUPPORTED_FUNCTION", lambda: dispatch.SpFormatCredentials(b""))
case("SpMarshallSupplementalCreds", "SEC_E_UNSUPPORTED_FUNCTION", lambda: dispatch.SpMarshallSupplementalCreds(b""))
case("SpExportSecurityContext", "SEC_E_OK", on_context(lambda pair: dispatch.SpExportSecurityContext(pair.client)))
case("SpExportSecurityContext", "SEC_E_INVALID_HANDLE", lambda: dispatch.SpExportSecurityContext(CtxtHandle()))
case("SpImportSecurityContext", "SEC_E_OK", lambda: dispatch.SpImportSecurityContext(exported()))
case("SpImportSecurityContext", "SEC_E_UNKNOWN_CREDENTIALS", lambda: dispatch.SpImportSecurityContext(b""))


# --- the page ---


def test_the_page_lists_exactly_what_is_produced() -> None:
    """The table's codes and the scenarios below are the same set."""
    listed = {
        (function, code)
        for function, codes in _line.findall(PAGE.read_text(encoding="utf-8"))
        for code in _code.findall(codes)
    }
    assert listed
    assert listed == set(CASES)


def test_the_page_lists_every_function() -> None:
    """Each public function of the module and of dispatch has its line."""
    functions = {name for name in sspi.__all__ if name.islower() and name not in {"dispatch", "tls_server_end_point"}}
    functions |= {name for name in dispatch.__all__ if name.startswith("Sp")}
    assert functions == {function for function, _ in CASES}


@pytest.mark.parametrize(("function", "code"), sorted(CASES))
def test_code(function: str, code: str) -> None:
    """The scenario ends in the code: returned if it is a success, raised as WindowsError if not."""
    expected = NtStatus[code]
    if expected < 0x80000000:
        result = CASES[function, code]()
        assert getattr(result, "status", NtStatus.SEC_E_OK) == expected
        return
    with pytest.raises(WindowsError) as caught:
        CASES[function, code]()
    assert caught.value.status is expected
    assert caught.value.winerror == expected - (1 << 32)
    assert expected.name in str(caught.value)
