"""What becomes of a request: Accepted, with the server's own proof, or Refused, with what to answer.

A refusal holds what anybody may know. Which of name, password and realm was wrong is not in it: `log_reason` says that,
and is for the log alone. Each request makes one of these, so this file may be compiled.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from digest_http import calculation
from digest_http.algorithms import Hash
from digest_http.buffers import HTTPMessage
from digest_http.errors import BodyTooLarge, DigestError, NotOffered
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.verdict import Verdict
from digest_http.secret_holder import SecretHolder

from .refusal import NO_CREDENTIALS, WRONG_CREDENTIALS, Refusal

__all__ = ["NO_CREDENTIALS", "WRONG_CREDENTIALS", "Accepted", "Refusal", "Refused"]


class Accepted(SecretHolder):
    """A verified request. `username` is in Normalization Form C.

    `context` and `message` are the request in the HTTP layout, for servers that hash the answer's body themselves.
    """

    __slots__ = ("context", "message", "username")

    def __init__(self, context: ServerContext, message: HTTPMessage, username: str) -> None:
        self.context: Final = context
        self.message: Final = message
        self.username: Final = username

    @property
    def realm(self) -> str:
        """The realm, in Normalization Form C."""
        return self.context.acceptor.realm.decode()

    @property
    def algorithm(self) -> str:
        """The algorithm's name in RFC 7616."""
        return self.context.algorithm.name

    @property
    def qop(self) -> str:
        """The qop that was used: auth, auth-int, or nothing in the form of RFC 2069."""
        return self.context.terms.qop_name

    @property
    def nc(self) -> int:
        """The count of the request, 0 in the form of RFC 2069."""
        return self.context.count if self.context.qop else 0

    @property
    def covers_body(self) -> bool:
        """Whether the proof covers the answer's body (auth-int), which then has to be known."""
        return self.context.covers_body

    def prove(self, body: bytes | None = b"") -> bytes:
        """The value of the guard's `proof_field` for a response with this body (RFC 7616 §3.5).

        None: the body is not known yet. With auth-int the value then has no rspauth. Send none with 401 and 407.
        """
        context = self.context
        if not context.covers_body:
            return self._proof(b"")
        return (
            context.authentication_info(None)
            if body is None
            else self._proof(calculation.entity_hash(context.algorithm, body))
        )

    def prove_hashed(self, entity: Hash | None) -> bytes:
        """The same for a response whose body was hashed while it was sent: `entity` is a hash object of the algorithm.

        Such an object is made by `context.algorithm.hash_body()`.
        """
        context = self.context
        if not context.covers_body:
            return self._proof(b"")
        return (
            context.authentication_info(None)
            if entity is None
            else self._proof(calculation.hex_octets(entity.digest()))
        )

    def _proof(self, hentity: bytes) -> bytes:
        message = self.message
        message.hentity = hentity
        self.context.make_signature(message)
        return message.padding

    def __repr__(self) -> str:
        return f"<Accepted {self.username!r} {self.algorithm} {self.qop}>"


class Refused:
    """A request that must not pass. `fields` are those to answer with: names in lower case and values, in octets."""

    __slots__ = ("cause", "context", "fields", "refusal", "retry_after", "verdict")

    def __init__(
        self,
        refusal: Refusal,
        context: ServerContext | None = None,
        verdict: Verdict | None = None,
        cause: BaseException | None = None,
        *,
        fields: tuple[tuple[bytes, bytes], ...] = (),
        retry_after: int | None = None,
    ) -> None:
        self.refusal: Final = refusal
        #: The credentials, where they could be read.
        self.context: Final = context
        #: More exact than the refusal may be; None for an error.
        self.verdict: Final = verdict
        #: What a source of users or a store has raised.
        self.cause: Final = cause
        self.fields: Final = fields
        #: Seconds after which a client that has to wait (429) may try again.
        self.retry_after: Final = retry_after

    @classmethod
    def by_error(cls, error: DigestError, context: ServerContext | None, status: int) -> Refused:
        """What an error refuses; `status`: 401, or 407 in proxy mode."""
        if isinstance(error, BodyTooLarge):
            # The client may sign without the body, if it was not told so yet.
            drops = context is not None and context.may_drop_auth_int
            told = NotOffered(str(error), reason=error.reason) if drops else error
            return cls(Refusal.of_error(told, status), context)
        return cls(Refusal.of_error(error, status), context, None, error.__cause__)

    def with_fields(self, fields: Iterable[tuple[bytes, bytes]]) -> Refused:
        """The same with what to answer with."""
        return Refused(
            self.refusal, self.context, self.verdict, self.cause, fields=tuple(fields), retry_after=self.retry_after
        )

    @property
    def status(self) -> int:
        """The status to answer with: 401 or 407 with challenges, 400, 413, 429, 431, or 503."""
        return self.refusal.status

    @property
    def reason(self) -> str:
        """A stable code that the client may see."""
        return self.refusal.reason

    @property
    def text(self) -> str:
        """A sentence for the client."""
        return self.refusal.text

    @property
    def log_reason(self) -> str:
        """A stable code for the log alone: it tells an unknown user from a wrong password."""
        # _value_ is the value itself; `value` costs two calls in Python 3.11.
        return self.refusal.reason if self.verdict is None else str(self.verdict._value_)

    def __repr__(self) -> str:
        return f"<Refused {self.status} {self.reason}>"
