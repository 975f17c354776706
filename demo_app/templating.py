"""Where the templates and the files of the pages are, and the header fields that every page has."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.templating import Jinja2Templates

__all__ = ["PAGE_FIELDS", "STATIC", "templates"]

_HERE: Final = Path(__file__).parent

STATIC: Final = _HERE / "static"

#: Everything on a page is escaped; with this a mistake there would still run nothing. What is shown is of this moment
#: and of this user, so nothing keeps it.
PAGE_FIELDS: Final = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self' ws: wss:; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}

templates: Final = Jinja2Templates(directory=_HERE / "templates")
