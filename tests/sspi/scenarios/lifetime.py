"""Scenarios of the end of contexts, of export and of import."""

from __future__ import annotations

from digest_http import sspi
from digest_http.sspi import CtxtHandle
from tests.sspi.scenarios.contexts import deleted, exported, on_context
from tests.sspi.scenarios.registry import case

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
case("import_security_context", "SEC_E_OK", lambda: sspi.import_security_context("WDigest", exported()))
case("import_security_context", "SEC_E_SECPKG_NOT_FOUND", lambda: sspi.import_security_context("x", exported()))
case("import_security_context", "SEC_E_UNKNOWN_CREDENTIALS", lambda: sspi.import_security_context("WDigest", b"x"))
