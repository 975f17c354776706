"""Deletion, export and import of contexts ("DeleteSecurityContext", "ExportSecurityContext").

An exported blob names a context of this process and contains no key. If running ciphers and counts were in two
processes, one of them would accept what the other has seen. The blob works for one import, and for none in the child of
a fork.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import Lock
from typing import Final

from digest_http.forks import ForkAware

from .contexts.context import Context, CtxtHandle, context_of
from .values.arguments import checked
from .values.constants import ContextExport
from .values.package import query_security_package_info
from .values.status import NtStatus, failure

__all__ = ["delete_security_context", "export_security_context", "import_security_context"]

#: The most exported contexts that are not imported yet; the oldest is dropped first.
MAX_EXPORTED: Final = 1024

_BLOB_OCTETS: Final = 32


class _Exports(ForkAware):
    """Exported contexts by their blobs."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._contexts: Final[OrderedDict[bytes, Context]] = OrderedDict()
        super().__init__()

    def add(self, blob: bytes, context: Context) -> None:
        """Keep a context under its blob."""
        with self._lock:
            self._contexts[blob] = context
            while len(self._contexts) > MAX_EXPORTED:
                self._contexts.popitem(last=False)

    def take(self, blob: bytes) -> Context | None:
        """The context of a blob, once."""
        with self._lock:
            return self._contexts.pop(blob, None)

    def after_fork_in_child(self) -> None:
        """See ForkAware."""
        self._lock = Lock()
        self._contexts.clear()


_exported: Final = _Exports()


@checked
def delete_security_context(context: CtxtHandle) -> None:
    """End a context and drop its keys. A second call is no error. Raises SEC_E_INVALID_HANDLE for an empty handle."""
    if context.digest_context is None:
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)
    context.digest_context.close()


@checked
def export_security_context(context: CtxtHandle, flags: ContextExport | int = 0) -> bytes:
    """A blob, 32 octets, that import_security_context accepts once, in this process.

    With SECPKG_CONTEXT_EXPORT_DELETE_OLD this handle is empty afterwards. Without it both handles have the same
    context. Raises SEC_E_UNSUPPORTED_FUNCTION for RESET_NEW (a context that begins again would use its keys twice) and
    for TO_KERNEL.
    """
    flags = ContextExport(flags)
    state = context_of(context)
    if int(flags) & ~int(ContextExport.SECPKG_CONTEXT_EXPORT_DELETE_OLD):
        raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)
    blob = secrets.token_bytes(_BLOB_OCTETS)
    _exported.add(blob, state)
    if flags & ContextExport.SECPKG_CONTEXT_EXPORT_DELETE_OLD:
        context.digest_context = None
        state.handle = None
    return blob


@checked
def import_security_context(package: str, packed_context: bytes | bytearray | memoryview) -> CtxtHandle:
    """A handle to an exported context. `package` is WDigest.

    Raises SEC_E_UNKNOWN_CREDENTIALS for a blob of another process, and for one that was used before.
    """
    query_security_package_info(package)
    state = _exported.take(bytes(packed_context))
    if state is None:
        raise failure(NtStatus.SEC_E_UNKNOWN_CREDENTIALS)
    handle = CtxtHandle()
    handle.digest_context = state
    return handle
