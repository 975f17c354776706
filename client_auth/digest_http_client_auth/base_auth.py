"""What the `DigestAuth` of every plug is made of: its settings, and the doors to what it has learnt."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Final, Generic, Literal, NoReturn, Self

from digest_http.httpauth.credential_sources import CredentialSource
from digest_http.httpauth.proof import Verify

from .library import Library, RequestT, ResponseT
from .saved_challenges import SavedChallenge, export_challenges, import_challenge
from .session import Session

__all__ = ["BaseDigestAuth"]


class BaseDigestAuth(Generic[RequestT, ResponseT]):
    """Credentials for HTTP Digest (RFC 7616), to be shared by many calls. A plug sets `_library`."""

    _library: Library[RequestT, ResponseT]

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
        probe: bool = False,
        proxy: bool = False,
        challenge_header: str | None = None,
        quote_all: bool = False,
        random: Callable[[int], bytes] = os.urandom,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session: Final = Session(
            username,
            password,
            library=self._library,
            credentials=credentials,
            verify=verify,
            algorithms=algorithms,
            qop=qop,
            allow_rfc2069=allow_rfc2069,
            allow_weaker=allow_weaker,
            prefer=prefer,
            charset=charset,
            field_charset=field_charset,
            probe=probe,
            proxy=proxy,
            challenge_header=challenge_header,
            quote_all=quote_all,
            random=random,
            clock=clock,
        )

    @property
    def is_for_proxies(self) -> bool:
        """Whether it was made with `proxy=True`."""
        return self._session.proxy

    def export_learnt(self) -> list[SavedChallenge]:
        """What has been learnt so far, to be stored (as JSON, say) and given to `learn` of another object later."""
        return export_challenges(self._session)

    def learn(self, origin: str, challenge: str, nc: int = 0) -> None:
        """Take `challenge`, a WWW-Authenticate value, as if a server at `origin` had sent it.

        Requests to that server are then signed from the first one on; a weaker challenge from it is answered no more.
        `nc` is how often its nonce has been used. Raises MalformedField for no usable challenge.
        """
        import_challenge(self._session, self._library.request_to(origin), challenge, nc)

    def __repr__(self) -> str:
        return f"<DigestAuth of {self._session.logins.whom}>"

    def __copy__(self) -> Self:
        """Another object that shares everything: whom it speaks for, and what has been learnt."""
        copied = type(self).__new__(type(self))
        vars(copied).update(vars(self))
        return copied

    def __deepcopy__(self, _: dict[int, object]) -> Self:
        """As `__copy__`: counts that went on apart would be sent twice."""
        return self.__copy__()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "DigestAuth cannot be pickled: a pickle would contain the password. Make a new one from your settings"
        )
