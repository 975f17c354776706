"""The octets of one login in both directions, without I/O: clear text <-> records with their lengths.

streams.py, files.py and async_streams.py share this file. It has the rules of the layer; those files read and write.
"""

from __future__ import annotations

from typing import Final

from digest_http.errors import ContextExpired, MalformedField, OutOfSequence

from .framing import Deframer, frame
from .integrity import Octets, octets_of
from .mechanism import Mechanism

__all__ = ["Records"]


class Records:
    """The two directions of a completed login. With qop=auth there is no layer, and the octets pass unchanged.

    Only verified octets are returned. The first fault, of any kind, ends both directions and the context. The messages
    before the fault are returned first, so the result does not depend on how the octets arrived.

    A login that is not complete raises OutOfSequence, except with `during_login=True`: then octets pass unchanged until
    the login is complete. That is for libraries which read in their own thread while they log in.
    """

    def __init__(self, context: Mechanism, *, during_login: bool = False) -> None:
        if not (during_login or context.complete or context.ended):
            raise OutOfSequence(
                "the login is not complete: pass the peer's last token to step() and check `complete` first",
                reason="incomplete",
            )
        self._context: Final = context
        self._deframer: Final = Deframer(context.max_record)
        self._unread = memoryview(b"")
        self._through_layer()

    # --- sending ---

    def sent(self, message: Octets) -> bytes:
        """The octets to send for a message: none for an empty message, several records if the peer needs it.

        Raises ContextExpired after any failure.
        """
        octets = octets_of(message)
        if not self._through_layer():
            return bytes(octets)
        if not len(octets):
            # RFC 4422 does not need empty buffers, and Cyrus treats them as an error.
            return b""
        try:
            return b"".join(map(frame, self._context.wrap_parts(octets)))
        except BaseException:
            # Sequence numbers may be used up, and the peer would wait for them.
            self._context.close()
            raise

    # --- receiving ---

    def received(self, data: Octets) -> None:
        """Take octets that came; read() returns the messages that they complete."""
        if self._through_layer():
            self._deframer.add(data)
        else:
            self._unread = memoryview(b"".join((self._unread, data)))

    def read(self, size: int) -> bytes:
        """The next verified octets, at most `size` and only of one message; b"" if more must be received.

        Raises the errors of unwrap() and Deframer, and after one of them ContextExpired in every call.
        """
        # Octets that were verified before a fault are still returned.
        while not self._unread:
            if not self._through_layer():
                return b""
            try:
                record = self._deframer.take()
                if record is None:
                    return b""
                # An empty message must not look like the end of the stream, so the loop continues.
                self._unread = memoryview(self._context.unwrap(record))
            except BaseException:
                self._context.close()
                raise
        message, self._unread = self._unread[:size], self._unread[size:]
        return message.tobytes()

    def lacking(self, size: int) -> int:
        """How many octets to receive if read(size) returned none, without any that come after the next record."""
        return self._deframer.wanted if self._through_layer() else size

    @property
    def pending(self) -> int:
        """How many octets are held: verified but not read yet, or of records that are not opened yet."""
        return len(self._unread) + self._deframer.pending

    def received_end(self) -> None:
        """The stream has ended. Raises MalformedField if it ended inside a record, for instance cut by an attacker."""
        if self._through_layer() and self._deframer.pending:
            self._context.close()
            raise MalformedField("the stream ended inside a record: the rest of it is lost", reason="truncated")

    def close(self) -> None:
        """Drop the keys and the octets that were not read."""
        self._unread = memoryview(b"")
        self._context.close()

    def _through_layer(self) -> bool:
        """Whether octets go through the layer; False: they pass unchanged. Raises ContextExpired."""
        context = self._context
        if context.ended:
            raise ContextExpired("the stream was closed or has failed: connect and log in again")
        return context.complete and context.qop != "auth"
