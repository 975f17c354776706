"""What a request says of the length of its body. Each request with auth-int goes through it, so it may be compiled."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["announces_more"]

#: Digits that need not be read, since most limits are above whatever they say, and the largest number of so many.
_FEW: Final = 6
_MOST_OF_FEW: Final = 999_999


def announces_more(scope: Any, limit: int) -> bool:  # noqa: ANN401 - a Scope, which is the server's
    """Whether the request says that its body has more than `limit` octets."""
    # By place: to unpack a pair of the server's costs compiled code more than two looks into it.
    for pair in scope["headers"]:
        if pair[0] == b"content-length":
            value = pair[1]
            if (len(value) > _FEW or limit < _MOST_OF_FEW) and value.isdigit():
                # By length first: int() refuses thousands of digits, which some server may let through.
                digits = value.lstrip(b"0")
                if len(digits) > len(str(limit)) or int(digits or b"0") > limit:
                    return True
    return False
