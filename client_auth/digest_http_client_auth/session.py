"""What all calls with one DigestAuth share: who, how, and what has been learnt from which server."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Hashable, Iterable
from typing import Final, Generic, Literal, cast

from digest_http import settings
from digest_http.grammar import token
from digest_http.httpauth.challenge_selection import Preference
from digest_http.httpauth.client_policy import ClientPolicy
from digest_http.httpauth.cnonce_source import CnonceSource
from digest_http.httpauth.credential_sources import CredentialSource
from digest_http.httpauth.logins import Logins
from digest_http.httpauth.origins import Origin
from digest_http.httpauth.proof import Verify, check_verify, demands_proof
from digest_http.httpauth.protection_spaces import OriginSpaces, SpaceTable
from digest_http.secrecy import HoldsSecrets

from .library import UNTOLD, Library, MakesProbes, RequestT, ResponseT, TellsProxy

__all__ = ["Session"]

#: Forms of URLs that are remembered before the look-up table is filled anew.
MAX_URLS: Final = 4096


class Session(HoldsSecrets, Generic[RequestT, ResponseT]):
    """Settings and state of one DigestAuth; safe to share by threads, tasks and clients.

    Raises ConfigurationError for settings that cannot work.
    """

    def __init__(
        self,
        username: str | bytes | None = None,
        password: str | bytes | None = None,
        *,
        library: Library[RequestT, ResponseT],
        credentials: CredentialSource | None = None,
        verify: Verify = "if-present",
        algorithms: Iterable[str] | None = None,
        qop: Iterable[str] = ("auth", "auth-int"),
        allow_rfc2069: bool | None = None,
        allow_weaker: bool = False,
        prefer: Literal["strongest", "server-order"] = "strongest",
        charset: str = "utf-8",
        field_charset: str | None = None,
        probe: bool = False,
        proxy: bool = False,
        challenge_header: str | None = None,
        quote_all: bool = False,
        random: Callable[[int], bytes] = os.urandom,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.verify: Final[Verify] = check_verify(verify)
        self.logins: Final = Logins(username, password, credentials, charset=charset, field_charset=field_charset)
        self.policy: Final = ClientPolicy(
            Preference(algorithms, qop, allow_rfc2069=allow_rfc2069, prefer=prefer),
            quote_all=quote_all,
            cnonces=CnonceSource(settings.function("random", random, 1, example="os.urandom")).draw,
            clock=clock,
        )
        #: Whether no answer is handed out that the server has not proved to be its own.
        self.demands_proof: Final = demands_proof(verify)
        self.library: Final = library
        #: What makes probes, where they are wanted.
        self.prober: Final = _prober(library) if settings.flag("probe", probe) else None
        self.proxy: Final = settings.flag("proxy", proxy)
        # RFC 9110 §11.6 and §11.7: the same framework twice, once for servers and once for proxies.
        self.status: Final = 407 if proxy else 401
        field = (
            ("Proxy-Authenticate" if proxy else "WWW-Authenticate") if challenge_header is None else challenge_header
        )
        if not isinstance(cast("object", field), str) or re.fullmatch(token, field.encode("utf-8", "replace")) is None:
            raise settings.refusal("challenge_header", field, "the name of a field, for instance 'X-WWW-Authenticate'")
        #: Names of fields, in lower case.
        self.challenge_name: Final = field.lower().encode()
        self.authorization_name: Final = b"proxy-authorization" if proxy else b"authorization"
        self.authorization_text: Final = self.authorization_name.decode()
        self.info_name: Final = b"proxy-authentication-info" if proxy else b"authentication-info"
        self.info_text: Final = self.info_name.decode()
        self.spaces: Final = SpaceTable(allow_weaker=settings.flag("allow_weaker", allow_weaker))
        #: Spaces by `key_of`. For servers that is what the library gives for an origin, which saves normalising it for
        #: each request; for proxies it is `proxy_of`.
        self.by_key: Final[dict[Hashable, OriginSpaces]] = {}
        self.key_of: Final[Callable[[RequestT], Hashable]] = self.proxy_of if proxy else library.origin_key

    def proxy_of(self, request: RequestT) -> Origin | None:
        """The proxy that reads a request, None if a server does, UNTOLD if the library does not know."""
        # Most libraries know no proxies, so this is no part of the door that each of them must have.
        library = cast("object", self.library)
        return cast("TellsProxy[RequestT]", library).proxy_of(request) if isinstance(library, TellsProxy) else UNTOLD

    def spaces_at(self, request: RequestT, peer: Origin) -> OriginSpaces:
        """The spaces of a peer that has challenged, made if need be; from now on found for requests that it reads."""
        spaces = self.spaces.create(peer, proxy=self.proxy)
        # A field for a proxy must reach no server, so it is found by the proxy alone: nothing is signed in advance for
        # a request of which the library cannot tell that this very proxy reads it.
        key = peer if self.proxy else self.library.origin_key(request)
        if len(self.by_key) >= MAX_URLS:
            self.by_key.clear()
        self.by_key[key] = spaces
        return spaces

    def __repr__(self) -> str:
        return f"<Session of {self.logins.whom}>"


def _prober(library: Library[RequestT, ResponseT]) -> MakesProbes[RequestT]:
    # Not every library can make a request of another, so this is no part of the door that each of them must have.
    asked = cast("object", library)
    if not isinstance(asked, MakesProbes):
        raise settings.refusal("probe", True, "probe=False: no request can be made of another with this library")  # noqa: FBT003  # the value
    return cast("MakesProbes[RequestT]", asked)
