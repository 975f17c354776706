"""The server side of DIGEST-MD5 (RFC 2831 §2.1, §2.2)."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, cast

from digest_http import calculation
from digest_http.encoding import nfc, octets_to_text
from digest_http.errors import (
    ConfigurationError,
    LogonDenied,
    MalformedField,
    OutOfSequence,
    QopNotSupported,
    SourceUnavailable,
)
from digest_http.names import realm_name
from digest_http.settings import function, instances, refusal, texts

from . import charset, keys
from .accounts import Source, lookup_of
from .digest_uri import part_of_uri
from .directives import DEFAULT_MAXBUF, Challenge, Response, serialize_rspauth
from .mechanism import Mechanism
from .policy import DEFAULT_CIPHERS, DEFAULT_QOP, Policy
from .reauthentication import Resumption, ServerSessions

__all__ = ["DigestMD5Server"]

_RANDOM_OCTETS: Final = 30
_HASH_OCTETS: Final = 16

#: What a policy looks like, for errors.
_AUTHORIZE: Final = "may_act, with def may_act(username, realm, authzid) -> bool"

# Hashed in place of a password for a name that nobody has, so that it costs the same.
_NOBODY: Final = "nobody has this password"

_surrogates: Final = re.compile(r"[\ud800-\udfff]")


class DigestMD5Server(Mechanism):
    """One login at one service. step() without a token gives the challenge, step(response) the proof to send back.

    * `users`: a mapping of name to password, a callable (username, realm) -> password, H(A1) or None, or an object
      with `ha1(username, realm, algorithm)`.
    * `service`, `host`: what the digest-uri must name; None takes any, several hosts may be given. `serv_name`: its
      third part, refused unless it is this.
    * `realms`: those offered, and the only ones taken; default: the first host. An empty tuple offers none.
    * `qop`, `ciphers`, `maxbuf`, `enforce_maxbuf`, `random`: as for the client; all that is listed is offered.
    * `authorize(username, realm, authzid) -> bool`: whether a user may act as another; default: only as oneself.
    * `sessions`: nonces that may be used again, shared by the servers of a process.
    * `nonce`, `directives`: for protocols on top (channel binding): make the nonce, or add directives to the challenge.
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
        authorize: Callable[[str, str, str], bool] | None = None,
        sessions: ServerSessions | None = None,
        random: Callable[[int], bytes] = os.urandom,
        nonce: Callable[[], bytes] | None = None,
        directives: Mapping[bytes, bytes] | None = None,
    ) -> None:
        super().__init__(Policy(qop, ciphers, maxbuf, enforce_maxbuf=enforce_maxbuf))
        self._lookup: Final = lookup_of(users)
        self._service: Final = None if service is None else part_of_uri("service", service)
        self._hosts: Final = None if host is None else _hosts(host)
        self._serv_name: Final = None if serv_name is None else part_of_uri("serv_name", serv_name)
        if realms is None:
            if not self._hosts:
                raise ConfigurationError("give realms, or a host that stands for the realm: realms=['example.com']")
            realms = self._hosts[0]
        self._realms: Final = _realms(realms)
        self._authorize: Final = (
            authorize if authorize is None else function("authorize", authorize, 3, example=_AUTHORIZE)
        )
        self._sessions: Final = sessions
        if sessions is not None:
            instances("sessions", (sessions,), ServerSessions, example="ServerSessions()")
        self._random: Final = function("random", random, 1, example="os.urandom")
        self._make_nonce: Final = nonce if nonce is None else function("nonce", nonce, 0, example="make_nonce")
        self._directives: Final = _directives(directives)
        self._challenge: Challenge | None = None
        self._response: Response | None = None
        self._rspauth = b""

    @property
    def response(self) -> Response | None:
        """The response that was accepted, with the directives this mechanism does not know in `others`."""
        return self._response

    def _step(self, token: bytes) -> bytes:
        if self._complete:
            # Protocols that cannot send data with their word of success ask for this empty last token.
            if token:
                raise OutOfSequence("a token after the exchange was over", reason="complete")
            return b""
        if self._challenge is not None:
            return self._judge(Response.parse(token), self._challenge.nonce)
        resumption = Resumption.UNKNOWN
        # Like the JDK's and GNU SASL's, a server that does not resume passes over an initial response.
        if token and self._sessions is not None:
            response = Response.parse(token)
            resumption = self._resume(response, self._sessions)
            if resumption is Resumption.ACCEPTED:
                return self._accept(response)
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

    def _judge(self, response: Response, nonce: bytes) -> bytes:
        if response.nonce != nonce:
            raise LogonDenied("the response is to another challenge: its nonce differs", reason="nonce")
        if response.count != 1:
            raise LogonDenied("nc of a first response is 00000001", reason="nc")
        self._verify(response)
        token = self._accept(response)
        if self._sessions is not None:
            self._sessions.remember(nonce, _owner(response), response.cnonce)
        return token

    def _resume(self, response: Response, sessions: ServerSessions) -> Resumption:
        try:
            self._verify(response)
        except LogonDenied:
            return Resumption.UNKNOWN
        return sessions.advance(
            response.nonce, _owner(response), response.count, response.cnonce, fresh_cnonce=response.qop != "auth"
        )

    def _verify(self, response: Response) -> None:
        """Check a response but for its nonce and nc. Raises LogonDenied, QopNotSupported, MalformedField."""
        self._check_choice(response)
        self._check_digest_uri(response.digest_uri)
        realm = self._check_realm(response.realm)
        # In one Unicode form, as names are kept; what is hashed below is what was sent.
        username = nfc(octets_to_text(response.username))
        secret = _usable(self._lookup(username, nfc(octets_to_text(realm))))
        proved = _prove(response, _user_hashes(response.username, realm, secret))
        # One refusal for a wrong password and for a name that nobody has.
        if proved is None or secret is None:
            raise LogonDenied("the user name or the password is wrong")
        session, self._rspauth = proved
        self.qop = response.qop
        self.cipher = response.cipher if response.qop == "auth-conf" else None
        self.username = username
        self.realm = octets_to_text(realm)
        self.authzid = nfc(octets_to_text(response.authzid)) if response.authzid is not None else None
        self._check_authzid(username, self.realm, self.authzid)
        self._establish(session, response.maxbuf)

    def _accept(self, response: Response) -> bytes:
        self._response = response
        self._finish()
        return serialize_rspauth(self._rspauth)

    def _check_choice(self, response: Response) -> None:
        if response.qop not in self._policy.qop:
            raise QopNotSupported(f"qop {response.qop!a} was not offered")
        # With another qop a cipher means nothing and is passed over, as JDK and Cyrus do.
        if response.qop == "auth-conf" and response.cipher not in self._policy.ciphers:
            raise QopNotSupported(f"cipher {response.cipher!a} was not offered", reason="cipher")

    def _check_digest_uri(self, digest_uri: bytes) -> None:
        # digest-uri = serv-type "/" host [ "/" serv-name ]
        service, *rest = octets_to_text(digest_uri).split("/")
        if len(rest) not in (1, 2):
            raise MalformedField("digest-uri is not of the form service/host[/name]", reason="digest-uri")
        right = (
            (self._service is None or service.lower() == self._service.lower())
            and (self._hosts is None or rest[0].lower() in [host.lower() for host in self._hosts])
            and (len(rest) == 1 or (self._serv_name is not None and rest[1].lower() == self._serv_name.lower()))
        )
        if not right:
            raise LogonDenied("digest-uri names another service or host", reason="digest-uri")

    def _check_realm(self, realm: bytes | None) -> bytes:
        # A client leaves an empty realm out (JDK) or sends it empty (Cyrus); both hash nothing.
        received = realm or b""
        offered = self._realms or (b"",)
        # A client that took the challenge for ISO 8859-1 would send it so.
        if received not in offered and received not in [charset.downgrade(name) for name in offered]:
            raise LogonDenied("the realm is not one that was offered", reason="realm")
        return received

    def _check_authzid(self, username: str, realm: str, authzid: str | None) -> None:
        # RFC 2831 §2.1.2 wants it not empty; JDK and Cyrus send and take an empty one for none.
        if not authzid or (authzid == username and self._authorize is None):
            return
        try:
            allowed = self._authorize is not None and self._authorize(username, realm, authzid)
        except Exception as error:
            raise SourceUnavailable("the authorization policy failed, so nobody can log in") from error
        if allowed is not True:
            raise LogonDenied("the user may not act as this authorization identity", reason="authzid")

    def _fresh(self) -> bytes:
        return base64.b64encode(self._random(_RANDOM_OCTETS))


