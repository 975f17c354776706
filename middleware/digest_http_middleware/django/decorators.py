"""digest_required: protects one view, whether or not the middleware is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import isawaitable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

from .site import site
from .users import in_event_loop

__all__ = ["digest_required"]


def digest_required(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view, plain or async, that is called with verified requests alone: `request.user` is the user.

    For a class write digest_required(View.as_view()), or method_decorator(digest_required, name="dispatch").
    """

    async def verified_async(request: Any, *parts: Any, **named: Any) -> Any:  # noqa: ANN401 - as Django calls views
        refused = await site().aenter(request)
        if refused is not None:
            return refused
        response = view(request, *parts, **named)
        return site().proved(request, await response if isawaitable(response) else response)

    @wraps(view)
    def verified(request: Any, *parts: Any, **named: Any) -> Any:  # noqa: ANN401 - as Django calls views
        # A method that gives something to await, as dispatch() of a class with async handlers.
        if in_event_loop():
            return verified_async(request, *parts, **named)
        refused = site().enter(request)
        return refused if refused is not None else site().proved(request, view(request, *parts, **named))

    if iscoroutinefunction(view):
        return markcoroutinefunction(wraps(view)(verified_async))
    return verified
