"""A01 to A13: captured headers and nonce counts."""

import asyncio

import pytest

from digest_http.stores import MemoryStore
from tests.attacks.driver import Server

KEYS = [b"k" * 32]


def test_a01_the_same_header_again(server):
    """A captured header is good for nothing: the second 200 never comes."""
    header = server.signer().sign()
    first, second = server.request(authorization=header), server.request(authorization=header)
    assert (first.status, first.app_called) == (200, True)
    assert (second.status, second.app_called, second.stale) == (401, False, True)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a01_for_every_algorithm(server, algorithm):
    """Counting does not depend on the hash, and the nonce that both challenges share counts once for both."""
    signer = server.signer(algorithm=algorithm)
    assert [server.get(signer).status for _ in range(2)] == [200, 401]
    other = next(c for c in ("MD5", "SHA-256") if c != algorithm)
    signer.challenge = {**signer.challenge, "algorithm": other}
    assert server.get(signer).status == 401


def test_a02_the_same_header_twenty_times_at_once():
    """While the user source makes all twenty wait, exactly one becomes a 200."""

    class SlowUsers:
        async def ha1(self, username, realm, algorithm):
            await asyncio.sleep(0)
            return algorithm.hexdigest(f"{username}:{realm}:s3cret".encode())

    server = Server(users=SlowUsers())
    header = server.signer().sign()

    async def at_once():
        return await asyncio.gather(*(server.send(authorization=header) for _ in range(20)))

    statuses = sorted(response.status for response in asyncio.run(at_once()))
    assert statuses == [200] + [401] * 19
    assert len(server.app.scopes) == 1


def test_a03_a_failure_between(server):
    """A wrong password does not wipe the count."""
    signer = server.signer()
    header = signer.sign()
    assert server.request(authorization=header).status == 200
    signer.password = "wrong"
    assert server.get(signer, 2).status == 401
    assert server.request(authorization=header).status == 401


def test_a04_after_a_restart():
    """With the kept key and an empty store a replay is stale, and the client goes on with the new nonce."""
    before = Server(keys=KEYS)
    signer = before.signer()
    header = signer.sign()
    assert before.request(authorization=header).status == 200
    after = Server(keys=KEYS)
    replay = after.request(authorization=header)
    assert (replay.status, replay.stale, replay.app_called) == (401, True, False)
    signer.challenge = replay.challenges[0]
    assert after.get(signer).status == 200


def test_a05_after_ten_thousand_anonymous_requests(server):
    """A flood without credentials pushes no count out."""
    header = server.signer().sign()
    assert server.request(authorization=header).status == 200
    for _ in range(10_000):
        assert server.request().status == 401
    assert server.request(authorization=header).status == 401


@pytest.mark.once
def test_a05b_after_ten_thousand_verified_nonces():
    """A flood by another user makes room at the victim's cost, and even then the replay is only stale."""
    server = Server(store=MemoryStore(1000))
    header = server.signer().sign()
    assert server.request(authorization=header).status == 200
    for _ in range(10_000):
        server.clock.now += 0.0001
        assert server.get(server.signer("bob", "b0b", "MD5")).status == 200
    replay = server.request(authorization=header)
    assert (replay.status, replay.stale) == (401, True)
    assert server.get(server.signer()).status == 200


def test_a06_a_flood_between_challenge_and_answer(server):
    """Ten thousand other challenges do not spoil the one that is being answered."""
    signer = server.signer()
    for _ in range(10_000):
        server.request()
    assert server.get(signer).status == 200


def test_a07_a_wrong_password_does_not_use_the_count(server):
    """The right password with the same count is still good."""
    signer = server.signer(password="wrong")
    assert server.get(signer).status == 401
    signer.password = "s3cret"
    assert server.get(signer).status == 200


def test_a07b_garbage_does_not_burn_a_victims_counts(server):
    """Whoever saw the nonce can send garbage under it; the victim's counts stay good."""
    signer = server.signer()
    assert server.get(signer).status == 200
    for nc in range(2, 65):
        assert server.get(signer, nc, late={"response": "0" * 64}).status == 401
    assert [server.get(signer, nc).status for nc in range(2, 65)] == [200] * 63


def test_a08_out_of_order(server):
    """Parallel requests overtake each other; each count is good once."""
    signer = server.signer()
    assert [server.get(signer, nc).status for nc in (5, 3, 3, 5, 4)] == [200, 200, 401, 401, 200]


def test_a08_out_of_order_in_strict_sequence():
    """SEQUENCE_DETECT wants exactly the next."""
    server = Server(sequence="strict")
    signer = server.signer()
    assert [server.get(signer, nc).status for nc in (2, 1, 3, 2, 3)] == [401, 200, 401, 200, 200]


def test_a09_a_gap_is_no_dead_end(server):
    """After a gap the old counts are stale, the new ones go on, and the stale client recovers at once."""
    signer = server.signer()
    assert [server.get(signer, nc).status for nc in (1, 1000, 1001)] == [200, 200, 200]
    late = server.get(signer, 2)
    assert (late.status, late.stale) == (401, True)
    signer.challenge = late.challenges[0]
    assert server.get(signer, 1).status == 200


def test_a10_nc_of_zero(server):
    """Counts begin with one."""
    assert server.get(server.signer(), 0).status == 400
    assert server.app.scopes == []


ODD_COUNTS = ["1", "000000001", "-0000001", "+0000001", "0x000001", " 0000001", "0000001 ", "0000_001", "0000000g", ""]
OTHER_DIGITS = ["\uff10" * 7 + "\uff11", "\u0660" * 7 + "\u0661"]
OVERFLOWS = ["0" * 10_000 + "1", "00000001\x00", "00000001\r\nX: y"]


@pytest.mark.parametrize("nc", [*ODD_COUNTS, *OTHER_DIGITS, *OVERFLOWS], ids=lambda nc: ascii(nc)[:12])
@pytest.mark.parametrize("quoted", [False, True])
def test_a11_spellings_of_nc(server, nc, quoted):
    """Exactly eight hex digits, whatever int() would make of the rest."""
    header = server.signer().sign(nc=nc)
    if quoted:
        start, end = header.index(b"nc=") + 3, header.index(b", cnonce")
        header = header[:start] + b'"' + header[start:end] + b'"' + header[end:]
    assert server.request(authorization=header).status in ((400, 431) if len(nc) > 1000 else (400,))
    assert server.app.scopes == []


@pytest.mark.parametrize("sequence", ["window", "strict"])
def test_a12_the_last_count(sequence):
    """After ffffffff the nonce is over; it never wraps to accept 1."""
    server = Server(sequence=sequence)
    signer = server.signer()
    last = server.get(signer, 0xFFFFFFFF)
    assert last.status == (200 if sequence == "window" else 401)
    if sequence == "window":
        for nc in (1, 2, 0xFFFFFFFE, 0xFFFFFFFF):
            after = server.get(signer, nc)
            # A logout spends the last count, so no browser may sign anew by itself.
            assert (after.status, after.stale) == (401, False)


def test_a13_a_count_that_was_not_signed(server):
    """The count is part of the hash, so a captured header cannot be counted on."""
    signer = server.signer()
    response = server.get(signer, 1, late={"nc": "00000002"})
    assert (response.status, response.stale) == (401, False)
