"""`digest-http probe`: ask a server a few questions, and say what its answers mean."""

from __future__ import annotations

import asyncio
import sys

import click
import httpx

from digest_http.cli.printing import examples, print_json
from digest_http.httpauth.client_identity import Identity

from .access import Access, accessing
from .failures import said
from .probing import course
from .probing.result import EXIT_STATUS, Result
from .probing.text_report import lines
from .probing.wire import Wire

__all__ = ["probe"]


@click.command(
    epilog=examples(
        "digest-http probe https://camera.example/",
        "digest-http probe https://camera.example/ --user admin --password-file secret",
        "digest-http probe https://camera.example/ --user admin --keyring --json",
    )
)
@accessing
@click.option("--head", "use_head", is_flag=True, help="Send HEAD in place of GET.")
@click.option("--wrong-password", is_flag=True, help="Send one request with a wrong password, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def probe(access: Access, *, use_head: bool, wrong_password: bool, as_json: bool) -> None:
    """Explain what URL offers, what is weak, odd or broken in it, and what it makes of repeated requests.

    With --user at most seven requests are signed with the password. It ends at the first refusal of the password.
    Exit status: 0 sound, 1 not probed (refused, no Digest, no answer), 2 usage, 3 weak, 4 broken.
    """
    method = "HEAD" if use_head else "GET"
    if access.name is None and wrong_password:
        raise click.UsageError("whose password is it? Give --user NAME")
    try:
        with said(access.host, access.timeout):
            if access.name is not None and access.password is not None:
                Identity(access.name, access.password)  # a name that cannot be sent is told before anything is
            result = asyncio.run(_probed(access, method, wrong_password=wrong_password))
    except click.UsageError:
        raise
    except click.ClickException as failure:
        if not as_json:
            raise
        print_json({"url": str(access.url), "verdict": "failed", "exit_status": 1, "error": failure.message})
        sys.exit(EXIT_STATUS["failed"])
    if as_json:
        print_json(result.as_json())
    else:
        for line in lines(result, method):
            click.echo(line)
    sys.exit(EXIT_STATUS[result.verdict])


async def _probed(access: Access, method: str, *, wrong_password: bool) -> Result:
    async with httpx.AsyncClient(**access.client_settings()) as client:
        wire = Wire(client, access.url, method, access.timeout)
        return await course.probe(wire, access.name, access.password, wrong_password=wrong_password)
