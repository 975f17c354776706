"""What the routes answer. The protected ones read who asks from `request.user` and `request.scope["digest"]`."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from digest_http.guard import Refusal

from .templating import PAGE_FIELDS, templates

__all__ = ["echo", "home", "logged_out", "metrics", "refused", "upload", "whoami"]

_HTML: Final = "text/html; charset=utf-8"


async def home(request: Request) -> Response:
    """The public page. A browser that has logged in sends its answer here too, and goes on to the stage."""
    if "authorization" in request.headers:
        # Nobody has verified it. The stage does.
        return RedirectResponse("/stage", 303, headers={"cache-control": "no-store"})
    return templates.TemplateResponse(request, "home.html", headers=PAGE_FIELDS)


async def whoami(request: Request) -> Response:
    """The verified identity as JSON."""
    return JSONResponse(request.scope["digest"]._asdict())


def metrics(registry: CollectorRegistry) -> Callable[[Request], Awaitable[Response]]:
    """The page that Prometheus reads."""

    async def page(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return page


async def upload(request: Request) -> Response:
    """What was uploaded, as the app received it."""
    body = await request.body()
    return JSONResponse({"by": request.user.display_name, "octets": len(body), "md5": _md5(body)})


async def echo(socket: WebSocket) -> None:
    """Say back what is said, with the name of who said it."""
    await socket.accept()
    try:
        while True:
            await socket.send_text(f"{socket.user.display_name}: {await socket.receive_text()}")
    except WebSocketDisconnect:
        return


def refused(scope: Mapping[str, Any], refusal: Refusal) -> tuple[str, bytes]:
    """The body of a refusal. A browser shows it to a person who cancels the prompt; programs get a line of text."""
    return _page_or_text(scope, "refused.html", refusal)


def logged_out(scope: Mapping[str, Any], refusal: Refusal) -> tuple[str, bytes]:
    """What a person sees who cancels the prompt of /logout."""
    return _page_or_text(scope, "logged_out.html", refusal)


def _page_or_text(scope: Mapping[str, Any], template: str, refusal: Refusal) -> tuple[str, bytes]:
    if "text/html" not in Headers(scope=dict(scope)).get("accept", ""):
        return "text/plain; charset=utf-8", f"{refusal.text}\n".encode()
    return _HTML, templates.get_template(template).render(refusal=refusal).encode()


def _md5(body: bytes) -> str:
    # A checksum to compare with md5sum, nothing secret.
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
