"""As much of WebDAV as cadaver needs to call a place a collection, look into a file and leave one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

METHODS = ("OPTIONS", "PROPFIND", "GET", "PUT")

#: The answer to every PROPFIND: this is a collection (RFC 4918 §9.1).
MULTISTATUS = """\
<?xml version="1.0" encoding="utf-8"?>
<multistatus xmlns="DAV:"><response><href>/files/</href><propstat>
<prop><resourcetype><collection/></resourcetype></prop><status>HTTP/1.1 200 OK</status>
</propstat></response></multistatus>
"""


class Collection:
    """Files in memory under one URL."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    async def answer(self, request: Request) -> Response:
        """Answer one request of a WebDAV client."""
        name = request.path_params["name"]
        match request.method:
            case "OPTIONS":
                return Response(headers={"dav": "1", "allow": ", ".join(METHODS)})
            case "PROPFIND":
                return Response(MULTISTATUS, 207, media_type="application/xml")
            case "PUT":
                self.files[name] = await request.body()
                return Response(status_code=201)
            case _:
                return Response(self.files[name], media_type="text/plain")
