"""A call of requests that is signed in advance, and whose answer needs no more than a look: so most calls are.

All that `Call` does for such a one, and nothing else. What is unusual about it, before or after sending, is for `Call`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from digest_http.errors import DigestError

from .forgotten_calls import Forgotten
from .preemptive import Preemptive, is_plain_success, sign_preemptively
from .requests_glances import RequestsGlances
from .session import Session

__all__ = ["GoOn", "PlainCall"]

#: What goes on with a call: its URL; the request that was signed here in advance, the field that it had before, and how
#: it was signed (None in the place of all three if it was not); the response; the settings of the sending.
GoOn: TypeAlias = Callable[[str, tuple[Any, Any, Preemptive] | None, Any, dict[str, Any]], Any]


class PlainCall:
    """Such a call: making one signs `request` in advance, and `answered` is the hook. Raises MalformedField.

    Where signing takes more than a look, `signed` is False, and nothing was done.
    """

    __slots__ = ("_glances", "_go_on", "_own", "_preemptive", "_request", "_session", "_url", "signed")

    def __init__(self, session: Session[Any, Any], glances: RequestsGlances, go_on: GoOn, request: Any) -> None:
        self._session: Final = session
        self._glances: Final = glances
        self._go_on: Final = go_on
        #: None once its answer has come: a request that is sent a second time is not as it was signed.
        self._request: Any = request
        self._url: Final[Any] = request.url
        self._own: Final[Any] = glances.field(request, session.authorization_text)
        self._preemptive: Final = sign_preemptively(session, request)
        #: Whether it was signed.
        self.signed: Final = self._preemptive is not None

    def answered(self, response: Any, **settings: Any) -> Any:
        """Look at the answer to a request, and send it again if need be; the response that is the caller's."""
        request, glances, preemptive = response.request, self._glances, self._preemptive
        # That of a redirect, or one that was sent before. Only what was signed has this hook.
        if request is not self._request or preemptive is None:
            return self._go_on(self._url, None, response, settings)
        self._request = None
        values = glances.values_of_success(response, self._session.info_name)
        try:
            plain = is_plain_success(self._session, preemptive, values)
        except DigestError:  # it is raised again, as an error of the library
            plain = False
        if not plain:
            return self._go_on(self._url, (request, self._own, preemptive), response, settings)
        # The response shows its request as it was sent; the caller's is what it was.
        response.request = glances.shown(request)
        glances.give_back(request, self._session.authorization_text, self._own)
        return response

    def __reduce__(self) -> tuple[Any, ...]:
        # As that of `Call`: the password is not to be pickled with a response.
        return (Forgotten, ())

    def __deepcopy__(self, _: Any) -> Any:
        return self
