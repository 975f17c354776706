"""A password from the system's keyring: real keyring, with a store of the test's own behind it."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from digest_http.errors import ConfigurationError
from digest_http.httpauth.credential_sources import Asked, from_keyring
from tests.support.keyrings import Ring, keyring_in_memory

ASKED = Asked("a.example", 80, "http", "r", refused=False)


@pytest.fixture
def ring() -> Iterator[Ring]:
    """The keyring that is in use while a test runs."""
    with keyring_in_memory() as found:
        yield found


def test_a_password(ring: Ring) -> None:
    """By service and name, looked up each time; an empty one is one."""
    source = from_keyring("cameras", "alice")
    ring.set_password("alice", "cameras", "swapped")
    assert source(ASKED) is None
    ring.set_password("cameras", "alice", "s3cret")
    assert source(ASKED) == ("alice", "s3cret")
    ring.set_password("cameras", "alice", "")
    assert source(ASKED) == ("alice", "")


@pytest.mark.parametrize(("service", "username", "text"), [
    (5, "alice", "service is 5; write text, for instance service='cameras'"),
    ("cameras", None, "username is None; write text, for instance username='alice'"),
])  # fmt: skip
def test_settings_that_cannot_work(service: Any, username: Any, text: str) -> None:
    """What was given and what to write."""
    with pytest.raises(ConfigurationError) as caught:
        from_keyring(service, username)
    assert str(caught.value) == text


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install; what the package itself lacks is said by the package."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        from_keyring("cameras", "alice")
    assert (str(caught.value), caught.value.name) == (
        "from_keyring needs keyring: pip install 'digest-http[keyring]'", "keyring",
    )  # fmt: skip
    assert caught.value.__suppress_context__

    import_before = builtins.__import__

    def broken(name: str, *args: Any) -> Any:
        if name == "keyring":
            raise ModuleNotFoundError("No module named 'jeepney'", name="jeepney")
        return import_before(name, *args)

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(ModuleNotFoundError) as passed:
        from_keyring("cameras", "alice")
    monkeypatch.undo()
    assert passed.value.name == "jeepney"
