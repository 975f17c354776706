"""Other ways to be known beside Digest: bearer tokens, Basic, a session.

A request with Digest credentials is judged by them alone: if they are wrong, no other way is tried. Without them each
other way is asked in turn, and the first that knows somebody wins. If none does, one 401 has all challenges.

Each way sees a request as its server shows it: an ASGI scope, or a WSGI environ.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from time import perf_counter_ns, time_ns
from typing import Any, Final, TypeAlias, cast

from digest_http import settings
from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError, SourceUnavailable
from digest_http.guard import Refused
from digest_http.guard.observing import Observing
from digest_http.guard.requests import Request
from digest_http.guard.throttling import Throttling
from digest_http.httpauth.waiting import Wait
from digest_http.names import realm_name
from digest_http.secrecy import HoldsSecrets

from .asgi import Headers
from .identity import DigestUser
from .roles import down

__all__ = ["Beside", "Others", "basic", "basic_credentials", "basic_name", "bearer"]

#: Who it is: a name, a user with roles, or nobody (None or "").
Found: TypeAlias = "str | DigestUser | None"
Finder: TypeAlias = Callable[..., "Found | Awaitable[Found]"]

#: What neither a name nor a password may hold (RFC 7617 §2).
_control: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_FIND: Final = "who, with def who(scope) -> name or None"
_CLAIMS: Final = "claimed, with def claimed(scope) -> name or None"


class Beside(HoldsSecrets):
    """One other way. `find(request)`, plain or async, gives the name, a `DigestUser` with roles, or None for nobody.

    `challenge`: what a 401 says of it, the value of a WWW-Authenticate field; None for a way without, as a session.
    `claims(request)`: the name that a request claims with a password, or None for a request without. A limiter then
    counts the wrong ones. Leave it out for a way that no guessing opens.

    Raises ConfigurationError for a setting that cannot work.
    """

    __slots__ = ("challenge", "claims", "find")

    def __init__(
        self,
        find: Finder,
        challenge: str | None = None,
        *,
        claims: Callable[[Mapping[str, Any]], str | None] | None = None,
    ) -> None:
        self.find: Final = settings.function("find", find, 1, example=_FIND)
        self.claims: Final = None if claims is None else settings.function("claims", claims, 1, example=_CLAIMS)
        self.challenge: Final = None if challenge is None else _field(challenge)


def bearer(check: Finder, realm: str) -> Beside:
    """Bearer tokens (RFC 6750 §2.1). `check(token)` gives the name, a `DigestUser` with roles, or None."""
    settings.function("check", check, 1, example="check, with def check(token) -> name or None")

    def find(request: Mapping[str, Any]) -> Found | Awaitable[Found]:
        token = _credentials(request, "bearer")
        return check(token) if token else None

    return Beside(find, f"Bearer realm={_quoted(realm)}")


def basic(check: Finder, realm: str) -> Beside:
    """Basic (RFC 7617): `check(username, password)` gives the name, a `DigestUser` with roles, or None.

    The password crosses the wire as it is, so use it with TLS only. The name is in Normalization Form C.
    """
    settings.function("check", check, 2, example="check, with def check(username, password) -> name or None")

    def find(request: Mapping[str, Any]) -> Found | Awaitable[Found]:
        pair = basic_credentials(request)
        return check(*pair) if pair is not None else None

    return Beside(find, f'Basic realm={_quoted(realm)}, charset="UTF-8"', claims=basic_name)


def basic_name(request: Mapping[str, Any]) -> str | None:
    """The name in Basic credentials, in Form C; None if there is none."""
    pair = basic_credentials(request)
    return pair[0] if pair is not None else None


def basic_credentials(request: Mapping[str, Any]) -> tuple[str, str] | None:
    """The name, in Form C, and the password of a request with Basic credentials; None if it has none."""
    try:
        text = b64decode(_credentials(request, "basic"), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, colon, password = text.partition(":")
    return (nfc(name), password) if colon and name and not _control.search(text) else None


class Others(HoldsSecrets):
    """The ways of a setting, in order. Raises ConfigurationError for what is none.

    `observing` and `throttling` are those of the guard: its observers hear from here of each request without Digest
    credentials, and its limiter of each password.
    """

    __slots__ = ("_challenges", "_observing", "_throttling", "_ways")

    def __init__(
        self,
        beside: Iterable[Beside],
        observing: Observing | None = None,
        throttling: Throttling | None = None,
        *,
        proxy: bool = False,
    ) -> None:
        wanted = "a list of ways to log in, for instance beside=[bearer(check_token, 'home')]"
        ways = settings.items("beside", beside, wanted, empty=True)
        if not all(isinstance(way, Beside) for way in ways):
            raise ConfigurationError(f"beside has something that is not a Beside; write {wanted}")
        if ways and proxy:
            raise ConfigurationError("beside is for servers, and proxy=True makes a proxy: leave one of them out")
        self._ways: Final = cast("tuple[Beside, ...]", ways)
        self._throttling: Final = throttling
        self._observing: Final = observing if ways else None
        if self._observing is not None:
            self._observing.has_others = True
        self._challenges: Final[Headers] = [
            (b"www-authenticate", way.challenge.encode()) for way in self._ways if way.challenge is not None
        ]

    def __bool__(self) -> bool:
        return bool(self._ways)

    def beside(self, fields: Headers, refused: Refused) -> Headers:
        """The challenges of Digest with those of the others.

        A client that is told to sign again has Digest at hand, and is offered nothing weaker.
        """
        # Of the refusals that have fields, one has no challenges: that of the limiter.
        if not fields or refused.refusal.stale or refused.retry_after is not None:
            return fields
        return [*fields, *self._challenges]

    async def beside_later(self, fields: Awaitable[Headers], refused: Refused) -> Headers:
        """The same, once those of Digest are known."""
        return self.beside(await fields, refused)

    async def find(
        self, shown: Mapping[str, Any], wait: Wait, request: Request, refused: Refused
    ) -> DigestUser | Refused | None:
        """The first who is known; None for nobody; the refusal of a way that failed.

        `shown` is the request as ways are given it, `request` the same as the guard has seen it, and refused.
        """
        observing = self._observing
        if observing is None:
            return await self._find(shown, wait, request)
        began, start = time_ns(), perf_counter_ns()
        found = await self._find(shown, wait, request)
        seconds = (perf_counter_ns() - start) / 1e9
        if isinstance(found, DigestUser):
            observing.tell_other(found.username, request, began, seconds)
        else:
            observing.tell(found or refused, request, began, seconds)
        return found

    async def _find(self, shown: Mapping[str, Any], wait: Wait, request: Request) -> DigestUser | Refused | None:
        throttling = self._throttling
        for way in self._ways:
            try:
                claimed = None if throttling is None else _claimed(way, shown)
            except Exception as error:  # noqa: BLE001 - whatever it raises, nobody knows whose password this is
                return down(error)
            if throttling is None or claimed is None:
                found = await _asked(way, shown, wait)
            else:
                found = await _asked_within_limits(way, shown, wait, (throttling, request, claimed))
            if found is not None:
                return found
        return None


def _claimed(way: Beside, shown: Mapping[str, Any]) -> str | None:
    claimed: object = None if way.claims is None else way.claims(shown)
    if claimed is not None and not isinstance(claimed, str):
        raise TypeError(f"claims of a Beside returned {type(claimed).__name__}: return a name or None")
    return claimed


async def _asked_within_limits(
    way: Beside, shown: Mapping[str, Any], wait: Wait, login: tuple[Throttling, Request, str]
) -> DigestUser | Refused | None:
    """What a way answers to a name and a password: those are guessed as well here as with Digest."""
    throttling, request, claimed = login
    try:
        found = await throttling.refused_name(request, claimed, wait) or await _asked(way, shown, wait)
        if found is None:
            await throttling.note_failed_name(request, claimed, wait)
    except SourceUnavailable as error:
        return Refused.by_error(error, None, error.http_status)
    return found


async def _asked(way: Beside, shown: Mapping[str, Any], wait: Wait) -> DigestUser | Refused | None:
    try:
        found: object = way.find(shown)
        # Whoever it is has been checked by then; what is neither is something to wait for.
        if found is not None and not isinstance(found, (str, DigestUser)):
            found = await wait(found)
        if isinstance(found, DigestUser):
            return found
        if found is not None and not isinstance(found, str):
            raise TypeError(f"the check of a Beside returned {type(found).__name__}: return a name or None")  # noqa: TRY301
        return DigestUser(found) if found else None
    except Exception as error:  # noqa: BLE001 - whatever it raises, the request was not checked
        return down(error)


def _credentials(request: Mapping[str, Any], scheme: str) -> str:
    """What stands behind the scheme in the Authorization field, without it ""."""
    if "REQUEST_METHOD" in request:
        values = [cast("str", request.get("HTTP_AUTHORIZATION", ""))]
    else:
        fields = cast("Headers", request["headers"])
        values = [value.decode("latin-1") for name, value in fields if name == b"authorization"]
    # The guard has refused a request with two of them, and one that is too long.
    word, _, rest = values[0].partition(" ") if values else ("", "", "")
    return rest.strip(" ") if word.lower() == scheme and rest.isascii() else ""


def _field(challenge: object) -> str:
    text = settings.text("challenge", challenge, example='Bearer realm="home"')
    if not text.isascii() or not text.isprintable() or not text.strip() or text.lower().startswith("digest"):
        raise settings.refusal("challenge", text, "another scheme in printable ASCII, for instance 'Bearer'")
    return text


def _quoted(realm: str) -> str:
    escaped = realm_name(realm).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
