"""Other Digest implementations, set up as their manuals say, for the same request in the same run.

They are measured with MD5, which is all that the first two know. Each is given H(A1) ready made, as ours is. A peer
that is not installed is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from itertools import count
from typing import Any, Final

from digest_http.algorithms import Algorithm, by_name

from .driven import UNAUTHORIZED, App, bare_wsgi_app, run_wsgi
from .signed import PATH, REALM, USERNAME, pick, sign, users, wsgi_environ
from .timing import Batch

__all__ = ["PEERS", "Peer", "flask_httpauth", "paste", "twisted"]

Environ = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """One WSGI app without and with its Digest."""

    name: str
    bare: App
    protected: App

    def run_bare(self, calls: int) -> Batch:
        """Requests to the app without Digest; they carry the same header fields."""
        environs = self._signed(calls)
        return lambda: run_wsgi(self.bare, environs)

    def run_protected(self, calls: int) -> Batch:
        """Requests of one client: one nonce, nc rising."""
        environs = self._signed(calls)
        return lambda: run_wsgi(self.protected, environs)

    def run_challenged(self, calls: int) -> Batch:
        """Requests without credentials."""
        environs = [wsgi_environ() for _ in range(calls)]
        return lambda: run_wsgi(self.protected, environs, UNAUTHORIZED)

    def _signed(self, calls: int) -> list[Environ]:
        fields: list[tuple[str, str]] = []

        def start_response(_status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
            fields.extend(headers)

        _drain(self.protected(wsgi_environ(), start_response))
        values = [value.encode() for name, value in fields if name.lower() == "www-authenticate"]
        cookies = [value.partition(";")[0] for name, value in fields if name.lower() == "set-cookie"]
        challenge = pick(values, _MD5)
        cookie = cookies[0] if cookies else None
        return [wsgi_environ(sign(challenge, _MD5, nc), cookie) for nc, _ in zip(count(1), range(calls), strict=False)]


def paste() -> Peer | None:
    """Paste's AuthDigestHandler around the bare app: a dict of nonces, nc must rise, no proof."""
    try:
        digest = import_module("paste.auth.digest")
    except ImportError:
        return None

    def ha1(_environ: Environ, _realm: str, username: str) -> str | None:
        return _HA1.get(username)

    protected = digest.AuthDigestHandler(bare_wsgi_app, REALM, ha1)
    return Peer(f"Paste {version('Paste')}", bare_wsgi_app, protected)


def flask_httpauth() -> Peer | None:
    """Flask-HTTPAuth's HTTPDigestAuth on a Flask route: nonce in a session cookie, nc not looked at, no proof."""
    try:
        flask, httpauth = import_module("flask"), import_module("flask_httpauth")
    except ImportError:
        return None
    app = flask.Flask("benchmark")
    app.secret_key = "only for this benchmark"  # signs the session cookies of a run
    auth = httpauth.HTTPDigestAuth(realm=REALM, use_ha1_pw=True)
    auth.get_password(_HA1.get)

    def view() -> str:
        return "ok"

    protected_app = flask.Flask("benchmark")
    protected_app.secret_key = app.secret_key
    app.add_url_rule(PATH, view_func=view)
    protected_app.add_url_rule(PATH, view_func=auth.login_required(view))
    return Peer(f"Flask-HTTPAuth {version('Flask-HTTPAuth')}", app.wsgi_app, protected_app.wsgi_app)


def twisted() -> Peer | None:
    """Twisted's DigestCredentialFactory, called by hand: without its portal and Deferreds. No counts, no proof."""
    try:
        credentials = import_module("twisted.cred.credentials")
    except ImportError:
        return None
    factory = credentials.DigestCredentialFactory(b"md5", REALM.encode())

    def app(environ: Environ, start_response: App) -> Iterable[bytes]:
        client, field = "127.0.0.1", environ.get("HTTP_AUTHORIZATION", "")
        if not field:
            challenge = factory.getChallenge(client)
            values = [f'{name}="{_text(value)}"' for name, value in challenge.items()]
            start_response("401 Unauthorized", [("WWW-Authenticate", f"Digest {', '.join(values)}")])
            return [b"log in"]
        given = factory.decode(field.removeprefix("Digest ").encode(), environ["REQUEST_METHOD"].encode(), client)
        if not given.checkHash(_HA1[given.username.decode()].encode()):
            start_response("401 Unauthorized", [])
            return [b"wrong"]
        return bare_wsgi_app(environ, start_response)

    return Peer(f"Twisted {version('Twisted')}", bare_wsgi_app, app)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _drain(pieces: Iterable[bytes]) -> None:
    for _ in pieces:
        pass


_MD5: Final[Algorithm] = by_name("MD5")
_HA1: Final = {USERNAME: (users(_MD5).ha1(USERNAME, REALM, _MD5) or b"").decode()}

PEERS: Final = {"Paste": paste, "Flask-HTTPAuth": flask_httpauth, "Twisted": twisted}
