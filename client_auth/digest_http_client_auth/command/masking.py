"""Field values for the eyes of others: reports are pasted into mails and bug trackers."""

from __future__ import annotations

import re
from typing import Final

from digest_http.encoding import octets_to_text, printable

__all__ = ["masked"]

#: What stands in place of a digest, from which a password can be guessed.
_MASK: Final = r'\1="(masked)"'

# The digests are hex; whatever else a server puts there is masked as well.
_digests: Final = re.compile(r'\b(response|rspauth)\s*+=\s*+(?:"(?:[^"\\]|\\.)*+"?|[^\s,"]++)', re.IGNORECASE)


def masked(value: bytes) -> str:
    """A field value for the eyes of others: printable, and without response and rspauth."""
    return printable(_digests.sub(_MASK, octets_to_text(value)))
