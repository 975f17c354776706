"""The `digest-http` command: users in htdigest files and databases, keys for nonces, requests to servers."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command; what the console script calls."""
    try:
        from .commands import command  # noqa: PLC0415 - only the command needs the extra
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.exit("digest-http needs its command line library: pip install 'digest-http[cli]'")
    command()
