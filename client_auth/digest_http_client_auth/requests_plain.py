"""A call of requests that is signed in advance, and whose answer needs no more than a look: so most calls are.

All that `Call` does for such a one, and nothing else. What is unusual about it, before or after sending, is for `Call`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from digest_http.errors import DigestError

from .forgotten_calls import Forgotten
from .preemptive import Preemptive, is_plain_success, sign_preemptively
from .requests_glances import RequestsGlances
from .session import Session

__all__ = ["GoOn", "PlainCall", "begin_plain"]

#: What goes on with a call: its URL; the request that was signed here in advance, the field that it had before, and how
#: it was signed (None in the place of all three if it was not); the response; the settings of the sending.
GoOn: TypeAlias = Callable[[str, tuple[Any, Any, Preemptive] | None, Any, dict[str, Any]], Any]


class PlainCall:
    """Such a call, once `begin_plain` has signed its request; `answered` is the hook."""

    __slots__ = ("glances", "go_on", "own", "preemptive", "request", "session", "url")

    # Set by `begin_plain`, one by one: one of these is made for each request, and a method for that would cost as
    # much as all the rest of making it.
    session: Session[Any, Any]
    glances: RequestsGlances
    go_on: GoOn
    request: Any
    """What was signed; None once its answer has come: if it is sent a second time, it is not as it was signed."""
    url: Any
    own: Any
    """The field that the request had before; None for none."""
    preemptive: Preemptive

    def answered(self, response: Any, **settings: Any) -> Any:
        """Look at the answer to a request, and send it again if need be; the response that is the caller's."""
        request, glances, session = response.request, self.glances, self.session
        # That of a redirect, or one that was sent before. Only what was signed has this hook.
        if request is not self.request:
            return self.go_on(self.url, None, response, settings)
        self.request = None
        values = glances.values_of_success(response, session.info_text)
        try:
            plain = is_plain_success(session, self.preemptive, values)
        except DigestError:  # it is raised again, as an error of the library
            plain = False
        if not plain:
            return self.go_on(self.url, (request, self.own, self.preemptive), response, settings)
        # The response shows its request as it was sent; the caller's is what it was.
        response.request = glances.shown(request)
        glances.give_back(request, session.authorization_text, self.own)
        return response

    def __reduce__(self) -> tuple[Any, ...]:
        # As that of `Call`: the password is not to be pickled with a response.
        return (Forgotten, ())

    def __deepcopy__(self, _: Any) -> Any:
        return self


def begin_plain(session: Session[Any, Any], glances: RequestsGlances, go_on: GoOn, request: Any) -> PlainCall | None:
    """Sign `request` in advance; None, and nothing was done, where that takes more than a look.

    Raises MalformedField.
    """
    own = glances.field(request, session.authorization_text)
    preemptive = sign_preemptively(session, request)
    if preemptive is None:
        return None
    call = PlainCall()
    call.session = session
    call.glances = glances
    call.go_on = go_on
    call.request = request
    call.url = request.url
    call.own = own
    call.preemptive = preemptive
    return call
