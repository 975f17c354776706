"""Four peers in both roles, by realm, by script of the names, by layer; docs/sasl-peers.md has the table."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from digest_http.errors import DigestError
from tests.sasl.logins import HOST, exchange, let_in, log_in_to, ours, settings_of
from tests.sasl.matrix_page import keep, rows
from tests.sasl.programs import LAYERS, STRENGTH, Peer, PeerError, running

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


#: Where a peer leaves no choice there is no row: Cyrus's client fills in the host where none is offered, GNU SASL's takes
#: the first or none, whatever its user says; where several are, Cyrus's asks its user for names in ASCII only, which
#: test_cyrus_chooses_among_three has; the servers of Cyrus and Perl always offer one realm, the JDK's at least one.
ROWS = [
    *(Row(peer, "client", offered) for peer in ("cyrus", "gsasl", "jdk", "perl") for offered in ((), ONE)),
    *(Row(peer, "client", THREE) for peer in ("gsasl", "jdk", "perl")),
    *(Row(peer, "client", (), "CORP") for peer in ("jdk", "perl")),
    *(Row(peer, "client", THREE, THREE[-1]) for peer in ("jdk", "perl")),
    *(Row(peer, "server", ONE) for peer in ("cyrus", "gsasl", "jdk", "perl")),
    Row("gsasl", "server", ()),
    Row("jdk", "server", THREE),
    Row("jdk", "server", THREE, THREE[-1]),
]


def layers_of(row: Row) -> tuple[str, ...]:
    """What the peer's library can do in this role."""
    # Its server has layers that no client understands, its own not either.
    return ("auth",) if row[:2] == ("perl", "server") else {**LAYERS, "perl": tuple(STRENGTH)}[row.peer]


def log_in(peer: Any, row: Row, layer: str, username: str, password: str) -> None:
    """One login and a few messages each way."""
    who = {"username": username, "password": password}
    free = {"enforce_maxbuf": row.peer != "gsasl"}
    if row.role == "client":
        named = {} if row.named is None else {"realm": row.named}
        peer.start("client", layer, settings_of(**who, **named))
        end = ours("server", layer, users={username: password}, realms=row.offered, **free)
        let_in(peer, end)
        assert end.username == username
        assert end.realm == expected_realm(row)
    else:
        realm = {"realm": " ".join(row.offered)} if row.offered else {}
        peer.start("server", layer, settings_of(**who, **realm))
        end = ours("client", layer, **who, **free, realm=row.named, downgrade=DOWNGRADE.get(row.peer, True))
        log_in_to(peer, end)
    assert (end.cipher or end.qop) == layer
    if layer != "auth":
        exchange(peer, end, (1, 100))


def expected_realm(row: Row) -> str:
    """What the server reports."""
    if row.named is not None:
        return row.named
    if row.offered:
        return row.offered[0]
    return HOST if row.peer == "cyrus" else ""


@pytest.mark.live
@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row.key).replace(" ", "-"))
def test_a_peer(peers, row, tmp_path):
    """Each script of names with each layer."""
    with ExitStack() as stack:
        # Cyrus's client keeps the realm that it chose once while its process lasts.
        peer = stack.enter_context(running("cyrus", tmp_path)) if row.peer == "cyrus" else peers(row.peer)
        keep([*row.key, *outcomes(peer, row)], len(row.key))


def outcomes(peer: Peer, row: Row) -> list[str]:
    """A cell for each layer."""
    cells: list[str] = []
    for layer in STRENGTH:
        if layer not in layers_of(row):
            cells.append("")
            continue
        passed = []
        for script, who in NAMES.items():
            try:
                log_in(peer, row, layer, *who)
            except (DigestError, PeerError) as error:
                print(row, layer, script, repr(error))
            else:
                passed.append(script)
        cells.append("ok" if len(passed) == len(NAMES) else ", ".join(passed) or "no")
    assert set(cells) <= {"ok", ""}
    return cells


@pytest.mark.live
@pytest.mark.parametrize("wanted", THREE)
def test_cyrus_chooses_among_three(tmp_path, wanted):
    """Its user names one of them."""
    with running("cyrus", tmp_path) as peer:
        for layer in STRENGTH:
            peer.start("client", layer, settings_of(realm=wanted))
            end = ours("server", layer, realms=THREE)
            let_in(peer, end)
            assert end.realm == wanted


def test_the_page_has_no_other_rows():
    """What is no longer tried is no longer told."""
    assert sorted(line[:3] for line in rows()) == sorted(row.key for row in ROWS)
