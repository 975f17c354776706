"""Four peers in both roles, by realm, by script of the names, by layer; docs/sasl-peers.md has the table."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from digest_http.errors import DigestError
from tests.sasl.logins import HOST, exchange, let_in, log_in_to, ours, settings_of
from tests.sasl.matrix_page import keep, rows
from tests.sasl.programs import LAYERS, STRENGTH, PeerError

#: User names with their passwords. The peer hashes each in the charset that its rules give.
NAMES = {"ASCII": ("matrix", "secret"), "Latin-1": ("Zoë", "Gemüse"), "CJK": ("和也", "密码")}

ONE, THREE = (HOST,), ("first.example.com", "second.example.com", "third.example.com")

#: Our client's setting for those who do not hash as JDK and Cyrus do.
DOWNGRADE: dict[str, Any] = {"gsasl": "password", "perl": False}


class Row(NamedTuple):
    """One peer, what it is, which realms are offered, and which its user names (None: the peer decides)."""

    peer: str
    role: str
    offered: tuple[str, ...]
    named: str | None = None

    @property
    def key(self) -> list[str]:
        """The cells that name it."""
        realms = {0: "none", 1: "one", 3: "three"}[len(self.offered)]
        if self.named is not None:
            realms += ", its user names the last" if self.offered else ", its user names one"
        return [self.peer, self.role, realms]


#: Where a peer leaves no choice there is no row: Cyrus's client fills in the host where none is offered, GNU SASL's
#: takes the first or none, whatever its user says; the servers of Cyrus and Perl always offer one, the JDK's at least.
ROWS = [
    *(Row(peer, "client", offered) for peer in ("cyrus", "gsasl", "jdk", "perl") for offered in ((), ONE, THREE)),
    *(Row(peer, "client", (), "CORP") for peer in ("jdk", "perl")),
    *(Row(peer, "client", THREE, THREE[-1]) for peer in ("cyrus", "jdk", "perl")),
    *(Row(peer, "server", ONE) for peer in ("cyrus", "gsasl", "jdk", "perl")),
    Row("gsasl", "server", ()),
    Row("jdk", "server", THREE),
    Row("jdk", "server", THREE, THREE[-1]),
]


def layers_of(row: Row) -> tuple[str, ...]:
    """What the peer's library can do in this role."""
    # Its server has layers that no client understands, its own not either.
    return ("auth",) if row[:2] == ("perl", "server") else {**LAYERS, "perl": tuple(STRENGTH)}[row.peer]


def log_in(peer: Any, row: Row, layer: str, script: str) -> None:
    """One login and a few messages each way."""
    username, password = NAMES[script]
    # Cyrus's client keeps the realm it chose for a host, for other users too, so each has a host of its own.
    host = f"{script.lower()}{ROWS.index(row)}.example.com"
    who = {"username": username, "password": password, "host": host}
    free = {"enforce_maxbuf": row.peer != "gsasl", "host": host}
    if row.role == "client":
        named = {} if row.named is None else {"realm": row.named}
        peer.start("client", layer, settings_of(**who, **named))
        end = ours("server", layer, users={username: password}, realms=row.offered, **free)
        let_in(peer, end)
        assert end.username == username
        otherwise = row.offered[0] if row.offered else host if row.peer == "cyrus" else ""
        assert end.realm == (otherwise if row.named is None else row.named)
    else:
        realm = {"realm": " ".join(row.offered)} if row.offered else {}
        peer.start("server", layer, settings_of(**who, **realm))
        names = {"username": username, "password": password, "downgrade": DOWNGRADE.get(row.peer, True)}
        end = ours("client", layer, **names, **free, realm=row.named)
        log_in_to(peer, end)
    assert (end.cipher or end.qop) == layer
    if layer != "auth":
        exchange(peer, end, (1, 100))


@pytest.mark.live
@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row.key).replace(" ", "-"))
def test_a_peer(peers, row):
    """Each script of names with each layer."""
    failed: list[tuple[str, str, DigestError | PeerError]] = []
    for layer in layers_of(row):
        for script in NAMES:
            try:
                log_in(peers(row.peer), row, layer, script)
            except (DigestError, PeerError) as error:
                failed.append((layer, script, error))
    assert not failed
    keep([*row.key, *("ok" if layer in layers_of(row) else "" for layer in STRENGTH)], len(row.key))


def test_the_page_has_no_other_rows():
    """What is no longer tried is no longer told."""
    assert sorted(line[:3] for line in rows()) == sorted(row.key for row in ROWS)
