"""The end of a context, and handing it over ("DeleteSecurityContext", "ExportSecurityContext").

An exported blob names a context of this process and holds no key: running ciphers and counts cannot be in two
processes at once without one of them accepting what the other has seen. It is good for one import, and for none in the
child of a fork.
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

#: Exported contexts that nobody imported yet; the oldest is given up first.
MAX_EXPORTED: Final = 1024

_BLOB_OCTETS: Final = 32


class _Exports(ForkAware):
    """Exported contexts by their blobs."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._contexts: Final[OrderedDict[bytes, Context]] = OrderedDict()
        super().__init__()

    def add(self, blob: bytes, context: Context) -> None:
        """Hand out a context."""
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
    """End a context and drop its keys; again is no error. Raises SEC_E_INVALID_HANDLE for an empty handle."""
    if context.digest_context is None:
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)
    context.digest_context.close()


@checked
def export_security_context(context: CtxtHandle, flags: ContextExport | int = 0) -> bytes:
    """A blob that import_security_context takes once, in this process.

    With SECPKG_CONTEXT_EXPORT_DELETE_OLD this handle is empty afterwards, else both handles mean one context.
    Raises SEC_E_UNSUPPORTED_FUNCTION for RESET_NEW (a context in use cannot begin anew without its keys being used
    twice) and for TO_KERNEL.
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
    """A handle to an exported context. Raises SEC_E_UNKNOWN_CREDENTIALS for a blob of elsewhere, or used before."""
    query_security_package_info(package)
    state = _exported.take(bytes(packed_context))
    if state is None:
        raise failure(NtStatus.SEC_E_UNKNOWN_CREDENTIALS)
    handle = CtxtHandle()
    handle.digest_context = state
    return handle
