"""A login's layer over a blocking socket. It wraps what is written, and verifies what is read.

RFC 4422 §3.7: each record is sent with its length in front, four octets, and maxbuf is a limit in both directions.
files.py does the same for files, async_streams.py for asyncio. The socket module is not imported here: SocketLike names
the methods that are used.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from digest_http.errors import ConfigurationError
from digest_http.forks import ForkAware
from digest_http.secrecy import HoldsSecrets

from .files import SocketFile
from .mechanism import Mechanism
from .records import Records

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = ["LayeredSocket", "SocketLike"]

_READ_OCTETS: Final = 65536
"""How many octets are read from a socket at a time: several small records, or the usual maxbuf."""


#: The attributes of the socket that can be used directly. Others might read or write without the layer.
_PASSED: Final = frozenset(
    (
        *("family", "fileno", "getblocking", "getpeername", "getsockname", "getsockopt", "gettimeout", "proto"),
        *("setsockopt", "settimeout", "shutdown", "timeout", "type"),
        # These are attributes of ssl's sockets.
        *("cipher", "get_channel_binding", "getpeercert", "selected_alpn_protocol", "version"),
    )
)


class SocketLike(Protocol):
    """The methods that are used of a connected socket; sockets of the modules socket and ssl have them."""

    def recv(self, bufsize: int, /) -> bytes:
        """At most `bufsize` octets, at least one; b"" at the end."""
        ...

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


class LayeredSocket(ForkAware, HoldsSecrets):
    """A socket that replaces the one that the login used. With qop=auth the octets pass unchanged.

    `context` is the DigestMD5Client or DigestMD5Server of the completed login. One thread may read while others write.
    Errors are DigestErrors, and the socket's own:

    * a changed, lost, repeated or too long record: the errors of unwrap(); the stream has failed for good;
    * the end of the stream inside a record: MalformedField, reason "truncated". Between records recv() returns b"";
    * a timeout while reading: nothing is lost, read again. A timeout while writing: it is unknown how much was sent, so
      the stream has failed. For non-blocking sockets use async_streams.py;
    * any call after close() or a failure: ContextExpired.

    `received` are octets that were read together with the last token of the login. `during_login` is explained in
    Records. Other calls (settimeout, fileno, getpeername, ...) are the socket's own; calls that would bypass the layer
    are missing. select() does not see octets that are held here already: look at `pending`.
    """

    def __init__(
        self, socket: SocketLike, context: Mechanism, *, received: bytes = b"", during_login: bool = False
    ) -> None:
        self._socket: Final = socket
        self._records: Final = Records(context, during_login=during_login)
        self._writing = threading.Lock()
        if received:
            self._records.received(received)
        super().__init__()

    def after_fork_in_child(self) -> None:
        """See ForkAware: the stream stays with the parent. Else two processes would use the same keys and numbers."""
        self._writing = threading.Lock()
        self._records.close()

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Verified octets, at most `bufsize`; b"" at the end of the stream."""
        _no_flags(flags)
        while not (message := self._records.read(bufsize)) and bufsize:
            data = self._socket.recv(_READ_OCTETS)
            if not data:
                self._records.received_end()
                break
            self._records.received(data)
        return message

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0, /) -> int:
        """As recv, into a buffer; returns how many octets."""
        with memoryview(buffer).cast("B") as view:
            message = self.recv(nbytes or len(view), flags)
            view[: len(message)] = message
        return len(message)

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        """Send all of it, in as many records as the peer needs."""
        _no_flags(flags)
        with self._writing:
            octets = self._records.sent(memoryview(data))
            try:
                self._socket.sendall(octets)
            except BaseException:
                # A part of a record may have been sent. The peer would read the next octets as its rest.
                self._records.close()
                raise

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        """As sendall; returns how many octets, which is always all of them."""
        self.sendall(data, flags)
        return memoryview(data).nbytes

    @property
    def pending(self) -> int:
        """How many octets were received and not read yet; some may be of a record that is not whole."""
        return self._records.pending

    def makefile(self, mode: str = "r", buffering: int | None = None, **text: Any) -> io.IOBase:  # noqa: ANN401
        """A binary file over the layer: "rb", "wb" or "rwb". Raises ConfigurationError for text and for no buffer."""
        if "b" not in mode or text or buffering == 0:
            raise ConfigurationError(
                f"a file over a layer is binary and buffered: write makefile({''.join(set(mode) & set('rw')) or 'r'}b)"
            )
        raw = SocketFile(self)
        size = buffering if buffering is not None and buffering > 1 else io.DEFAULT_BUFFER_SIZE
        if "r" in mode and "w" in mode:
            return io.BufferedRWPair(raw, raw, size)
        return io.BufferedWriter(raw, size) if "w" in mode else io.BufferedReader(raw, size)

    def close(self) -> None:
        """End the layer, then close the socket."""
        self._records.close()
        self._socket.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the socket has
        if name not in _PASSED:
            raise AttributeError(f"a {type(self).__name__} has no {name}: it might bypass the layer")
        return getattr(self._socket, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} over {self._socket!r}>"


def _no_flags(flags: int) -> None:
    if flags:
        raise ConfigurationError("flags (MSG_PEEK, MSG_OOB, ...) bypass the layer: read and write without them")
