"""What tells two targets apart for the apps behind a proxy."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from digest_http_middleware.path_readings import as_written

__all__ = ["resource"]


def resource(target: bytes) -> tuple[str, str, bytes]:
    """The decoded path, which most routers see; that of routers by `raw_path`; and the query."""
    path, _, query = target.partition(b"?")
    # No URL holds a backslash as it is: it and its escape are two ways to write the same. So are %2f and %2F (RFC 3986
    # §2.1).
    spelt = re.sub(rb"%[0-9a-f]{2}", lambda escape: escape[0].upper(), path.replace(b"\\", b"%5C"), flags=re.IGNORECASE)
    return unquote_to_bytes(path).decode("utf-8", "surrogateescape"), as_written(spelt), query
