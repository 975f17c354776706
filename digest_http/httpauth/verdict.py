"""What became of a verification: one vocabulary for contexts, stores, adapters and logs.

These are expected outcomes, so they are values; malformed octets and broken sources are exceptions (errors.py).
"""

from __future__ import annotations

from typing import Final

from .verdict_enum import Verdict

__all__ = ["ACCEPTED", "FOREIGN", "FORGOTTEN", "UNKNOWN_USER", "Verdict"]

#: Looked up once: an attribute of an Enum class costs as much as a call in Python 3.11. Compiled code finds what is
#: compiled without looking it up at all.
ACCEPTED: Final = Verdict.ACCEPTED
UNKNOWN_USER: Final = Verdict.UNKNOWN_USER
FOREIGN: Final = Verdict.FOREIGN
FORGOTTEN: Final = Verdict.FORGOTTEN
