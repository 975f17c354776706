"""URLs as settings: what a URL says and nobody would read is refused, so that a slip of the pen names no other place.

urlsplit() drops tabs and line ends, and what is behind "#" reaches no server and no file. No error here shows the URL:
it may hold a password.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from .errors import ConfigurationError

__all__ = ["no_fragment", "parts_of", "query_of"]

_control: Final = re.compile(r"[\x00-\x1f\x7f]")


def parts_of(setting: str, url: str, write: str) -> SplitResult:
    """The parts of a URL, in which "#" is a character as others. `write`: what to write in place of what is no URL.

    Raises ConfigurationError, also for a control character, a line end among them.
    """
    if _control.search(url):
        raise ConfigurationError(f"{setting} has a control character in its URL, perhaps a line end: leave it out")
    try:
        return urlsplit(url, allow_fragments=False)
    except ValueError:
        raise ConfigurationError(f"{setting}: this is not a URL; {write}") from None


def no_fragment(setting: str, url: str) -> None:
    """Raises ConfigurationError for a URL that would end at a "#"."""
    if "#" in url:
        raise ConfigurationError(f"{setting} has a '#' in its URL, and the URL would end there: write %23 in its place")


def query_of(setting: str, parts: SplitResult) -> dict[str, str]:
    """The settings behind the question mark. Raises ConfigurationError where one is there twice."""
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ConfigurationError(f"{setting} has a setting twice in its URL: write it once")
    return found
