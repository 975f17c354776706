"""Scenarios of Sasl*: profiles, the exchange and its options."""

from __future__ import annotations

from typing import Any

from digest_http import sspi
from digest_http.sasl import DigestMD5Server
from digest_http.sspi import CtxtHandle, SaslContextOption
from tests.sspi.scenarios.contexts import freed, sasl
from tests.sspi.scenarios.registry import case, produces
from tests.sspi.wiring import ALICE, DATA, PARAMS, TOKEN, SASLPair, buffers, client_handle, server_handle


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
