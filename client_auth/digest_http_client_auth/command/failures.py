"""What goes wrong on the way to a server, said in one line and without a stack trace."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Generator
from typing import cast

import click
import httpx

from digest_http.encoding import printable
from digest_http.errors import DigestError

__all__ = ["said"]


@contextlib.contextmanager
def said(host: str, seconds: float) -> Generator[None]:
    """Turn errors of one exchange into a ClickException (exit status 1). `seconds` is how long was waited."""
    try:
        yield
    except (click.ClickException, click.Abort):
        raise
    except Exception as error:  # noqa: BLE001 - a stranger's octets may break a library in any way; nobody wants its stack
        raise click.ClickException(printable(_line(error, host, seconds))) from None


def _line(error: Exception, host: str, seconds: float) -> str:
    error = _first(error)
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return f"{host} did not answer within {seconds:g} second{'' if seconds == 1 else 's'}"
    trouble = _tls_trouble(error)
    if trouble is not None:
        return f"TLS with {host} failed: {trouble}"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy refused: {error}"
    if isinstance(error, httpx.ConnectError):
        return f"no connection to {host}: {error}"
    if isinstance(error, httpx.HTTPError):
        return f"{host} broke off, or does not speak HTTP: {str(error) or type(error).__name__}"
    if isinstance(error, (DigestError, OSError, ValueError)):
        return str(error)
    return f"the answer of {host} cannot be read ({type(error).__name__})"


def _first(error: Exception) -> Exception:
    """Of tries at the same time each has its reason, and a line has room for one."""
    if not isinstance(error, ExceptionGroup):
        return error
    tries: tuple[Exception, ...] = cast("ExceptionGroup[Exception]", error).exceptions
    return _first(tries[0])


def _tls_trouble(error: BaseException | None) -> str | None:
    """What TLS says, if it is the cause; libraries wrap it several times."""
    for _ in range(10):  # a chain of causes may be a circle
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"{error.verify_message}. Give --cacert FILE if you trust another authority"
        if isinstance(error, ssl.SSLError):
            return str(error.reason or error)
        if error is None:
            return None
        error = error.__cause__ or error.__context__
    return None
