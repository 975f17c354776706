"""What all calls with one DigestAuth share: who, how, and what has been learnt from which server."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Iterable
from typing import Final, Literal

from digest_http.algorithms import Algorithm
from digest_http.encoding import printable
from digest_http.errors import ConfigurationError
from digest_http.grammar import token
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.cnonce_source import CnonceSource
from digest_http.httpauth.identity import Identity
from digest_http.httpauth.origins import Origin
from digest_http.httpauth.selection import Preference
from digest_http.httpauth.spaces import OriginSpaces, SpaceTable
from digest_http.secrecy import HoldsSecrets

from .messages import URL, Library

__all__ = ["Session", "Verify"]

Verify = Literal["off", "if-present", "required", "always"]

_VERIFY: Final = ("off", "if-present", "required", "always")

#: Level DEBUG, one line for each challenge that was passed over and each answer that was held back.
logger: Final = logging.getLogger("digest_http.client")


class Session(HoldsSecrets):
    """Settings and state of one DigestAuth; safe to share by threads, tasks and clients.

    Raises ConfigurationError for settings that cannot work.
    """

    def __init__(
        self,
        username: str | bytes,
        password: str | bytes,
        *,
        library: Library,
        verify: Verify = "if-present",
        algorithms: Iterable[str] | None = None,
        qop: Iterable[str] = ("auth", "auth-int"),
        allow_rfc2069: bool | None = None,
        allow_weaker: bool = False,
        prefer: Literal["strongest", "server-order"] = "strongest",
        charset: str = "utf-8",
        proxy: bool = False,
        challenge_header: str | None = None,
        quote_all: bool = False,
        random: Callable[[int], bytes] = os.urandom,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if verify not in _VERIFY:
            raise ConfigurationError("verify is 'off', 'if-present', 'required' or 'always'")
        if not isinstance(allow_weaker, bool):
            # A word read from a setting is true whatever it says.
            raise ConfigurationError("allow_weaker is True or False")
        self.identity: Final = Identity(username, password, charset=charset)
        self.preference: Final = Preference(algorithms, qop, allow_rfc2069=allow_rfc2069, prefer=prefer)
        # What takes the place of `preference` where its choice would be weaker than what was accepted before.
        self.strongest: Final = Preference(algorithms, qop, allow_rfc2069=allow_rfc2069)
        self.verify: Final[Verify] = verify
        #: Whether no answer is handed out that the server has not proved to be its own.
        self.demands_proof: Final = verify in {"required", "always"}
        self.library: Final = library
        self.proxy: Final = proxy
        # RFC 9110 §11.6 and §11.7: the same framework twice, once for servers and once for proxies.
        self.status: Final = 407 if proxy else 401
        field = challenge_header or ("Proxy-Authenticate" if proxy else "WWW-Authenticate")
        if re.fullmatch(token, field.encode()) is None:
            raise ConfigurationError("challenge_header is the name of a header field, like 'X-WWW-Authenticate'")
        self.challenge_field: Final = field.lower().encode()
        self.answer_field: Final = "Proxy-Authorization" if proxy else "Authorization"
        self.answer_key: Final = self.answer_field.lower().encode()
        self.info_field: Final = "proxy-authentication-info" if proxy else "authentication-info"
        self.info_key: Final = self.info_field.encode()
        self.spaces: Final = SpaceTable(allow_weaker=allow_weaker)
        self._quote_all: Final = quote_all
        self._cnonces: Final = CnonceSource(random).draw
        self._clock: Final = clock
        #: Spaces by a URL's parts as the library gives them, which saves normalising them for each request.
        self.by_url: Final[dict[tuple[str, bytes, int | None], OriginSpaces]] = {}

    def known_at(self, url: URL) -> OriginSpaces | None:
        """What has been learnt from the origin of a URL."""
        return self.by_url.get((url.scheme, url.raw_host, url.port))

    def spaces_at(self, url: URL, peer: Origin) -> OriginSpaces:
        """The spaces of a peer that has challenged, made if need be; for a server, from now on found for its URL."""
        spaces = self.spaces.create(peer, proxy=self.proxy)
        # Which proxy the next request will go through is the client's secret, so nothing is signed for one in advance.
        if not self.proxy:
            if len(self.by_url) >= MAX_URLS:
                self.by_url.clear()
            self.by_url[url.scheme, url.raw_host, url.port] = spaces
        return spaces

    def make_context(self, realm: bytes, algorithm: Algorithm) -> ClientContext:
        """A new context for this user."""
        return ClientContext(
            self.identity, realm, algorithm, quote_all=self._quote_all, cnonces=self._cnonces, clock=self._clock
        )

    def report(self, reason: str) -> None:
        """Log why a challenge was passed over or an answer held back. Never holds a secret."""
        logger.debug("Digest challenge not answered: %s", printable(reason))

    def __repr__(self) -> str:
        return f"<Session of {self.identity.username!a}>"


#: Forms of URLs that are remembered before the look-up table is filled anew.
MAX_URLS: Final = 4096
