"""The reason codes: one enum for all that a server may say, and the page that is made of it."""

from __future__ import annotations

import ast
import logging
from pathlib import Path

import pytest

import digest_http
import digest_http_middleware
from digest_http import errors
from digest_http.guard import Reason
from digest_http.httpauth.verdict import Verdict
from tests.support.kept_tables import keep

ROOT = Path(__file__).parents[2]

#: Files whose errors a server can answer with. Those of clients, SASL and SSPI have codes of their own.
CORE, PLUGS = (Path(package.__path__[0]) for package in (digest_http, digest_http_middleware))
SERVER = [
    *CORE.glob("*.py"),
    *(CORE / "guard").glob("*.py"),
    *PLUGS.rglob("*.py"),
    *(CORE / "httpauth" / f"{name}.py" for name in ("nonces", "offer", "server", "session_key", "sources")),
]

#: Codes of what no request can bring about: wrong calls of the layout, and errors of clients.
NOT_OF_A_REQUEST = {"buffers", "rspauth", "body-not-replayable", "error"}
#: Errors of SASL and of clients.
NOT_OF_SERVERS = {
    "BodyNotReplayable", "ContextExpired", "DigestError", "LogonDenied", "MessageAltered", "MessageTooLarge",
    "OutOfSequence", "QopNotSupported", "WrongPrincipal",
}  # fmt: skip


def written() -> set[str]:
    """Every text that is given as `reason` in a file of the server's."""
    found: set[str] = set()
    for file in SERVER:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "reason" and isinstance(node.value, ast.Constant):
                found.add(str(node.value.value))
    return found


def test_every_code_of_the_source_is_known():
    """A new code without a meaning fails here."""
    codes = written()
    assert len(codes) > 15
    assert {code for code in codes - NOT_OF_A_REQUEST if Reason.known(code) is None} == set()


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_known(verdict):
    """The outcomes of a verification, with the status that they are answered with."""
    reason = Reason.known(verdict.value)
    assert reason is not None
    assert ("stale" in reason.answer) == verdict.stale


@pytest.mark.parametrize("kind", [
    kind for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.DigestError) and kind.__name__ not in NOT_OF_SERVERS
])  # fmt: skip
def test_every_error_is_known(kind):
    """Those that are raised without a code of their own."""
    reason = Reason.known(kind.default_reason)
    assert reason is not None
    assert str(kind.http_status) in reason.answer
    assert (reason.level == logging.ERROR) == (kind.http_status == 503)


@pytest.mark.parametrize("code", ["method", "uri", "field", "no-credentials", "wrong-credentials", "throttled"])
def test_codes_that_no_error_carries(code):
    """Those of the request line, and of the guard."""
    reason = Reason.known(code)
    assert reason is not None
    assert reason.value == code


@pytest.mark.parametrize("reason", Reason)
def test_each_says_what_to_do(reason):
    """A meaning and an advice, in whole sentences that a table can hold."""
    for text in (reason.meaning, reason.advice):
        assert text.endswith((".", "?"))
        assert "|" not in text
        assert len(text) < 160
    assert Reason.known(reason.value) is reason


def test_the_page():
    """Its table is the enum."""
    rows = [
        [f"`{reason.value}`", reason.answer, logging.getLevelName(reason.level), reason.meaning, reason.advice]
        for reason in Reason
    ]
    keep(ROOT / "docs" / "reasons.md", "reasons", ["Code", "Answer", "Level", "What it means", "What to do"], rows)
