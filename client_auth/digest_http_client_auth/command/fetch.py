"""`digest-http get`, `head` and `post`: one request with the client of this package."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import click
import httpx

from digest_http.cli.printing import examples
from digest_http.encoding import printable
from digest_http_client_auth.httpx import DigestAuth

from .access import Access, accessing
from .failures import said
from .masking import masked
from .progress import UploadedFile
from .received import receive
from .refusals import reason_of

__all__ = ["get", "head", "post"]

#: What is taken where it is offered: auth-int too, since a small body costs nothing to hash.
_ANY_QOP: Final = ("auth", "auth-int")

_header = click.option("-H", "--header", "headers", multiple=True, help="One more field, as 'Name: value'.")
_follow = click.option("-L", "--follow", is_flag=True, help="Follow redirects.")
_output = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the body to this file."
)
_verify = click.option(
    "--verify",
    type=click.Choice(["off", "if-present", "required", "always"]),
    default="if-present",
    show_default=True,
    help="What the server must prove.",
)


@click.command(
    epilog=examples(
        "digest-http get https://camera.example/snapshot.jpg --user admin -o snapshot.jpg",
        "digest-http get https://192.0.2.7/ --user admin --password-file secret --cacert authority.pem",
        "digest-http get https://dav.example/calendar/ --netrc --follow",
    )
)
@accessing
@_header
@_follow
@_verify
@_output
def get(access: Access, *, output: Path | None, **options: Any) -> None:
    """Fetch URL and write its body to standard output, or to the file that -o names."""
    with _answer("GET", access, **options) as response:
        _check(response, access)
        receive(response, output)


@click.command(
    epilog=examples(
        "digest-http head https://camera.example/ --user admin",
        "digest-http head https://camera.example/ --user admin --verify required",
    )
)
@accessing
@_header
@_follow
@_verify
def head(access: Access, **options: Any) -> None:
    """Ask for URL without its body, and print the status and the fields."""
    with _answer("HEAD", access, **options) as response:
        _check(response, access)
        click.echo(f"{response.status_code} {printable(response.reason_phrase)}".rstrip())
        for name, value in response.headers.raw:
            click.echo(f"{masked(name)}: {masked(value)}")


@click.command(
    epilog=examples(
        'digest-http post https://device.example/rpc --user admin --data "restart=1"',
        'digest-http post https://device.example/rpc --user admin -H "Content-Type: application/json" --data "{}"',
        "digest-http post https://dav.example/photo --user alice --upload photo --method PUT",
    )
)
@accessing
@_header
@_follow
@_verify
@_output
@click.option("--data", help="The body, as text; sent as a form unless -H names another Content-Type.")
@click.option("--upload", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The body, from a file.")
@click.option(
    "--method", type=click.Choice(["POST", "PUT", "PATCH"]), default="POST", show_default=True, help="The method."
)
@click.option("--auth-int", is_flag=True, help="Sign the body too. An upload is then read into memory.")
def post(
    access: Access,
    *,
    data: str | None,
    upload: Path | None,
    method: str,
    auth_int: bool,
    output: Path | None,
    **options: Any,
) -> None:
    """Send --data or the file --upload to URL."""
    if (data is None) == (upload is None):
        raise click.UsageError("give the body: --data TEXT or --upload FILE")
    qop: tuple[str, ...] = ("auth-int", "auth") if auth_int else _ANY_QOP
    if upload is None:
        headers = ("Content-Type: application/x-www-form-urlencoded", *options.pop("headers"))
        with _answer(method, access, content=data, qop=qop, headers=headers, **options) as response:
            _check(response, access)
            receive(response, output)
        return
    # A file is not read into memory unless that was asked for.
    qop = qop if auth_int else ("auth",)
    with (
        UploadedFile(upload) as file,
        _answer(method, access, content=file, qop=qop, ask_first=True, **options) as response,
    ):
        _check(response, access)
        receive(response, output)


@contextlib.contextmanager
def _answer(
    method: str,
    access: Access,
    *,
    headers: tuple[str, ...],
    follow: bool,
    verify: Any,  # one of the words that the option takes
    content: Any = None,
    qop: tuple[str, ...] = _ANY_QOP,
    ask_first: bool = False,
) -> Generator[httpx.Response]:
    """Send one request. With `ask_first` a HEAD fetches the challenge, so that the body need be sent once only."""
    with said(access.host, access.timeout), contextlib.ExitStack() as stack:
        auth = None
        if access.name is not None and access.password is not None:
            auth = DigestAuth(access.name, access.password, verify=verify, qop=qop)
        settings = access.client_settings()
        # The proof of a redirect, and of what is behind it, is the business of DigestAuth.
        client = stack.enter_context(httpx.Client(auth=auth, follow_redirects=follow, **settings))
        if ask_first and auth is not None:
            with client.stream("HEAD", access.url, follow_redirects=False) as asked:
                if asked.status_code == httpx.codes.UNAUTHORIZED:
                    _check(asked, access)
        yield stack.enter_context(client.stream(method, access.url, headers=_fields(headers), content=content))


def _fields(headers: tuple[str, ...]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise click.UsageError("a header is written as 'Name: value'")
        if name.strip().lower() in {"authorization", "proxy-authorization"}:
            raise click.UsageError(f"{name.strip()} is made by this command: give --user, and where the password is")
        fields[name.strip().title()] = value.strip()
    return fields


def _check(response: httpx.Response, access: Access) -> None:
    """Raise ClickException unless the answer is what was asked for."""
    if response.is_success:
        return
    if response.is_redirect:
        where = printable(response.headers.get("Location", "nowhere"))
        raise click.ClickException(f"{response.status_code}: it moved to {where}. Give --follow to go there")
    if response.status_code == httpx.codes.UNAUTHORIZED:
        values = [value for name, value in response.headers.raw if name.lower() == b"www-authenticate"]
        reason = reason_of(values, access.name, signed="Authorization" in response.request.headers)
        raise click.ClickException(f"401: {reason}")
    raise click.ClickException(f"{response.status_code} {printable(response.reason_phrase)}".rstrip())
