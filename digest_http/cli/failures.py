"""Errors, shown in one line on standard error, with exit status 1 and without a stack trace."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

import click

from digest_http.encoding import printable
from digest_http.errors import DigestError

__all__ = ["no_such_realm", "said"]


def no_such_realm(realm: str) -> click.ClickException:
    """The error for a realm without users: a realm that is misspelt looks the same as one that is empty."""
    return click.ClickException(f"there is no user in the realm {realm!r}: 'user realms' lists the realms")


@contextlib.contextmanager
def said() -> Generator[None]:
    """Turn errors into a ClickException. The message of a database may contain its URL, so only its type is shown."""
    try:
        yield
    except (click.ClickException, click.Abort):
        raise
    except OSError as error:
        named = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        raise click.ClickException(printable(named)) from None
    except UnicodeError:
        # Python's own message shows octets, which may belong to a hash.
        raise click.ClickException("what is stored is not UTF-8: convert it") from None
    except (ValueError, DigestError) as error:
        raise click.ClickException(printable(str(error))) from None
    except Exception as error:  # noqa: BLE001 - each driver has its own errors
        raise click.ClickException(f"the database could not be used: {type(error).__name__}") from None
