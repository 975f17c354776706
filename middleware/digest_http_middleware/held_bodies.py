"""A body that waits for its verdict: kept as it came, in memory or above a limit in a file, and handed on in order."""

from __future__ import annotations

import asyncio
from tempfile import TemporaryFile
from typing import IO, Any, Final

from digest_http import settings
from digest_http.algorithms import Algorithm
from digest_http.errors import SourceUnavailable

from .hashed_pieces import HashedPieces

__all__ = ["FILE_PIECE", "HeldBody", "check_spool_above", "most_held"]

#: Octets that are written to a file, or read from it, at once.
FILE_PIECE: Final = 65536


def check_spool_above(spool_above: int | None, max_body: int) -> int | None:
    """The setting itself. Raises ConfigurationError for a number that is none, or that no body can be above."""
    if spool_above is None:
        return None
    if settings.number("spool_above", spool_above, 0, example=FILE_PIECE) >= max_body:
        # As it would be with the default of max_body and a large number here.
        raise settings.refusal(
            "spool_above", spool_above, "a number below max_body, for instance spool_above=65536, max_body=104857600"
        )
    return spool_above


def most_held(max_body: int, spool_above: int | None) -> int:
    """Octets of one body, of a request or an answer, that are in memory at most, but for those on the way to a file."""
    return max_body if spool_above is None else spool_above


class HeldBody:
    """A body between its first octet and the app's last look at it. Close it, or its file stays open.

    It is hashed with `algorithm` as it comes, and has `limit` octets at most. `spool_above`: octets that may be in
    memory; the rest goes to a file without a name. None: all is in memory.
    """

    __slots__ = (
        "_begun", "_file", "_reading", "_working", "closed", "in_memory", "pieces",
    )  # fmt: skip

    def __init__(self, algorithm: Algorithm, limit: int, spool_above: int | None) -> None:
        # What is in memory is never over the whole.
        most = limit if spool_above is None else spool_above
        self.pieces: Final = HashedPieces(algorithm.hash_body(), limit, most)
        """What is in memory."""
        self._file: IO[bytes] | None = None
        self._working: asyncio.Future[Any] | None = None
        # A piece that nobody has taken yet.
        self._reading: asyncio.Future[bytes] | None = None
        self._begun = False
        self.closed = False
        """Whether nothing is to be had any more."""
        self.in_memory = True
        """Whether no file was needed."""

    def add(self, piece: bytes) -> bool:
        """Hash and keep a piece. True: more is in memory than may be, so `spill`. Raises BodyTooLarge."""
        return self.pieces.take_in(piece)

    @property
    def octets(self) -> int:
        """How many were added."""
        return self.pieces.received

    @property
    def hentity(self) -> bytes:
        """The hash so far, in hex."""
        return self.pieces.hentity

    def spill(self) -> None:
        """Write what is in memory to the file. Blocks. Raises SourceUnavailable if the disk takes no more."""
        # From now on pieces go of a size that is worth a call.
        self.in_memory, self.pieces.most = False, FILE_PIECE
        try:
            if self._file is None:
                self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - it is closed by `close`
            while piece := self.pieces.take():
                left = memoryview(piece)
                while left:
                    left = left[self._file.write(left) :]
        except OSError as error:
            raise SourceUnavailable("The body could not be kept; try again later", reason="spool-down") from error

    def read(self) -> bytes:
        """The next octets, at most FILE_PIECE of those in the file; none at the end. May block.

        Raises OSError, and ValueError after `close`: a body never seems to end where it was cut.
        """
        if self.closed:
            raise ValueError("the request is over, and so is its body")
        return self._next()

    async def spill_aside(self) -> None:
        """The same as `spill`, in a thread where the event loop is asyncio's."""
        loop = _asyncio_loop()
        if loop is None:
            self.spill()
            return
        self._working = working = loop.run_in_executor(None, self.spill)
        # Nothing ends a write half way: who is told to stop leaves the file to `close`.
        await asyncio.shield(working)

    async def read_aside(self) -> bytes:
        """The same as `read`, in a thread where the event loop is asyncio's. Who is told to stop may ask again."""
        loop = _asyncio_loop()
        if loop is None or self.closed:
            return self.read()
        if self._reading is None:
            self._reading = self._working = loop.run_in_executor(None, self._next)
        piece = await asyncio.shield(self._reading)
        self._reading = None
        return piece

    def _next(self) -> bytes:
        if self._file is not None:
            if not self._begun:
                self._begun = True
                self._file.seek(0)
            piece = self._file.read(FILE_PIECE)
            if piece:
                return piece
        # What came last has not gone to the file.
        return self.pieces.take()

    def close(self) -> None:
        """Forget the body, and the file. It may be called more than once."""
        self.closed = True
        working = self._working
        if working is not None and not working.done():
            working.add_done_callback(self._close_later)
        elif self._file is not None:
            self._file.close()

    def _close_later(self, working: asyncio.Future[Any]) -> None:
        if not working.cancelled():
            # Looked at: else asyncio says that nobody has.
            working.exception()
        if self._file is not None:
            self._file.close()


def _asyncio_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs; None for others, whose threads are not known here."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
