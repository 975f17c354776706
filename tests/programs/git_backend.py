"""``git http-backend`` as an ASGI app: git's own server program, which speaks CGI."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from tests.live.peers import found_program

__all__ = ["git_backend"]


def git_backend(root: Path) -> ASGIApp:
    """Repositories below ``root``, found by what follows /repositories/ in the path."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        git = found_program("git")
        assert git is not None, "only git itself asks for these pages"
        fields = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        body = b""
        more = True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": "/" + scope["path"].partition("/repositories/")[2],
            "QUERY_STRING": scope["query_string"].decode(),
            "REQUEST_METHOD": scope["method"],
            "CONTENT_TYPE": fields.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": fields.get("content-encoding", ""),
            "HTTP_GIT_PROTOCOL": fields.get("git-protocol", ""),
            "REMOTE_USER": scope["user"].display_name,
        }
        # A file, since git may end before it has read all that it was sent.
        with tempfile.TemporaryFile() as file:
            file.write(body)
            file.seek(0)
            process = await asyncio.create_subprocess_exec(
                git, "http-backend", env=environment, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            said, _ = await process.communicate()
        head, _, rest = said.partition(b"\r\n\r\n")
        lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n"))
        status = int(lines.pop(b"Status", b"200").split()[0])
        headers: Any = [(name.lower(), value) for name, value in lines.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": rest})

    return app
