"""One login's octets on a stream, both ways, without the stream: clear text <-> records with their lengths.

What streams.py and async_streams.py share. This file has the rules of the layer, they know how to read and write.
"""

from __future__ import annotations

from typing import Final

from digest_http.errors import ContextExpired, MalformedField, OutOfSequence

from .framing import Deframer, frame
from .integrity import Octets, octets_of
from .mechanism import Mechanism

__all__ = ["Records"]


class Records:
    """The two directions of a login that is complete. With qop=auth the octets pass as they are: there is no layer.

    Nothing is given out that was not verified. The first fault ends both directions and the context, whatever the
    fault was. The messages before it are given out first, so that the result does not depend on how the octets
    arrived.

    `during_login=True` also takes a login that is not complete yet: octets pass as they are until it is. That is for
    libraries which read from a thread of their own while they log in.
    """

    def __init__(self, context: Mechanism, *, during_login: bool = False) -> None:
        if not (during_login or context.complete or context.ended):
            raise OutOfSequence(
                "the login is not complete: give the peer's last token to step() and look at `complete` first",
                reason="incomplete",
            )
        self._context: Final = context
        self._deframer: Final = Deframer(context.max_record)
        self._unread = memoryview(b"")
        self._through_layer()

    # --- sending ---

    def sent(self, message: Octets) -> bytes:
        """What goes on the wire for a message: nothing for an empty one, several records where the peer needs it.

        Raises ContextExpired after any failure.
        """
        octets = octets_of(message)
        if not self._through_layer():
            return bytes(octets)
        if not len(octets):
            # RFC 4422 has no use for empty buffers, and Cyrus calls them an error.
            return b""
        try:
            return b"".join(map(frame, self._context.wrap_parts(octets)))
        except BaseException:
            # Numbers may be used up that the peer will wait for.
            self._context.close()
            raise

    # --- receiving ---

    def received(self, data: Octets) -> None:
        """Take what came; read() gives what it completes."""
        if self._through_layer():
            self._deframer.add(data)
        else:
            self._unread = memoryview(b"".join((self._unread, data)))

    def read(self, size: int) -> bytes:
        """The next verified octets, at most `size` and never more than one message; b"" if more must be received.

        Raises what unwrap() and Deframer raise, and ContextExpired from then on.
        """
        # What was verified before a fault is the reader's.
        while not self._unread:
            if not self._through_layer():
                return b""
            try:
                record = self._deframer.take()
                if record is None:
                    return b""
                # An empty message must not look like the end of the stream: the loop goes on.
                self._unread = memoryview(self._context.unwrap(record))
            except BaseException:
                self._context.close()
                raise
        message, self._unread = self._unread[:size], self._unread[size:]
        return message.tobytes()

    def lacking(self, size: int) -> int:
        """How many octets to receive when read(size) gave none, so that none after the next record is touched."""
        return self._deframer.wanted if self._through_layer() else size

    @property
    def pending(self) -> int:
        """Octets in hand: verified and not read yet, or of records that are not opened yet."""
        return len(self._unread) + self._deframer.pending

    def received_end(self) -> None:
        """The stream is over. Raises MalformedField if it was cut inside a record, as somebody on the way could do."""
        if self._through_layer() and self._deframer.pending:
            self._context.close()
            raise MalformedField("the stream ended inside a record: what is missing is lost", reason="truncated")

    def close(self) -> None:
        """Drop the keys and what was not read."""
        self._unread = memoryview(b"")
        self._context.close()

    def _through_layer(self) -> bool:
        """Whether octets go through the layer; False: they pass as they are. Raises ContextExpired."""
        context = self._context
        if context.ended:
            raise ContextExpired("the stream was closed or has failed: connect and log in again")
        return context.complete and context.qop != "auth"
