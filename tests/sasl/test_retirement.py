"""RFC 6331 is said at every door: that the mechanism is Historic, and what to move on to."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest_http import sasl
from digest_http.sasl import plugs

DOORS = [sasl, sasl.DigestMD5Client, sasl.DigestMD5Server, plugs, plugs.PureSASLClient, plugs.ThriftSASLClient]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_docstrings_say_when_to_move_on(door):
    """Whoever asks for help on a door reads it."""
    assert "RFC 6331" in door.__doc__
    assert "Historic" in door.__doc__
    assert "SCRAM" in door.__doc__


def test_the_page_says_to_what():
    """docs/sasl.md, before it says how to log in."""
    page = (Path(__file__).parents[2] / "docs" / "sasl.md").read_text(encoding="utf-8")
    before = page.partition("## Logging in")[0]
    assert all(word in before for word in ("RFC 6331", "SCRAM-SHA-256", "Kerberos", "EXTERNAL", "TLS"))
