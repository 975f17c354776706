"""Attacks that need sockets, processes or floods, on a real uvicorn with either of its HTTP implementations."""

import itertools
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.attacks.wire import SECONDS, Answer, listening

KEYS = ["6b" * 32]
FLOOD = 10_000


IMPLEMENTATIONS = ["httptools", "h11"]


@pytest.fixture(params=IMPLEMENTATIONS)
def listener(request, tmp_path):
    """A port; the test starts the server on it, with a policy of its own."""
    with listening(request.param, tmp_path) as found:
        yield found


@pytest.fixture(params=IMPLEMENTATIONS, scope="module")
def server(request, tmp_path_factory):
    """A server with the defaults, for all tests of this file."""
    with listening(request.param, tmp_path_factory.mktemp("uvicorn")) as found:
        found.start()
        yield found


def flood(server, requests, *, at_once=200):
    """So many anonymous requests, pipelined on one connection."""
    octets = server.octets()
    end = server.request().body
    with server.connect() as connection:
        for _ in range(requests // at_once):
            connection.sendall(octets * at_once)
            received = b""
            while received.count(end) < at_once:
                received += connection.recv(1 << 20)
            assert received.count(b"HTTP/1.1 401 ") == at_once


def test_a01_over_the_wire(server):
    """Accepted once, with a proof; then refused."""
    signer = server.signer()
    header = signer.sign()
    first = server.request(authorization=header)
    assert (first.status, first.body) == (200, b"alice True ")
    assert first.info["rspauth"] == signer.rspauth()
    second = server.request(authorization=header)
    assert (second.status, second.stale, second.info) == (401, True, {})


def at_once(server, octets, times):
    """The statuses of one request sent on so many connections, let loose together."""
    together = Barrier(times)

    def one(_number):
        with server.connect() as connection:
            connection.sendall(octets[:-1])
            together.wait(30)
            connection.sendall(octets[-1:])
            return Answer(connection, "GET").status

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(one, range(times)))


def test_a02_twenty_connections_at_once(server):
    """The same header on twenty connections: one 200."""
    assert at_once(server, server.octets(authorization=server.signer().sign()), 20) == [200] + [401] * 19


def both_answer(listener):
    """Ask until two processes have answered, eight connections at a time so that one alone is kept busy."""
    signer, nc, end = listener.signer(), itertools.count(1), time.monotonic() + SECONDS
    pids: set[bytes] = set()

    def one(header):
        answer = listener.request(b"GET", b"/pid", header)
        assert answer.status == 200
        return answer.body

    with ThreadPoolExecutor(8) as pool:
        while len(pids) < 2:
            assert time.monotonic() < end, f"only {pids} answered"
            pids.update(pool.map(one, [signer.sign("GET", "/pid", next(nc)) for _ in range(8)]))


def test_a02_a47_two_processes_on_one_store(listener, tmp_path):
    """One key, one file of counts, one port: a nonce is good at either process, and each count once at both."""
    policy = {"keys": KEYS, "store": f"sqlite:///{tmp_path}/counts.db"}
    listener.start(**policy)
    assert listener.request().status == 401
    listener.start(**policy)
    both_answer(listener)
    signer = listener.signer()
    for nc in range(1, 6):
        octets = listener.octets(authorization=signer.sign(nc=nc))
        assert at_once(listener, octets, 20) == [200] + [401] * 19
    for nc in range(1, 6):
        assert {listener.request(authorization=signer.sign(nc=nc)).status for _ in range(10)} == {401}


def test_a04_a_restart_that_keeps_its_store(listener, tmp_path):
    """With the counts in a file a restart forgets nothing: the replay is refused and the next count goes on."""
    policy = {"keys": KEYS, "store": f"sqlite:///{tmp_path}/counts.db"}
    listener.start(**policy)
    signer = listener.signer()
    assert listener.request(authorization=signer.sign(nc=1)).status == 200
    listener.stop()
    listener.start(**policy)
    assert listener.request(authorization=signer.sign(nc=1)).status == 401
    assert listener.request(authorization=signer.sign(nc=2)).status == 200


def test_a04_a_real_restart(listener):
    """The process ends, another begins with the same key: the replay is stale, and the next answer gets in."""
    listener.start(keys=KEYS)
    signer = listener.signer()
    header = signer.sign()
    assert listener.request(authorization=header).status == 200
    listener.stop()
    listener.start(keys=KEYS)
    replay = listener.request(authorization=header)
    assert (replay.status, replay.stale) == (401, True)
    signer.challenge = replay.challenge
    assert listener.request(authorization=signer.sign()).status == 200


@pytest.mark.once
def test_a05_a06_floods(server):
    """Ten thousand anonymous requests between challenge, answer and replay change nothing."""
    header = server.signer().sign()
    flood(server, FLOOD)
    assert server.request(authorization=header).status == 200
    flood(server, FLOOD)
    assert server.request(authorization=header).status == 401


