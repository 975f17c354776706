"""Wrong settings of the middleware's own: refused when made, by their names, each with what to write."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest

from digest_http.errors import ConfigurationError, SecurityWarning
from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import USERS, Echo, Server


@pytest.mark.parametrize("wrong", [None, "app", lambda: None])
def test_a_wrong_app(wrong: Any) -> None:
    """Most often the class of the middleware was given where its arguments belong."""
    with pytest.raises(
        ConfigurationError, match=r"^app .*for instance app=app, with async def app\(scope, receive, send\)$"
    ):
        DigestAuthMiddleware(wrong, users=USERS, realm="wonder")


@pytest.mark.parametrize("wrong", [-1, "1", None, 1.5])
def test_a_wrong_max_body(wrong: Any) -> None:
    """The message names the setting and shows a right value."""
    with pytest.raises(ConfigurationError, match=r"^max_body.*max_body=1048576"):
        Server(max_body=wrong)


_ANSWER = "body_of, with def body_of(scope, refusal) -> (media type, octets)"

#: A wrong value of each, and what to write instead.
TOLD: dict[str, tuple[Any, str]] = {
    "answer": (1, f"a function of 2 arguments, for instance answer={_ANSWER}"),
    "allow_preflight": (1, "True or False, for instance allow_preflight=True"),
    "optional": (1, "True or False, for instance optional=True"),
    "source_timeout": (-1, "seconds as a number over 0 and at most 10000000000, for instance source_timeout=5.0"),
    "spool_above": (-1, "a whole number, 0 at least, for instance spool_above=65536"),
}


@pytest.mark.parametrize(("setting", "wrong", "write"), [(setting, *told) for setting, told in TOLD.items()], ids=TOLD)
def test_what_is_said(setting: str, wrong: Any, write: str) -> None:
    """Word for word."""
    with pytest.raises(ConfigurationError, match=f"^{re.escape(f'{setting} is {wrong}; write {write}')}$"):
        Server(**{setting: wrong})


def test_a_file_that_would_never_be_needed() -> None:
    """What is in memory at most must be less than what a body may have."""
    with pytest.raises(ConfigurationError, match=r"^spool_above is 10; write a number below max_body, .*max_body=1048"):
        Server(spool_above=10, max_body=10)


@pytest.mark.parametrize("environment", ["2", "3"])
def test_a_warning_is_of_who_made_it(monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    """Two workers are more than one; and the line that is shown is one of the caller's, not ours."""
    monkeypatch.delenv("DIGEST_HTTP_KEYS", raising=False)
    monkeypatch.setenv("WEB_CONCURRENCY", environment)
    monkeypatch.setattr("sys.argv", ["app.py"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        DigestAuthMiddleware(Echo(), users=USERS, realm="wonder", algorithms=["MD5"])
    (warning,) = (each for each in caught if each.category is SecurityWarning)
    assert f"one of {environment} workers" in str(warning.message)
    assert warning.filename == __file__
