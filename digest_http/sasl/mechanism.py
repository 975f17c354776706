"""What client and server share: one exchange, which ends at its first fault, and the two directions of a layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Final, NoReturn

from digest_http.errors import ContextExpired, MessageTooLarge, OutOfSequence, QopNotSupported

from .ciphers import CIPHERS
from .confidentiality import Sealer, Unsealer, overhead
from .directives import MAX_MAXBUF
from .integrity import SIGNATURE_OCTETS, Octets, Signer, Verifier, octets_of, writable
from .keys import integrity_keys, sealing_keys
from .policy import Policy

__all__ = ["Mechanism"]


class Mechanism(ABC):
    """One authentication exchange and the security layer after it. It is used once, and cannot be pickled.

    `qop`, `cipher`, `authzid`, `username`, `realm` and `peer_maxbuf` (octets) are None until they are known. Trust them
    only if `complete` is true.

    The calls of the layer raise OutOfSequence before the exchange is complete, QopNotSupported with qop=auth, and
    ContextExpired after the end.
    """

    mechanism: Final = "DIGEST-MD5"

    _is_client: ClassVar[bool]

    def __init__(self, policy: Policy) -> None:
        self._policy: Final = policy
        self._complete = False
        self._ended: str | None = None
        self._session: bytes | None = None
        self._layer: tuple[Signer, Verifier] | None = None
        self._sender: Signer | None = None
        self._receiver: Verifier | None = None
        self.qop: str | None = None
        self.cipher: str | None = None
        self.username: str | None = None
        self.realm: str | None = None
        self.authzid: str | None = None
        self.peer_maxbuf: int | None = None

    # --- the exchange ---

    @property
    def complete(self) -> bool:
        """Whether both sides have proved themselves; false again after a failure."""
        return self._complete

    @property
    def ended(self) -> bool:
        """Whether a failure or close() has ended this object for good."""
        return self._ended is not None

    def step(self, token: Octets | None = None) -> bytes:
        """Take the peer's token and return the token to send; None or b"" means no token.

        Raises a DigestError. After that the object is useless: every further call raises ContextExpired.
        """
        self._alive()
        try:
            return self._step(bytes(octets_of(token)) if token is not None else b"")
        except BaseException:
            self._end("the exchange failed")
            raise

    @abstractmethod
    def _step(self, token: bytes) -> bytes: ...

    def session_key(self) -> bytes:
        """H(A1), raw, 16 octets: a secret. Raises OutOfSequence before completion, ContextExpired after the end."""
        self._alive()
        if self._session is None or not self._complete:
            raise OutOfSequence("there is no session key before the exchange is complete", reason="incomplete")
        return self._session

    def close(self) -> None:
        """Drop the keys; every further call raises ContextExpired."""
        self._end("the context was closed")

    # --- the layer; records are bare, framing.py puts lengths in front ---

    @property
    def max_message(self) -> int | None:
        """The longest message that wrap() takes, in octets; None without a layer or without a limit."""
        return self._sender.limit if self._sender is not None else None

    @property
    def max_record(self) -> int:
        """The longest record that this side accepts, in octets: its maxbuf, or 16777215 if no limit is enforced."""
        return self._policy.maxbuf if self._policy.enforce_maxbuf else MAX_MAXBUF

    def wrap(self, message: Octets) -> bytes:
        """One message as one record. Raises MessageTooLarge over `max_message`; the object can still be used then."""
        sender = self._sender
        return sender.wrap(message) if sender is not None else self._no_layer()

    def wrap_parts(self, message: Octets) -> Iterator[bytes]:
        """A message of any length as records that the peer accepts. The iterator makes one record at a time."""
        sender = self._sender or self._no_layer()
        view = memoryview(octets_of(message))
        step = sender.limit or len(view) or 1
        # Each record goes through wrap(), which refuses if the context has ended since the last one.
        return (self.wrap(view[start : start + step]) for start in range(0, len(view) or 1, step))

    def unwrap(self, record: Octets) -> bytes:
        """The message of one whole record.

        Raises MessageAltered, OutOfSequence, MalformedField or MessageTooLarge. After that the object is useless. An
        argument that is not a buffer raises TypeError, in this and in all calls of the layer. Then nothing is used up.
        """
        receiver = self._receiver or self._no_layer()
        record = octets_of(record)
        try:
            return receiver.unwrap(record)
        except BaseException:
            self._end("a record failed")
            raise

    def seal(self, message: Octets) -> tuple[bytes, bytes]:
        """As wrap, but in two pieces: (a body as long as the message, a trailer)."""
        return (self._sender or self._no_layer()).seal(message)

    def seal_in_place(self, message: bytearray | memoryview) -> bytes:
        """Turn a message into the body of its record in place, and return the trailer.

        Raises TypeError for memory that is read-only or has gaps. Then no sequence number is used up.
        """
        return (self._sender or self._no_layer()).seal_in_place(message)

    def unseal_in_place(self, record: bytearray | memoryview) -> int:
        """Turn a record into its message in place, and return the message's length in octets. Raises as unwrap.

        Raises TypeError for memory that is read-only or has gaps. Then the object can still be used, and the record can
        be passed again.
        """
        receiver = self._receiver or self._no_layer()
        record = writable(record)
        try:
            return receiver.unseal_in_place(record)
        except BaseException:
            self._end("a record failed")
            raise

    def sign(self, message: Octets) -> bytes:
        """The signature, 16 octets, of a message sent in clear. It uses wrap's counter; auth-conf can sign too."""
        return (self._sender or self._no_layer()).sign(message)

    def verify(self, message: Octets, signature: Octets) -> None:
        """Check a message in clear against the peer's signature, 16 octets. Raises as unwrap."""
        receiver = self._receiver or self._no_layer()
        message, signature = octets_of(message), octets_of(signature)
        try:
            receiver.verify(message, signature)
        except BaseException:
            self._end("a record failed")
            raise

    # --- inside ---

    def _establish(self, peer_maxbuf: int) -> None:
        """Make the layer of the chosen qop and cipher. _finish() opens it after the peer's proof was found right.

        The session hash is in `_session` already. No function that can raise has it in a local variable: error
        reporters show the local variables of a traceback.
        """
        self.peer_maxbuf = peer_maxbuf
        self._layer = None
        if self.qop == "auth" or self._session is None:
            return
        spec = CIPHERS[self.cipher] if self.cipher is not None else None
        room = peer_maxbuf - (overhead(spec) if spec is not None else SIGNATURE_OCTETS)
        if room < 1 and self._policy.enforce_maxbuf:
            raise MessageTooLarge(f"the peer's maxbuf of {peer_maxbuf} leaves no room for a message")
        send_limit = room if self._policy.enforce_maxbuf else None
        receive_limit = self._policy.maxbuf if self._policy.enforce_maxbuf else None
        own, peers = self._in_order(integrity_keys(self._session))
        if spec is None:
            self._layer = Signer(own, send_limit), Verifier(peers, receive_limit)
        else:
            own_sealing, peers_sealing = self._in_order(sealing_keys(self._session, spec.key_octets))
            self._layer = (
                Sealer(own, send_limit, spec, own_sealing),
                Unsealer(peers, receive_limit, spec, peers_sealing),
            )

    def _finish(self) -> None:
        """The peer's proof is right: open the layer. Raises ContextExpired if the object was closed meanwhile."""
        self._alive()
        self._complete = True
        if self._layer is not None:
            self._sender, self._receiver = self._layer

    def _in_order(self, keys: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        """(Key to the server, key to the client) as (own key, the peer's key)."""
        return keys if self._is_client else (keys[1], keys[0])

    def _alive(self) -> None:
        if self._ended is not None:
            raise ContextExpired(f"{self._ended}: authenticate again with a new object")

    def _end(self, why: str) -> None:
        self._ended = self._ended or why
        self._complete = False
        self._session = self._layer = self._sender = self._receiver = None

    def _no_layer(self) -> NoReturn:
        self._alive()
        if not self._complete:
            raise OutOfSequence("there is no layer before the exchange is complete", reason="incomplete")
        raise QopNotSupported(
            "qop=auth has no security layer: name auth-int or auth-conf in qop, or send in clear inside TLS"
        )

    def __repr__(self) -> str:
        state = self._ended or ("complete" if self._complete else "not complete")
        return f"<{type(self).__name__} {self.username!a} qop={self.qop} cipher={self.cipher}: {state}>"

    def __getstate__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} holds keys and running state and can be neither pickled nor copied")