def resident(pid):
    """Octets of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


@pytest.mark.once
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc to read another process's memory from")
def test_a38_memory_of_a_flooded_process(server):
    """After the first ten thousand, thirty thousand more grow the process by less than ten octets each."""
    flood(server, FLOOD)
    before = resident(server.pid)
    flood(server, 3 * FLOOD)
    assert resident(server.pid) - before < 300_000


@pytest.mark.parametrize(
    ("line", "signed"),
    [
        (b"/y", "/x"),
        (b"/x?a=1", "/x"),
        (b"/x", "/x?a=1"),
        (b"//x", "/x"),
        (b"/x/", "/x"),
        (b"/%78", "/x"),
        (b"/a/../x", "/x"),
        (b"/X", "/x"),
        (b"/x;v=1", "/x"),
        (b"/x", "*"),
        (b"/x", ""),
        (b"/x", "http://evil.example/x"),
        (b"/x", "//evil.example/x"),
    ],
)
def test_a23_request_lines(server, line, signed):
    """What the request line says is compared, octet by octet, whatever the server makes of it."""
    answer = server.request(b"GET", line, server.signer().sign("GET", signed))
    assert (answer.status, answer.info) == (400, {})


@pytest.mark.parametrize("line", [b"/x", b"/", b"/x?a=1&b=%20", b"//x", b"/a/../x", b"/%7Ex%2F;v=1,2", b"/x?"])
def test_a23_targets_as_they_stand(server, line):
    """An odd target is right where the client signed that very target."""
    signer = server.signer()
    assert server.request(b"GET", line, signer.sign("GET", line.decode())).status == 200
    absolute = f"http://{server.host.decode()}{line.decode()}"
    assert server.request(b"GET", line, signer.sign("GET", absolute, 2)).status == 200


def test_a23_asterisk(server):
    """`*` on OPTIONS * alone."""
    assert server.request(b"OPTIONS", b"*", server.signer().sign("OPTIONS", "*")).status == 200
    assert server.request(b"OPTIONS", b"/", server.signer().sign("OPTIONS", "*")).status == 400
    assert server.request(b"OPTIONS", b"*", server.signer().sign("OPTIONS", "/")).status == 400


def chunked(*pieces):
    """A body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def test_a29_bodies(server):
    """Right, changed and chunked bodies under auth-int."""
    signer = server.signer()
    assert server.request(b"POST", b"/x", signer.sign("POST", body=b"amount=1"), body=b"amount=9").status == 401
    right = server.request(b"POST", b"/x", signer.sign("POST", body=b"amount=1"), body=b"amount=1")
    assert (right.status, right.body) == (200, b"alice True amount=1")
    assert right.info["rspauth"] == signer.rspauth(right.body)
    for nc, (pieces, status) in enumerate([((b"amount", b"=1"), 200), ((b"amount", b"=9"), 401)], 2):
        octets = server.octets(
            b"POST", b"/x", signer.sign("POST", nc=nc, body=b"amount=1"), headers=(b"Transfer-Encoding: chunked",)
        )
        with server.connect() as connection:
            connection.sendall(octets + chunked(*pieces))
            assert Answer(connection, "POST").status == status


def test_a29_gone_in_mid_body(server):
    """A connection cut in the body calls nothing and uses no count."""
    header = server.signer().sign("POST", body=b"amount=1")
    octets = server.octets(b"POST", b"/x", header, body=b"amount=1")
    connection = server.connect()
    connection.sendall(octets[:-1])
    connection.shutdown(socket.SHUT_WR)
    assert connection.recv(100) == b""
    connection.close()
    assert server.request(b"POST", b"/x", header, body=b"amount=1").status == 200


def test_a29_too_large(listener):
    """A body over the limit is refused before it was sent."""
    listener.start(max_body=1000, qop=["auth-int"])
    header = listener.signer().sign("POST", body=b"x" * 1001)
    octets = listener.octets(b"POST", b"/x", header, headers=(b"Content-Length: 1001",))
    with listener.connect() as connection:
        connection.sendall(octets)
        assert Answer(connection, "POST").status == 413


def test_a33_long_headers(server):
    """A header of 60 kB is answered, by us or by the server below."""
    for value in (b'Digest username="' + b"a" * 60_000, b"Digest " + b"," * 8000, b'Digest a="' + b"\\" * 8000):
        assert server.status(value) in (400, 431)
    assert server.request(authorization=server.signer().sign()).status == 200


def test_a35_a_real_handshake(server):
    """An upgrade without credentials is refused with the challenge, one with them switches, and a replay does not."""
    upgrade = (
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"Sec-WebSocket-Version: 13",
    )
    refused = server.request(headers=upgrade)
    assert refused.status == 401
    signer = server.signer()
    signer.challenge = refused.challenge
    header = signer.sign()
    accepted = server.request(authorization=header, headers=upgrade)
    assert accepted.status == 101
    assert accepted.info["rspauth"] == signer.rspauth()
    assert server.request(authorization=header, headers=upgrade).status == 401


@pytest.mark.parametrize("target", ["/x", "/long"])
def test_a45_proofs_over_the_wire(server, target):
    """The proof is over the octets that arrive, for both qualities."""
    signer = server.signer()
    for nc, body in enumerate((None, b"", b"question"), 1):
        header = signer.sign("POST", target, nc, body=body)
        answer = server.request(b"POST", target.encode(), header, body=body or b"")
        assert answer.status == 200
        assert answer.info["rspauth"] == signer.rspauth(None if body is None else answer.body)


def test_a49_two_users_under_load(server):
    """Eight connections of two users at once: each answer is for who asked, and proved with that user's secret."""

    def one(user):
        name, password = user
        signer = server.signer(name, password)
        with server.connect() as connection:
            for nc in range(1, 101):
                answer = server.request(authorization=signer.sign(nc=nc), connection=connection)
                assert answer.body == f"{name} True ".encode()
                assert answer.info["rspauth"] == signer.rspauth()
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, [("alice", "s3cret"), ("bob", "b0b")] * 4)) == 8
