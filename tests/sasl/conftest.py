"""A client and a server of ours, wired together; peers that are not ours."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from digest_http.errors import SecurityWarning
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from tests.sasl.hadoop import Hadoop, hadoop_peer
from tests.sasl.programs import Peer, running
from tests.sasl.slapd import directory

HOST = "example.com"
LAYERS = ("auth-int", "3des", "rc4", "des", "rc4-56", "rc4-40")


@dataclass
class Pair:
    """Both ends of one exchange."""

    client: DigestMD5Client
    server: DigestMD5Server

    def login(self) -> Pair:
        """Run the whole exchange."""
        token = self.server.step(self.client.step())
        while not self.client.complete:
            token = self.client.step(token)
            if token:
                token = self.server.step(token)
        assert self.server.complete
        return self

    def ends(self) -> tuple[tuple[DigestMD5Client, DigestMD5Server], tuple[DigestMD5Server, DigestMD5Client]]:
        """(sender, receiver) of each direction."""
        return (self.client, self.server), (self.server, self.client)


def layer_settings(layer: str) -> dict[str, Any]:
    """The keywords that allow just this layer: a qop, or a cipher for auth-conf."""
    return {"qop": layer} if layer.startswith("auth") else {"qop": "auth-conf", "ciphers": layer}


@pytest.fixture
def pair() -> Callable[..., Pair]:
    """Make a client and a server that agree, but for the keywords given."""

    def make(
        layer: str = "auth", *, client: dict[str, Any] | None = None, server: dict[str, Any] | None = None
    ) -> Pair:
        with warnings.catch_warnings():
            # What the warning says is test_policy's affair.
            warnings.simplefilter("ignore", SecurityWarning)
            settings = layer_settings(layer)
            return Pair(
                DigestMD5Client(
                    **{"username": "chris", "password": "secret", "service": "imap", "host": HOST}
                    | settings
                    | (client or {})
                ),
                DigestMD5Server(
                    **{"users": {"chris": "secret"}, "service": "imap", "host": HOST} | settings | (server or {})
                ),
            )

    return make


@pytest.fixture(params=LAYERS)
def layer(request: pytest.FixtureRequest) -> str:
    """Each layer there is, by its cipher."""
    return str(request.param)


@pytest.fixture(scope="session")
def peers(tmp_path_factory) -> Iterator[Any]:
    """Each program is started when a test first asks for it, and ended with the last."""
    folder = tmp_path_factory.mktemp("peers")
    found: dict[str, Peer] = {}
    with ExitStack() as stack:

        def get(kind: str) -> Peer:
            if kind not in found:
                found[kind] = stack.enter_context(running(kind, folder))
            return found[kind]

        yield get


@pytest.fixture(scope="session")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a directory, for all files that speak LDAP to it."""
    with directory(tmp_path_factory.mktemp("slapd")) as port:
        yield port


@pytest.fixture(scope="session")
def hadoop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hadoop]:
    """Hadoop's servers, for the files about its logins."""
    with hadoop_peer(tmp_path_factory.mktemp("hadoop")) as peer:
        yield peer
