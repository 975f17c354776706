"""A login's layer over a blocking socket: what is written is wrapped, what is read was verified.

RFC 4422 §3.7: each record goes out with four octets of length in front, and maxbuf holds both ways. files.py is the
same for files, async_streams.py for asyncio. No socket is imported here: SocketLike says what is asked of one.
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
"""How much is read from a socket at a time: several small records, or the common maxbuf."""


#: What passes through to the socket. Whatever is not named might read or write past the layer.
_PASSED: Final = frozenset(
    (
        *("family", "fileno", "getblocking", "getpeername", "getsockname", "getsockopt", "gettimeout", "proto"),
        *("setsockopt", "settimeout", "shutdown", "timeout", "type"),
        # Of ssl's sockets.
        *("cipher", "get_channel_binding", "getpeercert", "selected_alpn_protocol", "version"),
    )
)


class SocketLike(Protocol):
    """What is asked of a connected socket, of the socket module's or of ssl's."""

    def recv(self, bufsize: int, /) -> bytes:
        """At most so many octets, at least one; b"" at the end."""
        ...

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


class LayeredSocket(ForkAware, HoldsSecrets):
    """A socket in the place of the one that the login went over. With qop=auth the octets pass as they are.

    One thread may read while others write. Errors are DigestErrors, and the socket's own:

    * a changed, lost, repeated or too long record: as unwrap(), and the stream has failed for good;
    * the end of the stream inside a record: MalformedField, reason "truncated". Between records it is b"";
    * a timeout while reading: nothing is lost, read again. While writing: how much went out is unknown, so the stream
      has failed. Sockets that do not block are for async_streams.py;
    * anything after close() or a failure: ContextExpired.

    `received` are octets that were read along with the last token of the login. What is said of `during_login` in
    Records holds here. Other calls (settimeout, fileno, getpeername, ...) are the socket's own; those that
    would pass the layer by are not there. select() does not see what is in hand here already: look at `pending`.
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
        """See ForkAware: the stream is the parent's. Two processes would use the same keys and numbers twice."""
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
        """As recv, into a buffer; how many octets."""
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
                # A part of a record may be out. Whatever followed it would be read as its rest.
                self._records.close()
                raise

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        """As sendall; all of it is sent."""
        self.sendall(data, flags)
        return memoryview(data).nbytes

    @property
    def pending(self) -> int:
        """Octets that were received and not read yet; some may be of a record that is not whole."""
        return self._records.pending

    def makefile(self, mode: str = "r", buffering: int | None = None, **text: Any) -> io.IOBase:  # noqa: ANN401
        """A binary file over the layer, "rb", "wb" or "rwb". Raises ConfigurationError for text."""
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
        """End the layer, then the socket."""
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
