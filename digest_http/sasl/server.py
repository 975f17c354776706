"""The server side of DIGEST-MD5 (RFC 2831 §2.1, §2.2)."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from typing import Final, cast

from digest_http.encoding import nfc, octets_to_text
from digest_http.errors import (
    ConfigurationError,
    LogonDenied,
    OutOfSequence,
    QopNotSupported,
)
from digest_http.names import realm_name
from digest_http.settings import flag, function, instances, refusal, texts

from . import charset
from .accounts import Question, Secret, Source, at_once, later, lookup_of
from .digest_uri import Names, hosts_of, part_of_uri
from .directives import DEFAULT_MAXBUF, Challenge, Response, serialize_rspauth
from .integrity import Octets, octets_of
from .mechanism import Mechanism
from .policy import DEFAULT_CIPHERS, DEFAULT_QOP, Policy
from .proving import proof
from .reauthentication import Resumption, ServerSessions

__all__ = ["DigestMD5Server"]

_RANDOM_OCTETS: Final = 30

#: An example of an authorization policy, for errors.
_AUTHORIZE: Final = "may_act, with def may_act(username, realm, authzid) -> bool"

# "alice@corp.example.com" and "CORP\\alice".
_names_its_domain: Final = re.compile(r"[@\\]")


class DigestMD5Server(Mechanism):
    r"""One login at one service. step() without a token returns the challenge, step(response) the proof to send back.

    RFC 6331 made this mechanism Historic: also offer SCRAM-SHA-256 inside TLS, and remove this mechanism when the log
    shows no more logins with it.

    * `users`: a mapping of name to password, a callable (username, realm) -> password, H(A1) or None, or an object
      with `ha1(username, realm, algorithm)`. H(A1) is 16 raw octets or 32 hex digits. If the source is asynchronous,
      call astep() in place of step().
    * `service`, `host`: what the digest-uri must name. None accepts any, and `host` may be several names. `serv_name`:
      the only third part of a digest-uri that is accepted.
    * `realms`: the realms that are offered and accepted; default: the first host. An empty tuple offers none and
      accepts any: `users` is asked for the realm that the client hashed, and `realm` has its name. A password works for
      every realm; a source that keeps H(A1) must return the one of that realm.
    * `domain_accounts`: also accept "alice@example.com" and "CORP\alice" with the empty realm, as Windows sends them.
    * `qop`, `ciphers`, `maxbuf`, `enforce_maxbuf`, `random`: as for the client; every listed value is offered.
    * `authorize(username, realm, authzid) -> bool`: whether the user may act as `authzid`; default: only as the same
      user.
    * `sessions`: keeps nonces that may be used again (RFC 2831 §2.2); the servers of a process share it.
    * `nonce`, `directives`: for protocols on top (channel binding). A function that makes the nonce; directives to add
      to the challenge, as unquoted octets.

    Raises ConfigurationError and UnsupportedAlgorithm as the client does.
    """

    _is_client = False

    def __init__(
        self,
        users: Source,
        *,
        service: str | None,
        host: str | Iterable[str] | None,
        serv_name: str | None = None,
        realms: str | Iterable[str] | None = None,
        qop: str | Iterable[str] = DEFAULT_QOP,
        ciphers: str | Iterable[str] = DEFAULT_CIPHERS,
        maxbuf: int = DEFAULT_MAXBUF,
        enforce_maxbuf: bool = True,
        domain_accounts: bool = False,
        authorize: Callable[[str, str, str], bool | Awaitable[bool]] | None = None,
        sessions: ServerSessions | None = None,
        random: Callable[[int], bytes] = os.urandom,
        nonce: Callable[[], bytes] | None = None,
        directives: Mapping[bytes, bytes] | None = None,
    ) -> None:
        super().__init__(Policy(qop, ciphers, maxbuf, enforce_maxbuf=enforce_maxbuf))
        self._find: Final = lookup_of(users)
        self._names: Final = Names(
            None if service is None else part_of_uri("service", service),
            None if host is None else hosts_of(host),
            None if serv_name is None else part_of_uri("serv_name", serv_name),
        )
        if realms is None:
            if not self._names.hosts:
                raise ConfigurationError("give realms, or a host, which is then the realm: realms=['example.com']")
            realms = self._names.hosts[0]
        self._realms: Final = _realms(realms)
        self._domain_accounts: Final = flag("domain_accounts", domain_accounts)
        self._authorize: Final = (
            authorize if authorize is None else function("authorize", authorize, 3, example=_AUTHORIZE)
        )
        self._sessions: Final = sessions
        if sessions is not None:
            instances("sessions", (sessions,), ServerSessions, example="ServerSessions()")
        self._random: Final = function("random", random, 1, example="os.urandom")
        self._make_nonce: Final = nonce if nonce is None else function("nonce", nonce, 0, example="make_nonce")
        self._directives: Final = _directives(directives)
        self._waiting = False
        self._challenge: Challenge | None = None
        self._response: Response | None = None
        self._rspauth = b""

    @property
    def response(self) -> Response | None:
        """The accepted response, None before. Its `others` are the directives that this mechanism does not know."""
        return self._response

    async def astep(self, token: Octets | None = None) -> bytes:
        """As step; `users` and `authorize` may be asynchronous here, for instance an asynchronous database.

        One token at a time: a token that comes while another is being verified ends the exchange.
        """
        self._alive()
        if self._waiting:
            self._end("a token came while the previous one was being verified")
            self._alive()
        self._waiting = True
        try:
            steps = self._steps(bytes(octets_of(token)) if token is not None else b"")
            question = next(steps)
            while True:
                question = steps.send(await later(question))
        except StopIteration as end:
            return cast("bytes", end.value)
        except BaseException:
            self._end("the exchange failed")
            raise
        finally:
            self._waiting = False

    def _step(self, token: bytes) -> bytes:
        if self._waiting:
            raise OutOfSequence("a token came while the previous one was being verified", reason="waiting")
        steps = self._steps(token)
        try:
            question = next(steps)
            while True:
                question = steps.send(at_once(question))
        except StopIteration as end:
            return cast("bytes", end.value)

    def _steps(self, token: bytes) -> Generator[Question, object, bytes]:
        """One step. It yields its questions; the caller of the generator sends the answers."""
        if self._complete:
            # Protocols that cannot send data with their message of success ask for this empty last token.
            if token:
                raise OutOfSequence("a token came after the exchange was complete", reason="complete")
            return b""
        if self._challenge is not None:
            return (yield from self._judge(Response.parse(token), self._challenge.nonce))
        resumption = Resumption.UNKNOWN
        # A server without `sessions` ignores an initial response, as the JDK's and GNU SASL's do.
        if token and self._sessions is not None:
            response = Response.parse(token)
            resumption = yield from self._resume(response, self._sessions)
            if resumption is Resumption.ACCEPTED:
                return self._accept(response)
            self._session, self._rspauth = None, b""
        return self._issue(stale=resumption is Resumption.STALE)

    def _issue(self, *, stale: bool) -> bytes:
        self._challenge = Challenge(
            nonce=self._make_nonce() if self._make_nonce is not None else self._fresh(),
            realms=self._realms,
            qop=self._policy.qop,
            ciphers=self._policy.ciphers,
            maxbuf=self._policy.maxbuf,
            stale=stale,
            others=self._directives,
        )
        return self._challenge.serialize()

    def _judge(self, response: Response, nonce: bytes) -> Generator[Question, object, bytes]:
        if response.nonce != nonce:
            raise LogonDenied("the response answers another challenge: its nonce is different", reason="nonce")
        if response.count != 1:
            raise LogonDenied("nc of a first response is not 00000001", reason="nc")
        yield from self._verify(response)
        token = self._accept(response)
        if self._sessions is not None:
            self._sessions.remember(nonce, _owner(response), response.cnonce)
        return token

    def _resume(self, response: Response, sessions: ServerSessions) -> Generator[Question, object, Resumption]:
        try:
            yield from self._verify(response)
        except LogonDenied:
            return Resumption.UNKNOWN
        return sessions.advance(
            response.nonce, _owner(response), response.count, response.cnonce, fresh_cnonce=response.qop != "auth"
        )

    def _verify(self, response: Response) -> Generator[Question, object, None]:
        """Check a response except its nonce and nc. Raises LogonDenied, QopNotSupported, MalformedField."""
        self._check_choice(response)
        self._names.check(response.digest_uri)
        # In one Unicode form, as names are kept. Below, the octets as sent are hashed.
        username = nfc(octets_to_text(response.username))
        realm = self._check_realm(response.realm, username)
        # The same refusal for a wrong password and for a name that nobody has. The answer is in no local variable of a
        # function that raises: it may be a password, and error reporters show the local variables of a traceback.
        if not self._prove(response, realm, cast("Secret", (yield self._find(username, nfc(octets_to_text(realm)))))):
            raise LogonDenied("the user name or the password is wrong")
        self.qop = response.qop
        self.cipher = response.cipher if response.qop == "auth-conf" else None
        self.username = username
        self.realm = octets_to_text(realm)
        self.authzid = nfc(octets_to_text(response.authzid)) if response.authzid is not None else None
        yield from self._check_authzid(username, self.realm, self.authzid)
        self._establish(response.maxbuf)

    def _prove(self, response: Response, realm: bytes, secret: Secret) -> bool:
        """Whether one form of the user's hash fits the response. If so, keep H(A1) and our own proof."""
        proved = proof(response, realm, secret)
        if proved is None:
            return False
        self._session, self._rspauth = proved
        return True

    def _accept(self, response: Response) -> bytes:
        self._response = response
        self._finish()
        return serialize_rspauth(self._rspauth)

    def _check_choice(self, response: Response) -> None:
        if response.qop not in self._policy.qop:
            raise QopNotSupported(f"qop {response.qop!a} was not offered")
        # With another qop a cipher means nothing and is ignored, as JDK and Cyrus do.
        if response.qop == "auth-conf" and response.cipher not in self._policy.ciphers:
            raise QopNotSupported(f"cipher {response.cipher!a} was not offered", reason="cipher")

    def _check_realm(self, realm: bytes | None, username: str) -> bytes:
        """The realm as it was hashed. Raises LogonDenied.

        RFC 2831 §2.1.2 requires one of the offered realms "if the server provided any". If it provided none, clients
        send their own choice: the host's name (Cyrus, Twisted), what the user typed (JDK, GNU SASL, Perl), or nothing.
        """
        # A client leaves an empty realm out (JDK) or sends it empty (Cyrus); both hash the empty realm.
        received = realm or b""
        if not self._realms or (self._domain_accounts and not received and _names_its_domain.search(username)):
            return received
        # A client that reads the challenge as ISO 8859-1 sends the realm in that form.
        if received not in self._realms and received not in [charset.downgrade(name) for name in self._realms]:
            raise LogonDenied("the realm is not one that was offered", reason="realm")
        return received

    def _check_authzid(self, username: str, realm: str, authzid: str | None) -> Generator[Question, object, None]:
        # RFC 2831 §2.1.2 forbids an empty authzid. JDK and Cyrus send one, and treat it as none.
        if not authzid or (authzid == username and self._authorize is None):
            return
        may_act = self._authorize
        allowed = may_act is not None and (
            yield Question("the authorization policy", lambda: may_act(username, realm, authzid), (object,))
        )
        if allowed is not True:
            raise LogonDenied("the user may not act as this authorization identity", reason="authzid")

    def _end(self, why: str) -> None:
        super()._end(why)
        self._rspauth = b""

    def _fresh(self) -> bytes:
        return base64.b64encode(self._random(_RANDOM_OCTETS))


def _realms(setting: object) -> tuple[bytes, ...]:
    """UTF-8 octets in Normalization Form C. A realm may be empty: RFC 2831 §2.1.1 says what is hashed then."""
    listed = texts("realms", setting, example="example.com")
    return tuple(realm_name(realm, "realms").encode() if realm else b"" for realm in listed)


def _directives(setting: Mapping[bytes, bytes] | None) -> dict[bytes, bytes]:
    found: object = {} if setting is None else setting
    if not isinstance(found, Mapping) or not all(
        isinstance(part, bytes) for pair in cast("Mapping[object, object]", found).items() for part in pair
    ):
        raise refusal("directives", found, "a mapping of octets to octets, for instance directives={b'name': b'value'}")
    return dict(cast("Mapping[bytes, bytes]", found))


def _owner(response: Response) -> tuple[bytes, bytes]:
    return response.username, response.realm or b""
