"""Runs a command against a server and holds, each time, that no secret is in what it prints."""

from __future__ import annotations

import hashlib
import json
import re

from click.testing import CliRunner

from digest_http.cli.commands import command

PASSWORD = "s3cret"

#: What nobody may read in a report, besides the password: H(A1) of alice in the realms that the tests have.
REALMS = ("api@example.org", "Staff area", "wonder", "live wire", "")

_digests = re.compile(r'(?:response|rspauth)="?([0-9a-f]{32,})')


def secrets_of(password=PASSWORD):
    """The password and all that can stand for it."""
    hashes = [
        hashlib.new(name, f"alice:{realm}:{password}".encode()).hexdigest()
        for realm in REALMS
        for name in ("md5", "sha256", "sha512_256")
    ]
    return [password, *hashes]


def run(*arguments, password=PASSWORD, name="alice", **invoke):
    """One command; with a name its password comes from standard input."""
    given = ["--user", name, "--password-stdin"] if name else []
    ran = CliRunner().invoke(command, [*arguments, *given], input=password if name else None, **invoke)
    printed = ran.stdout + ran.stderr
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    assert "Traceback" not in printed
    assert [secret for secret in secrets_of(password) if secret in printed] == []
    assert _digests.findall(printed) == []
    return ran


def probe(url, *arguments, **keywords):
    """A probe's report: (exit status, keys of its findings in order, the JSON)."""
    ran = run("probe", url, "--json", *arguments, **keywords)
    report = json.loads(ran.stdout)
    assert report["exit_status"] == ran.exit_code
    return ran.exit_code, [found["key"] for found in report.get("findings", ())], report
