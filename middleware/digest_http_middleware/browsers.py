"""Realms that some browser cannot answer: a login that fails without a word is worth one at the start.

Seen with Firefox 153 (a quote or backslash in the realm breaks its answer; with any other script nothing is sent) and
WebKitGTK 2.50 (other scripts are sent as a parameter that no RFC knows).
"""

from __future__ import annotations

import logging
from typing import Final

__all__ = ["warn_of_realm"]

logger: Final = logging.getLogger("digest_http.middleware")


def warn_of_realm(realm: str) -> None:
    """Log a warning for a realm that not every browser can answer."""
    if not realm.isascii():
        logger.warning("realm %r is not ASCII: people with Firefox or WebKitGTK cannot log in", realm)
    elif '"' in realm or "\\" in realm:
        logger.warning('realm %r holds " or \\: people with Firefox cannot log in', realm)
