"""The numbers behind the drawings: the window of counts, the last minute, and the sum of each outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from digest_http.httpauth.sequence import DEFAULT_WINDOW

from .exchanges import Exchange, Exchanges

__all__ = ["OUTCOMES", "Bar", "Cell", "Minute", "browser_of", "last_of_each_user", "minute", "overtaken", "window"]

#: Columns of the drawing of the window.
COLUMNS: Final = 16
#: Seconds of the drawing of the last minute, and its height in units.
SECONDS: Final = 60
HEIGHT: Final = 40
#: Requests in one second that fill the height at least: a single one must not look like a flood.
FEWEST: Final = 6

#: From the bottom of a column to its top, with what people are told they mean.
OUTCOMES: Final = {
    "accepted": "accepted",
    "challenged": "challenged: no credentials yet",
    "renewed": "renewed: the nonce had expired",
    "refused": "refused",
    "public": "public: nobody was asked",
}


@dataclass(frozen=True)
class Cell:
    """The place of one count in the window. `state` is "seen", "last" for the newest, "missed" or "free"."""

    x: int
    y: int
    count: int
    state: str
    title: str


@dataclass(frozen=True)
class Bar:
    """A part of a column of the last minute."""

    x: int
    y: float
    height: float
    outcome: str


@dataclass(frozen=True)
class Minute:
    """The last minute as bars, and how often each outcome came in what is kept."""

    bars: tuple[Bar, ...]
    sums: tuple[tuple[str, str, int], ...]
    most: int


def window(counts: Sequence[int]) -> tuple[Cell, ...]:
    """The window as a ring of places, one a count, from the counts in the order in which they arrived."""
    highest = max(counts, default=0)
    arrivals = {count: place for place, count in enumerate(counts, 1)}
    first = max(1, highest - DEFAULT_WINDOW + 1)
    cells = []
    for number in range(first, first + DEFAULT_WINDOW):
        place = (number - 1) % DEFAULT_WINDOW
        if number in arrivals:
            state = "last" if number == counts[-1] else "seen"
            title = f"nc {number} arrived as number {arrivals[number]}: not good again"
        elif number < highest:
            state, title = "missed", f"nc {number} has not arrived: still good, once"
        else:
            state, title = "free", f"nc {number} has not been used"
        cells.append(Cell(place % COLUMNS, place // COLUMNS, number, state, title))
    return tuple(cells)


def minute(exchanges: Exchanges, now: float) -> Minute:
    """The exchanges of the last minute; `now` is on their clock."""
    columns: list[dict[str, int]] = [dict.fromkeys(OUTCOMES, 0) for _ in range(SECONDS)]
    sums = dict.fromkeys(OUTCOMES, 0)
    for exchange in exchanges.newest_first():
        if not exchange.status:
            continue
        sums[exchange.outcome] += 1
        age = int(now - exchange.at)
        if 0 <= age < SECONDS:
            columns[SECONDS - 1 - age][exchange.outcome] += 1
    most = max(FEWEST, *(sum(column.values()) for column in columns))
    bars = []
    for x, column in enumerate(columns):
        top = float(HEIGHT)
        for outcome, number in column.items():
            if number:
                height = HEIGHT * number / most
                top -= height
                bars.append(Bar(x, round(top, 2), round(height, 2), outcome))
    return Minute(tuple(bars), tuple((name, OUTCOMES[name], sums[name]) for name in OUTCOMES), most)


def browser_of(agent: str) -> str:
    """What most people call the program with this User-Agent; "" if it does not say."""
    names = {
        "Firefox/": "Firefox",
        "Edg/": "Edge",
        "OPR/": "Opera",
        "HeadlessChrome/": "Chromium",
        "Chrome/": "Chrome or Chromium",
        "Safari/": "Safari or WebKit",
        "curl/": "curl",
        "Wget/": "wget",
        "python-httpx/": "httpx",
    }
    return next((name for mark, name in names.items() if mark in agent), agent.partition("/")[0][:20])


def overtaken(counts: Sequence[int], last: int) -> tuple[tuple[int, bool], ...]:
    """The last counts in the order in which they arrived, and whether a later one had come before."""
    found, highest = [], 0
    for count in counts:
        found.append((count, count < highest))
        highest = max(highest, count)
    return tuple(found[-last:])


def last_of_each_user(exchanges: Exchanges, realm: str) -> tuple[Exchange, ...]:
    """The newest verified request of each user of the realm in each browser."""
    found: dict[tuple[str | None, str], Exchange] = {}
    for exchange in exchanges.newest_first():
        if exchange.accepted and exchange.realm == realm:
            found.setdefault((exchange.username, exchange.agent), exchange)
    return tuple(found.values())
