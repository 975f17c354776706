"""User names that some browser cannot send: a login that fails without a word is worth one when the name is set.

Seen with Firefox 153, which sends nothing for a name that is not ASCII.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

__all__ = ["warn_of_names"]


def warn_of_names(names: Iterable[str], where: str, logger: logging.Logger, *, told: int = 0) -> int:
    """Log one warning with the number of such names, none of them by name; the number.

    Nothing is logged if it is no higher than `told`, the number that was logged before.
    """
    names = set(names)
    number = sum(not name.isascii() for name in names)
    if number > told:
        logger.warning(
            "%d of %d user names in %s are not ASCII: their owners cannot log in with Firefox",
            number,
            len(names),
            where,
        )
    return number
