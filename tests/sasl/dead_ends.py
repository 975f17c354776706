"""What is left of an end that failed or was closed."""

from __future__ import annotations

import pytest

from digest_http.errors import ContextExpired


def assert_dead(end):
    """Nothing works any more, and nothing is left inside."""
    assert not end.complete
    for call in (
        end.step,
        end.session_key,
        lambda: end.wrap(b""),
        lambda: end.unwrap(b""),
        lambda: end.sign(b""),
        lambda: end.verify(b"", b""),
        lambda: end.seal(b""),
        lambda: end.seal_in_place(bytearray()),
        lambda: end.unseal_in_place(bytearray()),
        lambda: end.wrap_parts(b""),
    ):
        with pytest.raises(ContextExpired):
            call()
