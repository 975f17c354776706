"""Scenarios of Sp*, the functions of the security package's table."""

from __future__ import annotations

from typing import Any

from digest_http.sspi import CtxtHandle, IscReq, dispatch
from tests.sspi.scenarios.contexts import exported, on_context, sasl
from tests.sspi.scenarios.registry import case
from tests.sspi.scenarios.sealing import relayed
from tests.sspi.wiring import DATA, PADDING, STREAM, accept_input, buffers, http_message

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
