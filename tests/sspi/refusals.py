"""What a refused call raises."""

from __future__ import annotations

import pytest

from digest_http.sspi import NtStatus, WindowsError


def refused(code: NtStatus):
    """The error of a code."""
    return pytest.raises(WindowsError, match=f"{code.name} ")
