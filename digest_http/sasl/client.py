"""The client side of DIGEST-MD5 (RFC 2831 §2.1, §2.2)."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast

from digest_http import calculation
from digest_http.encoding import octets_to_text
from digest_http.errors import ConfigurationError, MalformedField, OutOfSequence, QopNotSupported, WrongPrincipal
from digest_http.names import realm_name, user_name
from digest_http.settings import function, instances, refusal, text

from . import charset, keys
from .digest_uri import part_of_uri
from .directives import DEFAULT_MAXBUF, Challenge, Response, parse_rspauth
from .mechanism import Mechanism
from .policy import DEFAULT_CIPHERS, DEFAULT_QOP, Policy
from .reauthentication import ClientSessions

__all__ = ["DigestMD5Client"]

_RANDOM_OCTETS: Final = 30
_HASH_OCTETS: Final = 16

#: An example of a function that takes the challenge, for errors.
_OF_A_CHALLENGE: Final = "make, with def make(challenge)"


class DigestMD5Client(Mechanism):
    """One login of one user. Pass the server's tokens to step() until `complete` is true.

    Then the server has proved itself too: it knows the password.

    RFC 6331 made this mechanism Historic: use SCRAM-SHA-256 inside TLS, Kerberos or a client certificate as soon as the
    server has one of them.

    * `password` as text, or `ha1`, if only that is kept: H(username:realm:password) as 16 raw octets or 32 hex digits.
    * `service`, `host`, `serv_name`: the parts of the digest-uri, as in "ldap/dc1.example.com".
    * `realm`: a name, or a callable that takes the offered realms and returns one (None: no realm). Default: the first
      offered realm.
    * `authzid`: the user to act as; default: the user who logs in.
    * `qop`, `ciphers`: the accepted values, best first. Only listed values can be negotiated, so list nothing weaker
      than what you need. The weak ciphers des, rc4-56 and rc4-40 are off unless you list them, with a SecurityWarning.
    * `maxbuf`: the longest record that this side accepts, in octets. With `enforce_maxbuf=False` neither side's limit
      is enforced.
    * `downgrade`: what is hashed in ISO 8859-1 if it fits. True: name, realm and password, as JDK, Cyrus and Active
      Directory expect. "password": the password only, for GNU SASL. False: nothing, for Dovecot.
    * `sessions`: keeps challenges, so that a later login can answer one again and saves a round trip (RFC 2831 §2.2).
    * `random(n)`: returns n random octets, for the cnonce.
    * `cnonce`, `directives`: for protocols on top (channel binding). Functions that take the challenge; one makes the
      cnonce, the other makes directives to add to the response.

    Raises ConfigurationError for a setting that cannot work, and UnsupportedAlgorithm if auth-conf is the only qop and
    OpenSSL bars all listed ciphers.
    """

    _is_client = True

    def __init__(
        self,
        username: str,
        password: str | None = None,
        *,
        ha1: bytes | str | None = None,
        service: str,
        host: str,
        serv_name: str | None = None,
        realm: str | Callable[[tuple[str, ...]], str | None] | None = None,
        authzid: str | None = None,
        qop: str | Iterable[str] = DEFAULT_QOP,
        ciphers: str | Iterable[str] = DEFAULT_CIPHERS,
        maxbuf: int = DEFAULT_MAXBUF,
        enforce_maxbuf: bool = True,
        downgrade: charset.Downgrade = True,
        sessions: ClientSessions | None = None,
        random: Callable[[int], bytes] = os.urandom,
        cnonce: Callable[[Challenge], bytes] | None = None,
        directives: Callable[[Challenge], Mapping[bytes, bytes]] | None = None,
    ) -> None:
        super().__init__(Policy(qop, ciphers, maxbuf, enforce_maxbuf=enforce_maxbuf))
        if (password is None) == (ha1 is None):
            raise ConfigurationError("give either a password or ha1: one of them, and None for the other")
        self.username = self._username = user_name(username, shown=False)
        self.authzid = None if authzid is None else text("authzid", authzid, example="bob")
        if not isinstance(password, (str, type(None))):
            raise ConfigurationError(f"password is of the type {type(password).__name__}; write text")
        self._password = password
        self._ha1 = _raw(ha1) if ha1 is not None else None
        self._digest_uri: Final = _joined(service, host, serv_name)
        self._realm: Final = _checked_realm(realm)
        self._downgrade: Final = _checked_downgrade(downgrade)
        self._sessions: Final = sessions
        if sessions is not None:
            instances("sessions", (sessions,), ClientSessions, example="ClientSessions()")
        self._session_name: Final = (
            self._digest_uri,
            self._username,
            self._realm if isinstance(self._realm, str) else None,
            authzid,
        )
        self._random: Final = function("random", random, 1, example="os.urandom")
        self._make_cnonce: Final = cnonce if cnonce is None else function("cnonce", cnonce, 1, example=_OF_A_CHALLENGE)
        self._directives: Final = (
            directives if directives is None else function("directives", directives, 1, example=_OF_A_CHALLENGE)
        )
        self._started = False
        self._resumed = False
        self._answered: Challenge | None = None
        self._rspauth = b""

    @property
    def digest_uri(self) -> str:
        """The digest-uri as sent: service/host[/serv-name] (RFC 2831 §2.1.2)."""
        return self._digest_uri

    @property
    def challenge(self) -> Challenge | None:
        """The challenge that was answered; None before."""
        return self._answered

    def _step(self, token: bytes) -> bytes:
        if self._complete:
            if token:
                raise OutOfSequence("a token came after the exchange was complete", reason="complete")
            return b""
        if self._answered is not None:
            return self._conclude(token, self._answered)
        if token:
            return self._answer(Challenge.parse(token))
        if self._started:
            raise MalformedField("the challenge is empty", reason="missing")
        self._started = True
        resumable = self._sessions.claim(self._session_name) if self._sessions is not None else None
        if resumable is None:
            return b""
        self._resumed = True
        self.realm = resumable.realm
        return self._respond(resumable.challenge, resumable.count)

    def _answer(self, challenge: Challenge) -> bytes:
        offered = tuple(octets_to_text(realm) for realm in challenge.realms)
        if callable(self._realm):
            self.realm = self._realm(offered)
        elif self._realm is not None:
            self.realm = self._realm
        else:
            self.realm = offered[0] if offered else None
        return self._respond(challenge, 1)

    def _respond(self, challenge: Challenge, count: int) -> bytes:
        self.qop, self.cipher = self._choose(challenge)
        username = charset.encode(self._username, utf8=challenge.utf8)
        realm = self._realm_octets(challenge)
        authzid = charset.encode(self.authzid, utf8=True) if self.authzid is not None else None
        uri = self._digest_uri.encode()
        nc = b"%08x" % count
        cnonce = self._make_cnonce(challenge) if self._make_cnonce is not None else self._fresh()
        self._session = self._session_hash(realm or b"", challenge, cnonce, authzid)
        if self._session is None:
            raise MalformedField(
                "the password has characters that the server's charset does not have", reason="charset"
            )
        proof, self._rspauth = keys.proofs(
            self._session, nonce=challenge.nonce, nc=nc, cnonce=cnonce, qop=self.qop, digest_uri=uri
        )
        self._establish(challenge.maxbuf)
        self._answered = challenge
        return Response(
            username=username,
            realm=realm,
            nonce=challenge.nonce,
            cnonce=cnonce,
            nc=nc,
            digest_uri=uri,
            response=proof,
            qop=self.qop,
            cipher=self.cipher,
            maxbuf=self._policy.maxbuf,
            utf8=challenge.utf8,
            authzid=authzid,
            others=self._directives(challenge) if self._directives is not None else {},
        ).serialize()

    def _choose(self, challenge: Challenge) -> tuple[str, str | None]:
        """The best qop, and cipher, of ours that the server offers. Raises QopNotSupported."""
        for qop in self._policy.qop:
            if qop not in challenge.qop:
                continue
            if qop != "auth-conf":
                return qop, None
            for cipher in self._policy.ciphers:
                if cipher in challenge.ciphers:
                    return qop, cipher
        barred = self._policy.reason_barred()
        raise QopNotSupported(
            f"the server offers qop {','.join(challenge.qop)!a} and ciphers {','.join(challenge.ciphers)!a}; "
            f"allowed here: {','.join(self._policy.qop)} and {','.join(self._policy.ciphers) or 'no cipher'}"
            + (f"; {barred}" if barred else "")
        )

    def _realm_octets(self, challenge: Challenge) -> bytes | None:
        if self.realm is None:
            return None
        # An offered realm is sent back exactly as it came, in the server's spelling.
        as_offered = (octets for octets in challenge.realms if octets_to_text(octets) == self.realm)
        return next(as_offered, None) or charset.encode(self.realm, utf8=challenge.utf8)

    # Only the next two functions have secrets in local variables, and they raise nothing: error reporters show the
    # local variables of a traceback.

    def _session_hash(self, realm: bytes, challenge: Challenge, cnonce: bytes, authzid: bytes | None) -> bytes | None:
        """H(A1), raw; None if the password does not fit the charset."""
        inner = self._user_hash(realm, utf8=challenge.utf8)
        return None if inner is None else keys.session_hash(inner, challenge.nonce, cnonce, authzid)

    def _user_hash(self, realm: bytes, *, utf8: bool) -> bytes | None:
        """H(username:realm:password), raw; None if the password does not fit the charset."""
        if self._ha1 is not None:
            return self._ha1
        names = self._downgrade is True
        username = charset.hashed(self._username, utf8=utf8, downgraded=names)
        password = charset.hashed(self._password or "", utf8=utf8, downgraded=self._downgrade is not False)
        if username is None or password is None:
            return None
        return keys.user_hash(username, charset.downgrade(realm) if utf8 and names else realm, password)

    def _fresh(self) -> bytes:
        return base64.b64encode(self._random(_RANDOM_OCTETS))

    def _conclude(self, token: bytes, challenge: Challenge) -> bytes:
        rspauth = parse_rspauth(token)
        if rspauth is None:
            if self._resumed:
                # RFC 2831 §2.2.2: the server wants a full exchange. With stale=true it has forgotten the nonce; without
                # it the server has not tried.
                self._resumed = False
                self._end_resumption()
                return self._answer(Challenge.parse(token))
            raise MalformedField("the server's last token has no rspauth", reason="rspauth")
        if not calculation.same_digest(rspauth, self._rspauth):
            self._end_resumption()
            raise WrongPrincipal("the server does not know the password: its rspauth is wrong")
        self._finish()
        self._password = self._ha1 = None
        if self._sessions is not None and not self._resumed:
            self._sessions.remember(self._session_name, challenge, self.realm)
        return b""

    def _end_resumption(self) -> None:
        if self._sessions is not None:
            self._sessions.forget(self._session_name)

    def _end(self, why: str) -> None:
        super()._end(why)
        self._password = self._ha1 = None
        self._rspauth = b""


def _joined(service: str, host: str, serv_name: str | None) -> str:
    """service/host[/serv-name]. Raises ConfigurationError as part_of_uri."""
    named = {"service": service, "host": host, **({} if serv_name is None else {"serv_name": serv_name})}
    parts = [part_of_uri(setting, value) for setting, value in named.items()]
    return "/".join(parts)


def _checked_realm(realm: object) -> str | Callable[[tuple[str, ...]], str | None] | None:
    """A realm may be empty here: RFC 2831 §2.1.1 lets a server have none, and says what is hashed then."""
    if realm is None or (isinstance(realm, str) and not realm):
        return realm
    if callable(realm):
        return cast("Callable[[tuple[str, ...]], str | None]", function("realm", realm, 1, example="choose"))
    return realm_name(realm)


def _checked_downgrade(value: object) -> bool | str:
    if value == "password" and isinstance(value, str):
        return value
    if not isinstance(value, bool):
        raise refusal("downgrade", value, "True, False or 'password'")
    return value


def _raw(ha1: bytes | str) -> bytes:
    if not isinstance(ha1, (str, bytes)):
        raise ConfigurationError(f"ha1 is of the type {type(ha1).__name__}; write 16 octets, or 32 hex digits")
    try:
        octets = ha1 if isinstance(ha1, bytes) and len(ha1) == _HASH_OCTETS else bytes.fromhex(_as_text(ha1))
    except ValueError:
        octets = b""
    if len(octets) != _HASH_OCTETS:
        raise ConfigurationError("ha1 is H(username:realm:password): 16 octets, or 32 hex digits")
    return octets


def _as_text(digits: bytes | str) -> str:
    return digits if isinstance(digits, str) else digits.decode("latin-1")
