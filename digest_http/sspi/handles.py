"""The two handles. An empty one, as sspilib's own classes make it, is filled by the first call it is given to."""

from __future__ import annotations

from typing import NoReturn
from weakref import ref

from .context import Context
from .credential import Credential
from .sasl_options import SaslOptions
from .status import NtStatus, failure

__all__ = ["CredHandle", "CtxtHandle", "context_of", "handle_for"]


class CredHandle:
    """Credentials of one or both sides; made by acquire_credentials_handle, freed with its last reference."""

    digest_credential: Credential | None = None

    def __repr__(self) -> str:
        held = self.digest_credential
        return f"<{type(self).__name__} {held!r}>" if held is not None else f"<{type(self).__name__}, empty>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credentials handle is not pickled: a pickle would hold the password")


class CtxtHandle:
    """A security context; made by initialize_ or accept_security_context."""

    digest_context: Context | None = None
    sasl_options: SaslOptions | None = None

    def __repr__(self) -> str:
        context = self.digest_context
        if context is None:
            return f"<{type(self).__name__}, empty>"
        state = "closed" if context.closed else "established" if context.established else "not established"
        return f"<{type(self).__name__} {type(context).__name__}: {state}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a context handle is not pickled: it stands for keys and running state")


def context_of(handle: CtxtHandle) -> Context:
    """The established context of a handle.

    Raises SEC_E_INVALID_HANDLE for one that is empty or half made, SEC_E_CONTEXT_EXPIRED for one that was closed.
    """
    context = handle.digest_context
    if context is None:
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)
    context.check_open()
    if not context.established:
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)
    return context


def handle_for(context: Context, given: CtxtHandle | None) -> CtxtHandle:
    """The handle to return: the context's own as long as someone holds it, else the one given, else a new one."""
    own = context.handle() if context.handle is not None else None
    if own is None:
        own = given if given is not None and given.digest_context in (None, context) else CtxtHandle()
        own.digest_context = context
        context.handle = ref(own)
    return own
