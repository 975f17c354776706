"""Each code that docs/sspi-functions.md lists for a function is produced here, and no other is listed."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from digest_http import sspi
from digest_http.sspi import NtStatus, WindowsError, dispatch
from tests.sspi.scenarios.registry import CASES

PAGE = Path(__file__).parents[2] / "docs" / "sspi-functions.md"
SCENARIOS = Path(__file__).with_name("scenarios")

_line = re.compile(r"^\| `(\w+)` \|.*\|([^|]*)\|$", re.MULTILINE)
_code = re.compile(r"SEC_[EI]_\w+|STATUS_\w+")

# Every file of the folder registers its scenarios; none has to be named here.
for _file in sorted(SCENARIOS.glob("*.py")):
    importlib.import_module(f"tests.sspi.scenarios.{_file.stem}")


@pytest.mark.obeys("sspi-codes")
def test_the_page_lists_exactly_what_is_produced() -> None:
    """The table's codes and the scenarios below are the same set."""
    listed = {
        (function, code)
        for function, codes in _line.findall(PAGE.read_text(encoding="utf-8"))
        for code in _code.findall(codes)
    }
    assert listed
    assert listed == set(CASES)


def test_the_page_lists_every_function() -> None:
    """Each public function of the module and of dispatch has its line."""
    functions = {name for name in sspi.__all__ if name.islower() and name not in {"dispatch", "tls_server_end_point"}}
    functions |= {name for name in dispatch.__all__ if name.startswith("Sp")}
    assert functions == {function for function, _ in CASES}


@pytest.mark.parametrize(("function", "code"), sorted(CASES))
def test_code(function: str, code: str) -> None:
    """The scenario ends in the code: returned if it is a success, raised as WindowsError if not."""
    expected = NtStatus[code]
    if expected is NtStatus.SEC_I_RENEGOTIATE:
        # make_signature returns nothing. sspilib raises whatever is not SEC_E_OK there, and so does this.
        with pytest.raises(WindowsError, match="SEC_I_RENEGOTIATE") as caught:
            CASES[function, code]()
        assert caught.value.winerror == expected
        return
    if expected < 0x80000000:
        result = CASES[function, code]()
        assert getattr(result, "status", NtStatus.SEC_E_OK) == expected
        return
    with pytest.raises(WindowsError) as caught:
        CASES[function, code]()
    assert caught.value.status is expected
    assert caught.value.winerror == expected - (1 << 32)
    assert expected.name in str(caught.value)
