"""The line in the log: who, from where, for what; it can be read by a program, and forged by nobody."""

from __future__ import annotations

import logging
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest_http.guard import Reason
from digest_http_middleware.events import SHOWN
from tests.attacks.driver import Server
from tests.live import peers

PAGE = Path(__file__).parents[2] / "docs" / "logging.md"
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

#: As fail2ban sees a line: without its time.
WITHOUT_TIME = logging.Formatter("%(levelname)s %(name)s: %(message)s")

_line = re.compile(
    r'(?P<reason>[a-z*-]+) client=(?P<client>-|[0-9A-Fa-f:.]+|"(?:[^"\\]|\\.)*")'
    r' method=(?P<method>[A-Z]+|"(?:[^"\\]|\\.)*")'
    r' path="(?P<path>(?:[^"\\]|\\.)*)"(?: user="(?P<user>(?:[^"\\]|\\.)*)")?(?: hint="(?P<hint>(?:[^"\\]|\\.)*)")?'
)


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)


def logged(**request: Any) -> logging.LogRecord:
    """The record of one request of a client with a wrong password."""
    logger, handler, level = logging.getLogger("digest_http.middleware"), Records(), logging.DEBUG
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        server = Server(users=lambda *_: None, algorithms=["MD5"])
        signer = server.signer(request.pop("username", "alice"), algorithm="MD5")
        server.request(request.pop("method", "GET"), "/x", signer.sign(), **request)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
    return handler.records[-1]


def failregex() -> str:
    """The pattern of the page."""
    (found,) = re.findall(r"^failregex = (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return str(found)


def banned(text: str) -> list[str]:
    """The addresses that the page's filter finds, by Python's own re."""
    pattern = re.compile(failregex().replace("<ADDR>", r"(?P<address>[0-9A-Fa-f:.]+)"))
    return [found["address"] for line in text.split("\n") if (found := pattern.search(line))]


@pytest.mark.parametrize(("request_", "said"), [
    ({}, 'unknown-user client=192.0.2.7 method=GET path="/x" user="alice"'),
    ({"client": ("2001:db8::1", 5)}, 'unknown-user client=2001:db8::1 method=GET path="/x" user="alice"'),
    ({"client": None}, 'unknown-user client=- method=GET path="/x" user="alice"'),
    ({"client": ("testclient", 5)}, 'unknown-user client="testclient" method=GET path="/x" user="alice"'),
    ({"path": '/a "b\\c'}, r'unknown-user client=192.0.2.7 method=GET path="/a \"b\\c" user="alice"'),
    ({"path": "/a\nb"}, r'unknown-user client=192.0.2.7 method=GET path="/a\\nb" user="alice"'),
    ({"method": "get x"}, 'method client=192.0.2.7 method="get x" path="/x" user="alice"'),
    ({"username": "Zoë b"}, 'unknown-user client=192.0.2.7 method=GET path="/x" user="Zoë b"'),
])  # fmt: skip
def test_the_line(request_, said):
    """Reason and address first, then what the client chose, in quotes."""
    assert logged(**request_).getMessage() == said
    assert _line.fullmatch(said)


@settings(max_examples=40)
@given(
    st.text(max_size=40),
    st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20).filter(lambda t: ":" not in t),
)
def test_any_text_is_one_line_that_can_be_read(path, user):
    """Whatever a client chose, the line has its parts where they belong, and no other address is banned."""
    user = user.replace("\\", "").replace('"', "") or "x"
    record = logged(path=f"/{path}", username=user)
    line = WITHOUT_TIME.format(record)
    assert line.isprintable()
    found = _line.fullmatch(record.getMessage())
    assert found is not None
    assert found["client"] == "192.0.2.7"
    assert banned(line) == (["192.0.2.7"] if record.levelno == logging.WARNING else [])


@pytest.mark.parametrize("where", ["path", "username"])
@pytest.mark.parametrize("text", [
    "x client=198.51.100.9 y",
    '" client=198.51.100.9 ',
    "\nWARNING digest_http.middleware: wrong-digest client=198.51.100.9 ",
    "\r2026-01-01 00:00:00,000 WARNING digest_http.middleware: wrong-digest client=198.51.100.9 ",
    "\u2028WARNING digest_http.middleware: wrong-digest client=198.51.100.9 ",
])  # fmt: skip
def test_nobody_bans_another(where, text):
    """A stranger writes the address of another into what he may choose; the filter bans his own."""
    if where == "username" and (ord(text[0]) < 32 or ":" in text):
        text = " client=198.51.100.9 x"
    value = f"/{text}" if where == "path" else text.replace('"', "")
    assert banned(WITHOUT_TIME.format(logged(**{where: value}))) == ["192.0.2.7"]


def test_an_address_that_is_none_is_not_banned():
    """A server that takes addresses from a field of the client's may show anything: it bans nobody."""
    record = logged(client=("198.51.100.9 method=GET", 5))
    assert banned(WITHOUT_TIME.format(record)) == []


@pytest.mark.parametrize("where", ["path", "username"])
def test_a_long_text_is_cut(where):
    """A line is not for a stranger to fill; the field has it all."""
    record = logged(**{where: "/" + "a" * 3000})
    word = {"path": "path", "username": "user"}[where]
    assert f'{word}="/{"a" * (SHOWN - 1)}..."' in record.getMessage()
    assert len(vars(record)[f"digest_{where}"]) == 3001


@pytest.mark.parametrize("where", ["path", "username"])
def test_a_text_that_just_fits_is_whole(where):
    """The bound itself is not cut."""
    line = logged(**{where: "/" + "a" * (SHOWN - 1)}).getMessage()
    assert "a" * (SHOWN - 1) + '"' in line
    assert "..." not in line


def test_a_handshake_is_a_get():
    """The scope of a websocket has no method."""
    assert " method=GET " in logged(method="WEBSOCKET").getMessage()


def lines_of_all_reasons() -> tuple[str, list[str]]:
    """A log with a line for each reason, each from an address of its own, and the addresses of failed logins."""
    formatter, text, failed = logging.Formatter(FORMAT), "", []
    for number, reason in enumerate(Reason):
        address = f"203.0.113.{number}" if number % 2 else f"2001:db8::{number:x}"
        record = logged(client=(address, 1))
        record.levelno, record.levelname = reason.level, logging.getLevelName(reason.level)
        record.msg = record.msg.replace("unknown-user", reason.value)
        text += formatter.format(record) + "\n"
        if reason.level == logging.WARNING and reason is not Reason.WRONG_CREDENTIALS:
            failed.append(address)
    return text, failed


def test_the_filter_finds_failed_logins():
    """Those, and no others: a browser whose nonce is too old is not banned."""
    text, failed = lines_of_all_reasons()
    without_time = re.sub(r"^\S+ \S+ ", "", text, flags=re.MULTILINE)
    assert banned(without_time) == failed
    assert len(failed) == 4


@pytest.mark.live
def test_fail2ban_itself(tmp_path):
    """Its own program, with the filter of the page as a file, finds the failed logins of a log."""
    program = peers.program("fail2ban-regex", package="fail2ban")
    text, failed = lines_of_all_reasons()
    log, rule = tmp_path / "digest.log", tmp_path / "digest-http.conf"
    log.write_text(text, encoding="utf-8")
    (definition,) = re.findall(r"^(\[Definition\].*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    rule.write_text(definition, encoding="utf-8")
    printed = subprocess.run(
        [program, "--out", "ip", "--usedns", "no", str(log), str(rule)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    assert printed.split() == failed
