"""Where a command goes and for whom: the options that `get`, `head`, `post` and `probe` share."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import httpx

from digest_http.cli.passwords import read_password
from digest_http.secrecy import HoldsSecrets

from .password_sources import from_keyring, from_netrc

__all__ = ["Access", "accessing"]

#: Seconds; a device on a slow line answers within it.
TIMEOUT: Final = 30.0
#: The highest port: it has 16 bits.
MAX_PORT: Final = 0xFFFF

_file = click.Path(path_type=Path, dir_okay=False, exists=True)

Command = TypeVar("Command", bound=Callable[..., None])

_OPTIONS: Final = (
    click.argument("url"),
    click.option("-u", "--user", "name", help="The user's name. Without it nothing is signed."),
    click.option("--password-file", type=_file, help="A file with the password on its only line."),
    click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
    click.option("--netrc", "use_netrc", is_flag=True, help="Name and password from ~/.netrc."),
    click.option("--netrc-file", type=_file, help="Name and password from this netrc file."),
    click.option("--keyring", "use_keyring", is_flag=True, help="The password from the keyring (pip install keyring)."),
    click.option("--cacert", type=_file, help="Trust the certificates in this file (PEM), and no others."),
    click.option("--proxy", help="The URL of a proxy. Default: what HTTPS_PROXY and NO_PROXY say."),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=TIMEOUT,
        show_default=True,
        help="Seconds to wait for an answer.",
    ),
)


class Access(HoldsSecrets):
    """A URL and what is needed to get there. `password` is None if nothing is to be signed."""

    def __init__(
        self,
        url: httpx.URL,
        name: str | None,
        password: str | None,
        *,
        proxy: str | None,
        cacert: Path | None,
        timeout: float,
    ) -> None:
        self.url: Final = url
        self.name: Final = name
        self.password: Final = password
        self.timeout: Final = timeout
        self._proxy: Final = proxy
        self._cacert: Final = cacert

    @property
    def host(self) -> str:
        """The server as the URL names it, with its port."""
        return self.url.netloc.decode("ascii", "replace")

    def client_settings(self) -> dict[str, Any]:
        """Keywords for a client of httpx."""
        verify = True if self._cacert is None else _trusting(self._cacert)
        return {"proxy": self._proxy, "verify": verify, "timeout": self.timeout}

    def __repr__(self) -> str:
        return f"<Access to {self.url} for {self.name!a}>"


def accessing(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared options; it is called with an `Access` in their place."""

    @functools.wraps(function)
    def command(
        *,
        url: str,
        name: str | None,
        password_file: Path | None,
        password_stdin: bool,
        use_netrc: bool,
        netrc_file: Path | None,
        use_keyring: bool,
        cacert: Path | None,
        proxy: str | None,
        timeout: float,
        **others: Any,  # the command's own options
    ) -> None:
        place = _url(url, "URL", ("http", "https"))
        if proxy is not None:
            _url(proxy, "--proxy", ("http", "https"))
        netrc = use_netrc or netrc_file is not None
        if sum((password_file is not None, password_stdin, netrc, use_keyring)) > 1:
            raise click.UsageError("give one of --password-file, --password-stdin, --netrc and --keyring")
        name = place.username or name if name is None else name
        place = place.copy_with(username=None, password=None, fragment=None)
        password: str | None = None
        if netrc:
            name, password = from_netrc(place.host, name, netrc_file)
        elif name is not None and use_keyring:
            password = from_keyring(f"{place.scheme}://{place.netloc.decode('ascii')}", name)
        elif name is not None:
            password = read_password(password_file, standard_input=password_stdin, twice=False)
        elif password_file is not None or password_stdin or use_keyring:
            raise click.UsageError("whose password is it? Give --user NAME")
        function(Access(place, name, password, proxy=proxy, cacert=cacert, timeout=timeout), **others)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _url(text: str, what: str, schemes: tuple[str, ...]) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):  # its message might quote a password
        raise click.UsageError(f"{what} is not a URL; write one as {schemes[0]}://example.org/") from None
    if url.scheme not in schemes or not url.host:
        raise click.UsageError(f"{what} begins with {' or '.join(scheme + '://' for scheme in schemes)} and a host")
    if url.port is not None and not 0 < url.port <= MAX_PORT:
        raise click.UsageError(f"{what} has the port {url.port}; ports go from 1 to {MAX_PORT}")
    if url.password:
        raise click.UsageError(f"{what} holds a password, which every user of this machine can read: leave it out")
    return url


def _trusting(file: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(file))
    except (ssl.SSLError, OSError):
        raise click.UsageError(f"{file} holds no certificates in PEM form") from None
