"""What the routes answer. The protected ones read who asks from `request.user` and `request.scope["digest"]`."""

from __future__ import annotations

import hashlib
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

__all__ = ["echo", "home", "me", "tile", "upload", "whoami"]

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color: #1d2733 }}
table {{ border-collapse: collapse }} th, td {{ text-align: left; padding: .25rem 1rem .25rem 0 }}
img {{ width: 1rem; height: 1rem; margin: 1px }}
</style></head><body><h1>{title}</h1>{body}</body></html>"""

_TILES = 24


async def home(request: Request) -> Response:
    """The public page."""
    body = f"""<p>This page is public. You are {escape(request.user.display_name) or "nobody yet"}.</p>
<p>Log in as <b>alice</b> with the password <b>s3cret</b>:</p>
<ul><li><a href="/me">a protected page</a></li><li><a href="/api/whoami">the same as JSON</a></li>
<li><a href="/brief/">nonces that live two seconds</a></li></ul>"""
    return HTMLResponse(_PAGE.format(title="digest-http demo", body=body))


async def me(request: Request) -> Response:
    """Who is logged in and how, and pictures enough for a browser to send its requests out of order."""
    digest = request.scope["digest"]
    rows = "".join(
        f"<tr><th>{name}</th><td>{escape(str(value))}</td></tr>"
        for name, value in zip(digest._fields, digest, strict=True)
    )
    tiles = "".join(f'<img src="/me/tile?n={n}" alt="">' for n in range(_TILES))
    body = f"""<table>{rows}</table><p>Reload: nc counts up, and you are not asked again.</p>
<p>{tiles}<br>{_TILES} pictures, each with a count of its own.</p><p><a href="/">back</a></p>"""
    return HTMLResponse(_PAGE.format(title=f"Hello, {escape(request.user.display_name)}", body=body))


async def tile(request: Request) -> Response:
    """One picture, coloured by its nonce count."""
    hue = request.scope["digest"].nc * 47 % 360
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><rect width="100%" height="100%" fill="hsl({hue} 70% 50%)"/></svg>'
    return Response(svg, media_type="image/svg+xml", headers={"cache-control": "no-store"})


async def whoami(request: Request) -> Response:
    """The verified identity as JSON."""
    return JSONResponse(request.scope["digest"]._asdict())


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


def _md5(body: bytes) -> str:
    # A checksum to compare with md5sum, nothing secret.
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
