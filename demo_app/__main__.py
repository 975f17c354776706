"""`python -m demo_app`: start the app, walk through it, print what happened; then stay up for you to try.

With ONCE=1 in the environment it ends after the walk. The exit status is 0 only if every step did what it had to.
"""

from __future__ import annotations

import os
import sys
import time

from rich.console import Console
from rich.table import Table

from .server import serving
from .walkthrough import Step, walk

__all__ = ["main"]


def main() -> int:
    """Run the demo; the exit status."""
    console = Console(highlight=False)
    with serving() as url:
        steps = list(walk(url))
        _report(console, steps)
        failed = [step.title for step in steps if not step.passed]
        if failed:
            console.print(f"[red]Not as it should be: {', '.join(failed)}[/red]")
            return 1
        if os.environ.get("ONCE") != "1":
            _invite(console, url)
    return 0


def _report(console: Console, steps: list[Step]) -> None:
    table = Table("", "step", "request", "status", "what it shows", title="digest-http", title_justify="left")
    for number, step in enumerate(steps, 1):
        status = f"[{'green' if step.passed else 'red'}]{step.status}[/]"
        table.add_row(str(number), step.title, step.request, status, step.shows)
    console.print(table)
    console.print("\nThe fields as they were sent:\n")
    for number, step in enumerate(steps, 1):
        console.print(f"[bold]{number}. {step.title}[/bold]")
        for name, value in step.headers:
            console.print(f"   {name.title()}: {value}", markup=False, soft_wrap=True)


def _invite(console: Console, url: str) -> None:
    console.print("\nTry it yourself; Ctrl-C ends it:\n", style="bold")
    console.print(f"  curl --digest -u alice:s3cret {url}/api/whoami", soft_wrap=True)
    console.print(f"  curl -v --digest -u alice:s3cret {url}/api/whoami {url}/api/whoami", soft_wrap=True)
    console.print(f"  a browser: {url}/  (alice, s3cret)", soft_wrap=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("\nbye")


if __name__ == "__main__":
    sys.exit(main())
