"""A login's layer over a file. It wraps what is written, and verifies what is read. See streams.py for the rules."""

from __future__ import annotations

import errno
import io
from typing import TYPE_CHECKING, Final, Protocol

from digest_http.errors import ConfigurationError
from digest_http.secrecy import HoldsSecrets

from .mechanism import Mechanism
from .records import Records

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = ["LayeredFile", "ReadableFile", "SocketFile", "WritableFile"]


class ReadableFile(Protocol):
    """A binary file to read from, buffered or not."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` octets; b"" at the end, None if a non-blocking file has none yet."""
        ...


class WritableFile(Protocol):
    """A binary file to write to, buffered or not."""

    def write(self, data: bytes, /) -> int | None:
        """Write; returns how many octets were taken, None if a non-blocking file took none."""
        ...


class _Socket(Protocol):
    """What SocketFile needs of a LayeredSocket."""

    def recv_into(self, buffer: WriteableBuffer, /) -> int: ...
    def sendall(self, data: ReadableBuffer, /) -> None: ...


class LayeredFile(HoldsSecrets, io.RawIOBase):
    """A binary file with the layer, over another file: a pipe, a socket's makefile(), an object with read() or write().

    Give a reader, a writer, or both; `context` is the DigestMD5Client or DigestMD5Server of the completed login. It
    reads to the end of a record and no further, so the file below can be used for something else afterwards. It does
    not buffer: put io.BufferedReader or io.BufferedWriter on top. Errors as LayeredSocket. close() ends the layer in
    both directions and leaves the files below open, so make only one LayeredFile for a login.
    """

    def __init__(
        self, context: Mechanism, reader: ReadableFile | None = None, writer: WritableFile | None = None
    ) -> None:
        super().__init__()
        self._reader: Final = reader
        self._writer: Final = writer
        if reader is None and writer is None:
            raise ConfigurationError("give a file to read from or one to write to: LayeredFile(client, reader, writer)")
        self._records = Records(context)

    def readable(self) -> bool:
        """Whether there is a file to read from."""
        return self._reader is not None

    def writable(self) -> bool:
        """Whether there is a file to write to."""
        return self._writer is not None

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        """Put verified octets into a buffer. Returns how many: 0 at the end, None if the file below has none yet."""
        if self._reader is None:
            raise io.UnsupportedOperation("read: there is no file to read from")
        with memoryview(buffer).cast("B") as view:
            while not (message := self._records.read(len(view))) and len(view):
                data = self._reader.read(self._records.lacking(len(view)))
                if data is None:
                    return None
                if not data:
                    self._records.received_end()
                    break
                self._records.received(data)
            view[: len(message)] = message
        return len(message)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all octets, in as many records as the peer needs; returns how many octets `data` has.

        Raises BlockingIOError if the file below is non-blocking and full. Any error ends the layer.
        """
        if self._writer is None:
            raise io.UnsupportedOperation("write: there is no file to write to")
        octets = memoryview(self._records.sent(memoryview(data)))
        try:
            while octets:
                # An unbuffered file may take less than it is given.
                octets = octets[_taken(self._writer.write(bytes(octets))) :]
            # flush() of a buffer on top stops at this file, and the record must be sent now.
            self.flush()
        except BaseException:
            self._records.close()
            raise
        return memoryview(data).nbytes

    def flush(self) -> None:
        """Flush the file below."""
        # Every write was flushed already, so it is no error if the file below was closed first.
        flush = getattr(self._writer, "flush", None)
        if flush is not None and not getattr(self._writer, "closed", False):
            flush()

    def close(self) -> None:
        """End the layer. The files below stay open."""
        if not self.closed:
            super().close()
            # Python also closes an object whose __init__ has failed.
            records = vars(self).get("_records")
            if records is not None:
                records.close()


class SocketFile(io.RawIOBase):
    """The unbuffered file inside that of makefile(). It leaves the socket open, as the socket module's own files do."""

    def __init__(self, socket: _Socket) -> None:
        super().__init__()
        self._socket: Final = socket

    def readable(self) -> bool:
        """Always."""
        return True

    def writable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """As the socket's recv_into."""
        return self._socket.recv_into(buffer)

    def write(self, data: ReadableBuffer, /) -> int:
        """As the socket's sendall."""
        self._socket.sendall(data)
        return memoryview(data).nbytes


def _taken(octets: int | None) -> int:
    if octets is None:
        raise BlockingIOError(errno.EAGAIN, "the file below is non-blocking: use LayeredStream for it")
    return octets
