"""Scenarios of query_context_attributes."""

from __future__ import annotations

from digest_http import sspi
from digest_http.sspi import CtxtHandle, SecPkgContext, SecPkgContextSizes
from tests.sspi.scenarios.contexts import deleted, on_context
from tests.sspi.scenarios.registry import case


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
