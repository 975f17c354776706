"""`python -m demo_app`: start the app, walk through it, print each step as it happens; then stay up for you to try.

With ONCE=1 in the environment it ends after the walk. The exit status is 0 only if every step did what it had to.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial

from rich.console import Console

from .server import serving
from .walkthrough import Step, walk

__all__ = ["main"]


def main() -> int:
    """Run the demo; the exit status."""
    console = Console(highlight=False)
    console.print("Starting the demo app under uvicorn")
    with serving() as url:
        console.print(f"It answers at {url}/; our client walks through it, in nine steps:")
        failed = []
        for number, step in enumerate(walk(url, partial(_wait, console)), 1):
            _report(console, number, step)
            if not step.passed:
                failed.append(step.title)
        if failed:
            console.print(f"[red]Not as it should be: {', '.join(failed)}[/red]")
            return 1
        if os.environ.get("ONCE") != "1":
            _invite(console, url)
    return 0


def _wait(console: Console, seconds: float, reason: str) -> None:
    console.print(f"\n   ... {seconds:.1f} seconds, {reason}")
    time.sleep(seconds)


def _report(console: Console, number: int, step: Step) -> None:
    """The step, and its fields as they were sent."""
    console.print(f"\n{number}. {step.title}", style="bold")
    console.print(f"   {step.request} -> [{'green' if step.passed else 'red'}]{step.status}[/]: {step.shows}")
    for name, value in step.headers:
        console.print(f"   {name.title()}: {value}", style="dim", markup=False, soft_wrap=True)


def _invite(console: Console, url: str) -> None:
    console.print("\nNow look at it in a browser; Ctrl-C ends it:\n", style="bold")
    console.print(f"  {url}/  (alice, s3cret)", soft_wrap=True)
    console.print("\nOr with curl:\n")
    console.print(f"  curl --digest -u alice:s3cret {url}/api/whoami", soft_wrap=True)
    console.print(f"  curl -v --digest -u alice:s3cret {url}/api/whoami {url}/api/whoami", soft_wrap=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("\nbye")


if __name__ == "__main__":
    sys.exit(main())
