"""Four real proxies in front of uvicorn: what works without Digest works with it, and nothing else does.

The table stands in docs/proxies.md; PROXIES_PAGE=write renews it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest_http_client_auth import DigestAuth
from digest_http_middleware.fronts import Front
from digest_http_middleware.targets import raw_target
from tests.live.commands import curl_digest
from tests.live.peers import HOST, free_port, python_peer, running, wait_until_listening
from tests.live.serving import PASSWORD, USER
from tests.proxies.asking import Answer, Asker
from tests.proxies.configurations import WAYS, Way
from tests.proxies.paths import TARGETS
from tests.proxies.running import Ports, proxies
from tests.proxies.upstream import PARSERS, door

pytestmark = [pytest.mark.live]

FIELD = "X-Original-URI"


@dataclass
class Seen:
    """What one way through a proxy made of the targets, for one parser."""

    #: The app's own answers, by target.
    bare: dict[str, Answer] = field(default_factory=dict)
    #: With credentials, the setting that declares the way, and the one that trusts the field.
    declared: dict[str, Answer] = field(default_factory=dict)
    by_field: dict[str, Answer] = field(default_factory=dict)

    def reached(self) -> dict[str, dict[str, Any]]:
        """The scope, as far as the app told it, for each target that reached the app."""
        return {target: scope(answer) for target, answer in self.bare.items() if answer.status == 200}


Run = dict[tuple[Way, str], Seen]


def scope(answer: Answer) -> dict[str, Any]:
    """A scope out of what the app said that it saw."""
    seen = json.loads(answer.body)
    fields = [(b"host", value.encode("latin-1")) for value in seen["host"]]
    fields += [(b"x-original-uri", value.encode("latin-1")) for value in seen["original"]]
    octets = {name: seen[name].encode("latin-1") for name in ("raw_path", "query_string")}
    path = seen["path"].encode("latin-1").decode("utf-8", "surrogateescape")
    return {"path": path, "root_path": seen["root_path"], "headers": fields, **octets}


def declared(way: Way) -> str:
    """The door with the settings for a way."""
    return door(stripped_prefix=way.prefix, rewritten_by=way.rewritten_by)


def by_field(way: Way) -> str:
    """The door that looks at the proxy's field."""
    return door(stripped_prefix=way.prefix, original_target_header=FIELD)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """The proxies and the app behind them."""
    python_peer("uvicorn")
    ups = {parser: free_port() for parser in PARSERS}
    log = tmp_path_factory.mktemp("proxies") / "uvicorn.log"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-P", "-m", "tests.proxies.upstream", *map(str, ups.values())]
    with proxies(ups) as found, running(command, log, env) as process:
        for up in ups.values():
            wait_until_listening(process, up, log)
        yield found


@pytest.fixture(scope="module")
def run(ports: Ports) -> Run:
    """Every target through every way, for both parsers."""
    with ThreadPoolExecutor() as pool:
        return dict(pool.map(look, ports.items()))


def look(listening: tuple[tuple[Way, str], int]) -> tuple[tuple[Way, str], Seen]:
    """One way, one parser."""
    (way, parser), port = listening
    seen, asker = Seen(), Asker(port)
    for target in TARGETS:
        whole = way.prefix + target
        seen.bare[whole] = asker.bare(whole)
        if not way.by_header:
            seen.declared[whole] = asker.signed(whole, declared(way))
        seen.by_field[whole] = asker.signed(whole, by_field(way))
    asker.close()
    return (way, parser), seen
