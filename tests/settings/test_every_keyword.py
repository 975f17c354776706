"""Every keyword of every door is checked when the object is made: the error names it and says what to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from digest_http.errors import ConfigurationError

from .doors import DOORS, rows
from .wrong import SECRET

ROWS = rows()

#: What an error calls a setting where that is not the keyword itself.
CALLED = {
    ("NonceSource", "lifetime"): "nonce_lifetime",
    ("MappingUsers", "passwords"): "users",
    ("CallableUsers", "look_up"): "users",
    ("SQLUsers", "engine"): "URL",
    ("SQLLogouts", "engine"): "URL",
    ("DigestAuthMiddleware", "keys"): "key",
    ("DigestAuth of FastAPI", "keys"): "key",
    ("Guard", "keys"): "key",
    ("NonceSource", "keys"): "key",
}

CASES = [
    pytest.param(door, keyword, value, id=f"{door}-{keyword}-{number}")
    for door, keywords in ROWS.items()
    for keyword, values in keywords.items()
    for number, value in enumerate(values)
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files of good settings are."""
    monkeypatch.delenv("DIGEST_HTTP_KEYS", raising=False)
    (tmp_path / "keys").write_text("k" * 32 + "\n")
    (tmp_path / "users").write_text("alice:r:" + "0" * 32 + "\n")
    for file in tmp_path.iterdir():
        file.chmod(0o600)
    return tmp_path


@pytest.mark.parametrize("door", DOORS)
def test_each_keyword_has_rows(door: str) -> None:
    """A keyword without wrong values fails here, so that none is added and forgotten."""
    assert set(ROWS[door]) == DOORS[door].keywords
    assert all(ROWS[door].values())


@pytest.mark.parametrize("door", DOORS)
def test_good_settings(door: str, folder: Path) -> None:
    """What the wrong ones are put into works as it is."""
    made = DOORS[door].opened(folder)
    if door == "SQLiteStore":
        made.close()


@pytest.mark.parametrize(("door", "keyword", "value"), CASES)
def test_wrong_values(door: str, keyword: str, value: Any, folder: Path) -> None:
    """ConfigurationError and nothing else, which names the keyword, says what to write, and shows no secret."""
    with pytest.raises(ConfigurationError) as caught:
        DOORS[door].opened(folder, **{keyword: value})
    text = str(caught.value)
    assert CALLED.get((door, keyword), keyword) in text or (isinstance(value, str) and f" {value} " in text)
    assert "; " in text or ": " in text
    assert SECRET not in text
    assert SECRET not in repr(caught.value.__cause__)
    assert len(text) < 600
    assert text.isprintable()
