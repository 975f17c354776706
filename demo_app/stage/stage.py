"""The pages of the stage: what a person sees, presses, and what comes back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from demo_app.templating import PAGE_FIELDS, templates
from digest_http.credentials import split_scheme
from digest_http.httpauth.nonce_ids import MICROSECONDS
from digest_http.httpauth.nonces import claimed_issue
from digest_http.params import parse_parameters

from . import drawings
from .attacks import ATTACKS, MARK, Attempt, attempt
from .clock import Clock
from .exchanges import Exchanges
from .explained import explain
from .watching import log_notes, target_of

__all__ = ["Stage"]

#: Seconds between two looks for news, short for an eye.
LOOK: Final = 0.15
#: Seconds after which the drawings are sent again though nothing has come: time goes on in them.
TICK: Final = 2.0
#: Seconds until a stream ends and the browser asks again: a server that stops need not wait longer for it.
STREAM: Final = 60.0
#: Exchanges in the table.
ROWS: Final = 10
#: Counts in the list of arrivals.
ARRIVALS: Final = 24

#: The parts of the page that are renewed while it is open; each is a template, and the id of an element.
PARTS: Final = ("now", "window", "wire", "minute", "people")


class Stage:
    """What the demo shows of one realm, and its routes. They belong behind the middleware: all need a user."""

    def __init__(self, users: Mapping[str, str], *, realm: str, nonce_lifetime: float) -> None:
        self.clock: Final = Clock()
        self.exchanges: Final = Exchanges()
        self._users: Final = users
        self._realm: Final = realm
        self._lifetime: Final = nonce_lifetime
        self.routes: Final = [
            # Without a slash at its end: browsers send what they know to all that lies beside the page, "/" too.
            Route("/stage", self.page),
            Route("/stage/ping", self.ping),
            Route("/stage/live", self.live),
            Route("/stage/wait", self.wait, methods=["POST"]),
            Route("/stage/attack/{name}", self.attack, methods=["POST"]),
        ]

    def lifespan(self, _app: Starlette) -> AbstractAsyncContextManager[None]:
        """What an app's lifespan has to be, so that the stage learns the reasons of refusals."""
        return log_notes()

    async def page(self, request: Request) -> Response:
        """The whole page, with the request for it taken apart."""
        return self._page(request)

    async def ping(self, request: Request) -> Response:
        """The least that can be asked for, many times at once."""
        return JSONResponse({"nc": request.scope["digest"].nc}, headers={"cache-control": "no-store"})

    async def wait(self, request: Request) -> Response:
        """Let the lifetime of a nonce pass. Back to the page, which needs a new one."""
        self.clock.advance(self._lifetime + 1)
        self.exchanges.changes += 1
        if _from_script(request):
            return Response(status_code=204, headers={"cache-control": "no-store"})
        return RedirectResponse("/stage?waited#try", 303)

    async def attack(self, request: Request) -> Response:
        """Try an attack with the header of this request, and show what came of it."""
        name = request.path_params["name"]
        if name not in ATTACKS:
            raise HTTPException(404)
        if MARK in request.headers:
            # Nothing of this may come here. If it does, the page must say so and not go round in circles.
            return PlainTextResponse("accepted\n")
        result = await attempt(name, request, self.exchanges, self._users)
        if _from_script(request):
            return templates.TemplateResponse(request, "attempt.html", {"attempt": result}, headers=PAGE_FIELDS)
        return self._page(request, result)

    async def live(self, request: Request) -> Response:
        """The parts that change, as server-sent events, for as long as the page is open."""
        return StreamingResponse(
            self._news(request.user.display_name),
            media_type="text/event-stream",
            headers={"cache-control": "no-store"},
        )

    async def _news(self, user: str) -> AsyncGenerator[str]:
        began = sent = time.monotonic()
        shown = -1
        yield "retry: 500\n\n"
        while (now := time.monotonic()) - began < STREAM:
            if shown != self.exchanges.changes or now - sent >= TICK:
                shown, sent = self.exchanges.changes, now
                state = self._state(user)
                parts = {part: templates.get_template(f"parts/{part}.html").render(state) for part in PARTS}
                yield f"data: {json.dumps(parts)}\n\n"
            await asyncio.sleep(LOOK)

    def _page(self, request: Request, result: Attempt | None = None) -> Response:
        user = request.user.display_name
        field = request.headers["authorization"].encode("latin-1")
        state = self._state(user)
        explained = explain(
            request.method.encode(),
            target_of(request.scope).encode("latin-1"),
            field,
            self.exchanges.offered_with(parse_parameters(split_scheme(field) or b"")[b"nonce"]),
            self._users[user],
        )
        context = {
            **state,
            "attempt": result,
            "exchange": explained,
            "method": request.method,
            "target": target_of(request.scope),
            "browser": drawings.browser_of(request.headers.get("user-agent", "")),
            "digest": request.scope["digest"],
            "attacks": ATTACKS.values(),
            "users": self._users,
            "lifetime": self._lifetime,
            "waited": "waited" in request.query_params,
        }
        return templates.TemplateResponse(request, "stage.html", context, headers=PAGE_FIELDS)

    def _state(self, user: str) -> dict[str, Any]:
        """What the parts show to this user."""
        mine = next(
            (
                each
                for each in self.exchanges.newest_first()
                if each.accepted and each.username == user and each.realm == self._realm
            ),
            None,
        )
        nonce = mine.credentials.nonce if mine is not None and mine.credentials is not None else b""
        counts = self.exchanges.counts(nonce)
        now = time.monotonic()
        return {
            "user": user,
            "nonce": nonce,
            "counts": counts,
            "left": self._left(nonce),
            "lifetime": self._lifetime,
            "cells": drawings.window(counts),
            "arrivals": drawings.overtaken(counts, ARRIVALS),
            "rows": [each for each in self.exchanges.newest_first() if each.status][:ROWS],
            "minute": drawings.minute(self.exchanges, now),
            "people": drawings.last_of_each_user(self.exchanges, self._realm),
            "seconds": lambda at: int(now - at),
            "browser_of": drawings.browser_of,
        }

    def _left(self, nonce: bytes) -> float:
        """Seconds until the end of a nonce, 0 at least."""
        issued = claimed_issue(nonce)
        return max(0.0, issued / MICROSECONDS + self._lifetime - self.clock.now()) if issued is not None else 0.0


def _from_script(request: Request) -> bool:
    """Whether the page's script asks, which wants a part; else it is a form, which wants a page."""
    return "x-fragment" in request.headers
