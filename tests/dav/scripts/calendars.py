"""caldav against a server of calendars, run by the Python of .venv-programs: python calendars.py URL USER PASSWORD.

It prints one line of JSON: what it has read back, and what a wrong password came to.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import caldav
from caldav.lib.error import AuthorizationError

EVENT = Path(__file__).parents[1].joinpath("event.ics").read_text(encoding="utf-8")


def main(url: str, user: str, password: str) -> None:
    """Make a calendar, put an event there, read it; then ask with another password."""
    with caldav.DAVClient(url, username=user, password=password) as client:
        calendar = client.principal().make_calendar(name="some days")
        calendar.save_event(EVENT)
        found = ["SUMMARY:walk" in event.data for event in calendar.events()]
    try:
        with caldav.DAVClient(url, username=user, password="another") as client:
            client.principal().calendars()
        wrong = "let in"
    except AuthorizationError:
        wrong = "refused"
    sys.stdout.write(json.dumps([found, wrong]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
