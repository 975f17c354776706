"""Context handles, and the contexts behind them. There are four kinds of contexts: HTTP or SASL, client or server.

sspilib's own classes make an empty handle. The first call that gets the handle fills it.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Final, NoReturn
from weakref import ref

from digest_http.secrecy import HoldsSecrets
from digest_http.sspi.values.buffers import SecBufferDesc
from digest_http.sspi.values.context_attributes import (
    SecPkgContextKeyInfo,
    SecPkgContextSizes,
    SecPkgContextStreamSizes,
)
from digest_http.sspi.values.sasl_options import SaslOptions
from digest_http.sspi.values.status import NtStatus, failure

__all__ = ["Context", "CtxtHandle", "context_of", "filetime", "handle_for"]

_UNIX_EPOCH: Final = 116_444_736_000_000_000


def filetime() -> int:
    """Now, as a FILETIME: in 100 ns steps since 1601."""
    return time.time_ns() // 100 + _UNIX_EPOCH


class Context(HoldsSecrets, ABC):
    """One security context. Two callers at once are safe only if one signs or encrypts and the other verifies."""

    def __init__(self) -> None:
        self.established = False
        self.closed = False
        self.started: Final = filetime()
        #: ISC_RET_* or ASC_RET_*, as granted by the last step.
        self.granted = 0
        self.handle: ref[CtxtHandle] | None = None

    # --- messages; a default is for a kind of context that does not have the function ---

    @abstractmethod
    def make_signature(self, qop: int, message: SecBufferDesc, seq_no: int) -> None:
        """See message_functions.make_signature."""

    @abstractmethod
    def verify_signature(self, message: SecBufferDesc, seq_no: int) -> int:
        """See message_functions.verify_signature."""

    def encrypt_message(self, qop: int, message: SecBufferDesc, seq_no: int) -> None:  # noqa: ARG002 - HTTP has none
        """See message_functions.encrypt_message."""
        raise failure(NtStatus.SEC_E_QOP_NOT_SUPPORTED)

    def decrypt_message(self, message: SecBufferDesc, seq_no: int) -> int:  # noqa: ARG002 - HTTP has none
        """See message_functions.decrypt_message."""
        raise failure(NtStatus.SEC_E_QOP_NOT_SUPPORTED)

    def complete(self, token: SecBufferDesc) -> None:
        """See server_handshake.complete_auth_token."""

    # --- attributes ---

    @property
    @abstractmethod
    def username(self) -> str:
        """The user who logged in."""

    @property
    @abstractmethod
    def realm(self) -> str:
        """The realm of the login."""

    @property
    @abstractmethod
    def target(self) -> str:
        """The uri or digest-uri that the context was made for."""

    @property
    @abstractmethod
    def client_specified_target(self) -> str | None:
        """The service name in the client's channel binding directives; None if it sent none."""

    @abstractmethod
    def session_key(self) -> bytes:
        """H(A1), raw octets: a secret."""

    @abstractmethod
    def sizes(self) -> SecPkgContextSizes:
        """Sizes of tokens, signatures and trailers, in octets."""

    def stream_sizes(self) -> SecPkgContextStreamSizes:
        """Sizes of sealed messages, in octets. Raises SEC_E_UNSUPPORTED_FUNCTION without a layer."""
        raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)

    @abstractmethod
    def key_info(self) -> SecPkgContextKeyInfo:
        """Names and numbers of the algorithms."""

    def close(self) -> None:
        """End the context; every later use is SEC_E_CONTEXT_EXPIRED."""
        self.closed = True

    def check_open(self) -> None:
        """Raise SEC_E_CONTEXT_EXPIRED once closed."""
        if self.closed:
            raise failure(NtStatus.SEC_E_CONTEXT_EXPIRED)


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
        raise TypeError("a context handle cannot be pickled: it refers to keys and running state")


def context_of(handle: CtxtHandle) -> Context:
    """The established context of a handle.

    Raises SEC_E_INVALID_HANDLE if it is empty or not established yet, SEC_E_CONTEXT_EXPIRED if it was closed.
    """
    context = handle.digest_context
    if context is not None and context.established and not context.closed:
        return context
    if context is not None:
        context.check_open()
    raise failure(NtStatus.SEC_E_INVALID_HANDLE)


def handle_for(context: Context, given: CtxtHandle | None) -> CtxtHandle:
    """The handle to return: the context's own handle if it still exists, else the given handle, else a new one."""
    own = context.handle() if context.handle is not None else None
    if own is None:
        own = given if given is not None and given.digest_context in (None, context) else CtxtHandle()
        own.digest_context = context
        context.handle = ref(own)
    return own
