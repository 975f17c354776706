"""Refusals, and the server's proof, as Django's responses carry them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from digest_http.guard import Accepted, Guard, Refused
from digest_http_middleware.refusal_messages import RETRY_AFTER, UNAVAILABLE

__all__ = ["RefusedResponse", "challenge", "keep_private", "prove", "vary"]

_CHALLENGE = "WWW-Authenticate"

#: What allows a shared cache to keep an answer to credentials (RFC 9111 §3.5): who writes one of them means it.
_SHARED = ("public", "s-maxage")


class RefusedResponse(HttpResponse):
    """A request that must not pass: each challenge goes out in a field of its own, since old clients read one a field.

    Django has one value for each name, so `headers` shows them in one.
    """

    def __init__(self, refused: Refused, *, head: bool) -> None:
        body = b"" if head else refused.refusal.plain_body
        super().__init__(body, status=refused.status, content_type="text/plain; charset=utf-8")
        self._challenges = _challenges(refused.fields)
        if self._challenges:
            self[_CHALLENGE] = ", ".join(self._challenges)
        if refused.retry_after is not None:
            self["Retry-After"] = str(refused.retry_after)
        # A shared cache must not serve one client's challenge, whose nonce is his, to another.
        self["Cache-Control"] = "no-store"
        if refused.status == UNAVAILABLE:
            self["Retry-After"] = RETRY_AFTER.decode()

    def items(self) -> Iterable[tuple[str, str]]:
        """The fields as they are sent: Django's handlers ask for them here."""
        return list(self._fields())

    def _fields(self) -> Iterator[tuple[str, str]]:
        return _one_each(super().items(), self._challenges)


def challenge(response: Any, fields: Iterable[tuple[bytes, bytes]]) -> None:  # noqa: ANN401 - any response of Django's
    """Put the challenges on a 401 of a view, unless it has some."""
    if response.has_header(_CHALLENGE):
        return
    challenges = _challenges(fields)
    response[_CHALLENGE] = ", ".join(challenges)
    response["Cache-Control"] = "no-store"
    items = response.items
    response.items = lambda: list(_one_each(items(), challenges))


def vary(response: Any) -> None:  # noqa: ANN401 - any response
    """The answer is for who sent these credentials, or none: no cache of Django's may give it to another."""
    patch_vary_headers(response, ("Authorization",))


def keep_private(response: Any) -> None:  # noqa: ANN401 - any response
    """The answer is for a user who was let in: a cache in front of the login would give it out unasked.

    To who sends the same header again, and for ways beside Digest also to whoever is told apart by no Vary.
    """
    vary(response)
    if not any(word in response.get("Cache-Control", "").lower() for word in _SHARED):
        patch_cache_control(response, private=True)


def _challenges(fields: Iterable[tuple[bytes, bytes]]) -> list[str]:
    return [value.decode("latin-1") for name, value in fields if name == _CHALLENGE.lower().encode()]


def _one_each(fields: Iterable[tuple[str, str]], challenges: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name, value in fields:
        if name == _CHALLENGE:
            yield from ((name, each) for each in challenges)
        else:
            yield name, value


def prove(response: Any, accepted: Accepted, guard: Guard, *, head: bool) -> None:  # noqa: ANN401 - any response
    """Put Authentication-Info on a response, now or when it is rendered (RFC 7616 §3.5)."""
    keep_private(response)
    if not getattr(response, "is_rendered", True):
        response.add_post_render_callback(lambda rendered: prove(rendered, accepted, guard, head=head))
        return
    field = guard.proof_field.decode().title()
    if response.status_code == guard.refused_status:
        # A refusal never carries a proof, even if the view makes it.
        del response[field]
        return
    body: bytes | None = b""
    if accepted.covers_body and not head:
        body = None if response.streaming else response.content
    response[field] = accepted.prove(body).decode("latin-1")
