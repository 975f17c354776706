"""Each group of the benchmarks gives its rows. Nothing is timed here: the settings are too small to mean anything."""

from __future__ import annotations

import gc

import pytest

from benchmarks import bodies, capacity, challenge, exchanges, memory, scale, sspi, verify
from benchmarks.__main__ import groups, judge, main, run
from benchmarks.peers import PEERS
from benchmarks.targets import target
from digest_http.algorithms import by_name
from tests.live.peers import PATH_ONLY

TINY = {"rounds": 1, "calls": 2}


def assert_rows(rows):
    """Three texts a row: what, figure, target; a figure of a row with a target begins with a number or says why not."""
    assert rows
    for row in rows:
        assert len(row) == 3
        assert all(isinstance(text, str) for text in row)
        what, figure, target = row
        assert what
        assert figure
        assert judge(figure, target) in ({"met", "not met"} if figure != "not installed" else {"-"}) or not target


def test_verify_gives_rows():
    """Each verified request of the benchmark is answered with 200, else the group raises."""
    assert_rows(verify.rows(**TINY))


def test_verify_without_peers_says_so(monkeypatch):
    """A peer that is not installed is a row, not an error."""
    monkeypatch.setattr(verify, "PEERS", dict.fromkeys(PEERS, lambda: None))
    rows = verify.rows(**TINY)
    assert_rows(rows)
    assert [figure for _, figure, _ in rows].count("not installed") == 3


def test_challenge_gives_rows():
    """Each refused request of the benchmark is answered with 401, else the group raises."""
    assert_rows(challenge.rows(**TINY))


def test_bodies_gives_rows():
    """Each request with a body is answered with 200, else the group raises; memory is as small as its target says."""
    assert_rows(bodies.rows(rounds=1, sizes={bodies.KIB: 2}))
    octets = bodies.peak(by_name("MD5"), 1024 * bodies.KIB)
    assert judge(f"{octets / bodies.KIB:.1f} KiB", target("auth-int, memory")) == "met"


@pytest.mark.once
@pytest.mark.filterwarnings("ignore:Unclosed connection:ResourceWarning")  # aiohttp's own Digest may leave one
def test_exchanges_take_the_least_number_of_requests():
    """Counts do not depend on the machine, so here a target is a test: with each plug that there is."""
    rows = exchanges.rows()
    gc.collect()
    assert_rows(rows)
    assert {judge(figure, target) for _, figure, target in rows if target} == {"met"}


@pytest.mark.once
def test_proofs_give_rows():
    """Each answer of the benchmark proves itself, and each call ends with it, else the group raises."""
    pytest.importorskip("httpx")
    pytest.importorskip("httpx2")
    rows = pytest.importorskip("benchmarks.proofs").rows(**TINY)
    assert_rows(rows)
    assert [target for _, _, target in rows] == ["at most 1.15x", ""] * 4


@pytest.mark.once
def test_plugs_give_rows():
    """Each call is signed from the second one on, with each class, else the group raises."""
    for name in ("requests", "aiohttp", "httpx", "httpx2"):
        pytest.importorskip(name)
    rows = pytest.importorskip("benchmarks.plugs").rows(**TINY)
    assert_rows(rows)
    assert [target for _, _, target in rows].count("at most 0.8x") == 4
    assert [target for _, _, target in rows].count("at most 1.12x") == 4


def test_sspi_gives_rows():
    """Each signature and each record of the benchmark is taken, else the group raises."""
    pytest.importorskip("cryptography")
    rows = sspi.rows(**TINY)
    assert_rows(rows)
    assert {target for _, _, target in rows} == {"at most 2x"}


def test_memory_gives_rows():
    """Stores of the sizes asked for, and no memory kept of anonymous requests."""
    rows = memory.rows(anonymous=50, sizes=(10, 20), **TINY)
    assert_rows(rows)
    assert [what for what, _, _ in rows][1:3] == [
        "MemoryStore of 10 live nonces: octets each",
        "MemoryStore of 20 live nonces: octets each",
    ]


def test_throughput_gives_rows():
    """Four real servers answer signed requests with 200, else the group raises."""
    pytest.importorskip("uvloop")
    throughput = pytest.importorskip("benchmarks.throughput")
    assert_rows(throughput.rows(starts=1, rounds=1, requests=20))


@pytest.mark.parametrize(
    ("figure", "target", "verdict"),
    [
        ("2.9x (7 us)", "at most 3x", "met"),
        ("3.01x", "at most 3x", "not met"),
        ("70.0 % (9 requests/s)", "at least 70 %", "met"),
        ("-12 octets", "at most 0", "met"),
        ("not installed", "at most 1x", "-"),
        ("5", "", ""),
    ],
)
def test_judge(figure, target, verdict):
    """A figure is judged by its first number."""
    assert judge(figure, target) == verdict


def test_one_group_can_be_run(monkeypatch, capsys):
    """`python -m benchmarks verify` prints the table of that group."""
    monkeypatch.setattr(verify, "rows", lambda: [("something", "5.00x", "at most 3x")])
    assert main(["verify", "--large"]) == 0
    printed = capsys.readouterr().out
    assert "something" in printed
    assert "not met" in printed


def test_a_group_without_its_library_says_so(monkeypatch):
    """The table of the others is printed all the same."""

    def import_module(_name):
        raise ModuleNotFoundError(name="uvicorn")

    monkeypatch.setattr("benchmarks.__main__.import_module", import_module)
    assert run("throughput") == [("throughput", "not run: uvicorn is not installed", "")]


def test_a_group_without_its_server_says_so(monkeypatch, tmp_path):
    """So does one whose peer is a program: here Redis, on a machine where nothing is installed."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv(PATH_ONLY, "1")
    monkeypatch.setenv("PATH", str(tmp_path))
    (row,) = run("stores")
    assert row == ("stores", "not run: redis-server is not installed (Debian package redis-server)", "")


def test_unknown_groups_are_refused(capsys):
    """With the names of those that there are."""
    with pytest.raises(SystemExit):
        main(["nothing"])
    assert "challenge" in capsys.readouterr().err
    assert {"verify", "challenge", "memory", "throughput"} <= set(groups())


@pytest.mark.live
@pytest.mark.once
def test_capacity_gives_rows():
    """A server of its own takes the steps of two processes and keeps what was counted, else the group raises."""
    rows = capacity.rows(0.05, 100, loads=((1, 1, 1), (1, 1, 9), (2, 2, 3)))
    assert_rows(rows)
    texts = [what for what, _, _ in rows]
    assert texts[6:10] == [
        "Redis, 4 x 3 clients that wait: steps/s",
        "Redis, 4 x 3 clients that wait: the server's own time a step",
        "Redis, 4 x 3 clients that wait: steps in a script",
        "Redis, 100 live nonces: octets each",
    ]
    assert "Model, Redis, 4 x 3 clients that wait: the server's own time a step" in texts


@pytest.mark.once
def test_scale_gives_rows():
    """Stores of the sizes asked for are filled, and processes write into one file, else the group raises."""
    told: list[str] = []
    rows = scale.rows(sizes=(100, 250), writers=(1, 2), seconds=0.02, tell=told.append)
    assert_rows(rows)
    assert [what for what, _, _ in rows if what.startswith("packed, 250")] == [
        "packed, 250 live nonces: a step, against the smallest",
        "packed, 250 live nonces: a first count, against the smallest",
        "packed, 250 live nonces: longest pause",
    ]
    assert told[-1] == "sqlite, 2 processes that write"
