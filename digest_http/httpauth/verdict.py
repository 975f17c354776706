"""What became of a verification: one vocabulary for contexts, stores, adapters and logs.

These are expected outcomes, so they are values; malformed octets and broken sources are exceptions (errors.py).
"""

from __future__ import annotations

from typing import Final

from .verdict_enum import Verdict

__all__ = [
    "ACCEPTED",
    "ENDED",
    "EXPIRED",
    "FOREIGN",
    "FORGOTTEN",
    "OUT_OF_SEQUENCE",
    "REPLAYED",
    "UNKNOWN_USER",
    "WRONG_DIGEST",
    "WRONG_REALM",
    "Verdict",
]

#: Looked up once: an attribute of an Enum class costs as much as a call in Python 3.11. Compiled code finds what is
#: compiled without looking it up at all.
ACCEPTED: Final = Verdict.ACCEPTED
WRONG_REALM: Final = Verdict.WRONG_REALM
UNKNOWN_USER: Final = Verdict.UNKNOWN_USER
WRONG_DIGEST: Final = Verdict.WRONG_DIGEST
EXPIRED: Final = Verdict.EXPIRED
FOREIGN: Final = Verdict.FOREIGN
FORGOTTEN: Final = Verdict.FORGOTTEN
REPLAYED: Final = Verdict.REPLAYED
OUT_OF_SEQUENCE: Final = Verdict.OUT_OF_SEQUENCE
ENDED: Final = Verdict.ENDED
