"""The report of a probe for people: what was sent, what was found, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click

from digest_http.encoding import printable

from .findings import Level
from .result import Result

__all__ = ["lines"]

_COLOURS: Final[dict[Level, str]] = {"good": "green", "note": "blue", "odd": "yellow", "weak": "red", "broken": "red"}

_VERDICTS: Final = {
    "sound": "Sound: nothing weak was found.",
    "weak": "Weak: an attacker can gain from what is marked so above.",
    "broken": "Broken: it does not do what Digest promises.",
    "refused": "Not probed to the end: the name or the password was refused.",
    "no-digest": "Not probed: there is no Digest here.",
}


def lines(result: Result, method: str) -> Iterator[str]:
    """The lines of the report; a terminal shows the levels in colour, a file has plain text."""
    yield printable(result.url)
    yield ""
    yield "The exchange"
    for number, step in enumerate(result.steps, 1):
        yield f"{number}. {method}, {step.title}"
        if step.sent is not None:
            yield f"   > Authorization: {step.sent}"
        yield f"   < {step.status}"
        for field in step.received:
            yield f"   < {field}"
    yield ""
    yield "What was found"
    for found in result.findings:
        yield f"{click.style(f'{found.level:<7}', fg=_COLOURS[found.level])} {found.text}"
    yield ""
    wrong = ", and one with a wrong password" if result.wrong else ""
    yield f"Requests signed with the password: {result.signed}{wrong}."
    yield _VERDICTS[result.verdict]
