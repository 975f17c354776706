"""The public door without I/O: challenges in, signed field values out, for any protocol that speaks Digest.

The order of one call, in whatever loop its protocol has:

1. `authorization(method, target, body)` signs the request. None: there is nothing to sign with yet, send it without.
2. The caller sends it. On a challenge (401, 407) `challenged(field values, what was sent)` says whether to try again:
   if so, step 1 once more; if not, the answer is the caller's.
3. On an answer that lets the request in, `verify(what was sent, Authentication-Info, body)` checks the server's proof,
   and notes what it brings for the next request.

Steps 1 and 2 alone are enough to be let in, and to sign in advance from the second request on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from threading import Lock
from typing import Final, Literal, NamedTuple, Self, TypeAlias

from digest_http import calculation
from digest_http.challenge import parse_challenges
from digest_http.credentials import split_scheme
from digest_http.encoding import octets_to_text
from digest_http.errors import ConfigurationError, MalformedField, WrongPrincipal
from digest_http.params import parse_parameters
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import flag, function

from .challenge_selection import Preference
from .client import ClientContext, Signature
from .client_identity import Identity
from .client_nonce import ClientNonce
from .client_policy import ClientPolicy
from .cnonce_source import CnonceSource
from .credential_sources import CredentialSource
from .logical_clock import tick
from .logins import Logins, Wanted
from .origins import Origin
from .proof import Verify, check_proof, check_verify, demands_proof
from .protection_spaces import OriginSpaces
from .retries import Retries, Try
from .signing import note_accepted, sign

__all__ = ["Authorization", "DigestClient", "FieldValues"]

#: One field value or several, as text (ISO 8859-1, as most libraries decode fields) or as octets; None for no field.
FieldValues: TypeAlias = str | bytes | Iterable[str | bytes] | None

#: Calls that were challenged and have not been signed again yet. One that is forgotten is signed all the same, and its
#: tries begin anew; so there are more than calls are usually under way.
MAX_PENDING: Final = 64

#: How long they wait. A program signs again at once; one that gave up, and calls again later, begins anew.
PENDING_SECONDS: Final = 60.0

# What a cnonce may hold, so that it can neither end its quoted-string nor be read as two values (credentials.py).
_cnonce: Final = re.compile(r"[A-Za-z0-9+/=_.~\-]{1,256}")

_Request: TypeAlias = tuple[bytes, bytes]


class Authorization(HoldsSecrets, str):
    """A signed field value: a str, each character one octet (ISO 8859-1), that knows which request it signs.

    It goes into Authorization or Proxy-Authorization, whichever the challenge asks for. Give this very object to
    `challenged` and `verify`.
    """

    __slots__ = ("_parameters", "request", "retries", "signature")

    signature: Signature
    request: _Request
    retries: Retries

    @classmethod
    def of(cls, field: bytes, signature: Signature, request: _Request, retries: Retries) -> Authorization:
        """A value that `DigestClient` has signed."""
        made = cls(field, "latin-1")
        made.signature = signature
        made.request = request
        made.retries = retries
        return made

    @property
    def octets(self) -> bytes:
        """The value as it goes over the wire."""
        return self.encode("latin-1")

    @property
    def parameters(self) -> dict[str, str]:
        """Its parameters by name, unescaped, for protocols that carry them one by one."""
        token = split_scheme(self.octets) or b""
        return {name.decode(): octets_to_text(value) for name, value in parse_parameters(token).items()}


class _Pending(NamedTuple):
    """A challenge that was taken in: when, the request it refused (None if that was not signed), and what is due."""

    since: float
    request: _Request | None
    context: ClientContext
    nonce: ClientNonce
    retries: Retries


class DigestClient(HoldsSecrets):
    """The credentials of one user for one server (or one proxy), and what that server has taught. Threads may share it.

    All keywords are explained in docs/client-without-io.md. Raises ConfigurationError for settings that cannot work.
    """

    __slots__ = ("_accepted", "_clock", "_context", "_lock", "_logins", "_pending", "_policy", "_spaces", "_verify")

    def __init__(
        self,
        username: str | bytes | None = None,
        password: str | bytes | None = None,
        *,
        credentials: CredentialSource | None = None,
        verify: Verify = "if-present",
        algorithms: Iterable[str] | None = None,
        qop: Iterable[str] = ("auth", "auth-int"),
        allow_rfc2069: bool | None = None,
        allow_weaker: bool = False,
        prefer: Literal["strongest", "server-order"] = "strongest",
        charset: str = "utf-8",
        field_charset: str | None = None,
        quote_all: bool = False,
        decimal_nc: bool = False,
        cnonce: Callable[[], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        flag("allow_weaker", allow_weaker)
        if cnonce is not None:
            function("cnonce", cnonce, 0, example="lambda: secrets.token_hex(16)")
        self._verify: Final[Verify] = check_verify(verify)
        self._logins: Final = Logins(username, password, credentials, charset=charset, field_charset=field_charset)
        self._policy: Final = ClientPolicy(
            Preference(algorithms, qop, allow_rfc2069=allow_rfc2069, prefer=prefer),
            quote_all=quote_all,
            decimal_nc=decimal_nc,
            cnonces=CnonceSource().draw if cnonce is None else _checked(cnonce),
            clock=clock,
        )
        # One server, and all its targets alike: those of other protocols are no paths. A proxy is kept the same way.
        self._spaces: Final = OriginSpaces(Origin("", "", 0), proxy=True, allow_weaker=allow_weaker)
        self._clock: Final = clock
        self._lock: Final = Lock()
        self._pending: tuple[_Pending, ...] = ()
        self._context: ClientContext | None = None
        # The nonce that was accepted last: nothing more is to be noted of its challenge.
        self._accepted: ClientNonce | None = None

    def authorization(
        self, method: str | bytes, target: str | bytes, body: bytes | bytearray | memoryview | None = None
    ) -> Authorization | None:
        """The signed field value for a request, with the next count; None if no challenge has come yet.

        `method` and `target` as in the request line: "GET" and "/path", "DESCRIBE" and "rtsp://camera/1",
        "REGISTER" and "sip:example.org", "OPTIONS" and "*". `body` is what auth-int covers; None is an empty body.
        The result is also None if a new challenge is needed, because the counts of a nonce are used up or the password
        was refused a moment ago: then send the request without the field. Raises MalformedField for a method or target
        that cannot be sent in a field.
        """
        request = _octets_of("method", method), _octets_of("target", target)
        if not (body is None or isinstance(body, (bytes, bytearray, memoryview))):
            raise TypeError("body is octets (bytes), or None for a request without one")
        pending = self._take_pending(request)
        if pending is not None:
            context, nonce, retries = pending.context, pending.nonce, pending.retries
        else:
            if self._context is None or (self._context.refused and not self._context.accepted_at):
                return None
            found = self._context.pool.reserve()
            if found is None:
                return None
            context, nonce, retries = self._context, found, Retries(tick())
        hentity = calculation.entity_hash(context.algorithm, body or b"") if nonce.needs_entity else b""
        signed = sign(self._spaces, context, nonce, *request, hentity)
        return None if signed is None else Authorization.of(*signed, request, retries)

    def challenged(self, challenges: FieldValues, refused: Authorization | None) -> bool:
        """Learn the challenges of a response; True: sign the request and send it again.

        `challenges` is the value of WWW-Authenticate or Proxy-Authenticate. `refused` is what `authorization` returned
        for that request, or None if it was sent without credentials. False: no challenge can be answered, or the
        password is wrong, or this call was tried often enough. The log `digest_http.client` says why.
        """
        if not (refused is None or isinstance(refused, Authorization)):
            raise TypeError("refused is what authorization() gave for the request, or None if it was not signed")
        policy, signature = self._policy, None if refused is None else refused.signature
        found = parse_challenges(_all_octets(challenges))
        choice = policy.choose(found)
        if choice is None and signature is not None:
            # The server does not say what to sign with instead: the next request asks it, by going unsigned.
            signature.context.pool.drop(signature.nonce)
        choice = choice and policy.admit(choice, found, self._spaces.floor, signature)
        if choice is None:
            if refused is not None:
                refused.retries.after_dead_end(refused.signature)
            return False
        realm = choice.challenge.realm
        identity = self._known_for(realm, None)
        if identity is None:
            policy.report("the source of credentials has none for its realm")
            return False
        context = self._spaces.context_for(choice, partial(policy.make_context, identity))
        retries = Retries(tick()) if refused is None else refused.retries
        nonce = context.learn(choice, retries.refused_nonce(signature))
        if nonce is None:
            policy.report("its nonce has been used as often as nc can count")
            return False
        stale = choice.challenge.stale
        outcome = retries.after_challenge(context, nonce, signature, stale=stale)
        if outcome is Try.NO_MORE and retries.asks and self._known_for(realm, identity) is not identity:
            # Other credentials are there. The nonce has not been used with them.
            nonce = context.learn(choice) or nonce
            outcome = retries.after_challenge(context, nonce, signature, stale=stale)
        if outcome is Try.NO_MORE:
            policy.report("the password is wrong, or it was tried often enough")
            return False
        context.pool.use(nonce)
        request = None if refused is None else refused.request
        with self._lock:
            self._context = context
            pending = _Pending(self._clock(), request, context, nonce, retries)
            self._pending = (*self._pending, pending)[-MAX_PENDING:]
        return True

    def verify(
        self,
        signed: Authorization | None,
        info: FieldValues = None,
        body: bytes | bytearray | memoryview | None = None,
    ) -> bool:
        """Check a response that let a request in; True if the server proved that it knows the password.

        `signed` is what `authorization` returned for the request. `info` is the value of Authentication-Info or
        Proxy-Authentication-Info, None if there is no such field. `body` is the response's body as it was sent (still
        encoded, if it was encoded); it is used only for a proof under auth-int.
        Raises WrongPrincipal for a proof that is wrong, of another request or unreadable, and with verify="required"
        for a missing one. Remembers nextnonce, and does not answer anything weaker from now on.
        """
        if signed is None:
            if demands_proof(self._verify):
                raise WrongPrincipal("the request was not signed, so its answer proves nothing")
            return False
        if not isinstance(signed, Authorization):
            raise TypeError("signed is what authorization() gave for the request, or None if it was not signed")
        signature, values = signed.signature, _all_octets(info)
        octets = b", ".join(values) if values else None

        def covered() -> bytes:
            if body is None:
                raise WrongPrincipal("the proof covers the answer's body: give it to verify() as body=")
            return bytes(body)

        proof = check_proof(self._verify, signature, octets, covered, "Authentication-Info with this answer")
        note_accepted(
            self._spaces, signature, proof.nextnonce, new=self._accepted is not signature.nonce, exclusive=False
        )
        self._accepted = signature.nonce
        return proof.given

    def _known_for(self, realm: bytes, refused: Identity | None) -> Identity | None:
        """The user for a realm, asked for if that has to be; `refused` is what is not to be told again."""
        known = self._logins.known_for(self._spaces, realm)
        if self._logins.source is not None and known is refused:
            self._logins.ask(Wanted(self._spaces, realm, refused))
            known = self._logins.known_for(self._spaces, realm)
        return known

    def _take_pending(self, request: _Request) -> _Pending | None:
        """The challenge that this request is to answer: the one it met, else one that any request met unsigned."""
        if not self._pending:
            return None
        with self._lock:
            oldest = self._clock() - PENDING_SECONDS
            self._pending = tuple(pending for pending in self._pending if pending.since > oldest)
            for wanted in (request, None):
                for pending in reversed(self._pending):
                    if pending.request == wanted:
                        self._pending = tuple(other for other in self._pending if other is not pending)
                        return pending
        return None

    def __repr__(self) -> str:
        return f"<DigestClient of {self._logins.whom}>"

    def __copy__(self) -> Self:
        """This very object: what it has learnt, and its counts, are one."""
        return self

    def __deepcopy__(self, _: dict[int, object]) -> Self:
        """As `__copy__`."""
        return self


def _octets_of(what: str, value: str | bytes) -> bytes:
    if isinstance(value, str):
        if not value.isascii():
            raise MalformedField(f"the {what} is not ASCII: give the octets that are sent", reason=what)
        value = value.encode()
    elif not isinstance(value, bytes):
        raise TypeError(f"{what} is text or octets")
    if not value:
        raise MalformedField(f"the {what} is empty", reason=what)
    return value


def _all_octets(values: FieldValues) -> list[bytes]:
    if values is None:
        return []
    if isinstance(values, (str, bytes)):
        values = (values,)
    return [value if isinstance(value, bytes) else _encoded(value) for value in values]


def _encoded(value: str) -> bytes:
    # Some libraries read fields as ISO 8859-1, some as ASCII with other octets as surrogates, some as UTF-8.
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        try:
            return value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            return value.encode("utf-8", "replace")


def _checked(cnonce: Callable[[], str]) -> Callable[[], bytes]:
    def draw() -> bytes:
        value: object = cnonce()
        if not isinstance(value, str) or _cnonce.fullmatch(value) is None:
            raise ConfigurationError("cnonce gives text of letters, digits and + / = _ . ~ - (256 at most)")
        return value.encode()

    return draw
