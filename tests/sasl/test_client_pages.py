"""docs/sasl-clients.md: the table of libraries counts the lines that a user writes."""

from __future__ import annotations

import re

import pytest

from tests.sasl.pages import PAGE, block

#: The row of several libraries, and the sections that it stands for.
TOGETHER = {"`imaplib`, `poplib`, `smtplib`": ("IMAP", "POP", "SMTP"), "HDFS data nodes": ("Data nodes of HDFS",)}
#: Its one line is told in words: it is a call without arguments.
IN_WORDS = "Hadoop token files"

_row = re.compile(r"^\| (.+?)(?: [0-9.]+(?: \(.*\))?)? \| ([0-9]+) \|", re.MULTILINE)
ROWS = _row.findall(PAGE.read_text(encoding="utf-8"))


def test_each_library_has_a_row():
    """As many as there are sections with lines to write, but for those that share one."""
    sections = re.findall(r"^## (.+)\n\n```py\n", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = [section for name, _ in ROWS if name != IN_WORDS for section in TOGETHER.get(name, (name,))]
    assert sorted(told) == sorted(sections)


@pytest.mark.parametrize(("name", "lines"), [row for row in ROWS if row[0] != IN_WORDS])
def test_the_lines_are_counted(name, lines):
    """The longest where several libraries share a row."""
    assert max(len(block(section).splitlines()) for section in TOGETHER.get(name, (name,))) == int(lines)