def _hosts(setting: object) -> tuple[str, ...]:
    return tuple(part_of_uri("host", host) for host in texts("host", setting, example="mail.example.com"))


def _realms(setting: object) -> tuple[bytes, ...]:
    """Octets in Normalization Form C. A realm may be empty here: RFC 2831 §2.1.1 says what is hashed then."""
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


def _prove(response: Response, user_hashes: Iterable[bytes]) -> tuple[bytes, bytes] | None:
    """(H(A1), rspauth) under the first user hash that explains the response, or None."""
    for inner in user_hashes:
        session = keys.session_hash(inner, response.nonce, response.cnonce, response.authzid)
        proof, rspauth = keys.proofs(
            session,
            nonce=response.nonce,
            nc=response.nc,
            cnonce=response.cnonce,
            qop=response.qop,
            digest_uri=response.digest_uri,
        )
        if calculation.same_digest(response.response, proof):
            return session, rspauth
    return None


def _user_hashes(username: bytes, realm: bytes, secret: str | bytes | None) -> Iterator[bytes]:
    """H(username:realm:password), raw, in each form that the client may have hashed.

    Always as many, each made by one hash: how long a refusal takes must not tell whether the name is somebody's, how
    his secret is kept, or whether his password is ASCII. Who has the right password is let in by the first that fits.
    """
    kept = secret if isinstance(secret, bytes) else None
    for octets in charset.candidates(username, realm, secret if isinstance(secret, str) else _NOBODY):
        computed = keys.user_hash(*octets)
        yield computed if kept is None else kept


def _usable(secret: str | bytes | None) -> str | bytes | None:
    """A password, or H(A1) as 16 raw octets; None for no such user.

    What is neither (octets of another length, text that no charset holds) counts as no such user, as on the HTTP side:
    an error for that name alone would tell a stranger that it exists.
    """
    if isinstance(secret, str):
        return secret if secret and not _surrogates.search(secret) else None
    if secret is None or len(secret) == _HASH_OCTETS:
        return secret
    try:
        raw = bytes.fromhex(secret.decode("ascii"))
    except ValueError:
        return None
    return raw if len(raw) == _HASH_OCTETS else None
