"""What the client without I/O keeps of a server: nonces, counts and what was accepted."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from digest_http.httpauth import Authorization, DigestClient
from digest_http.httpauth.origins import Origin
from digest_http.httpauth.protection_spaces import OriginSpaces
from digest_http.httpauth.signing import note_accepted
from tests.client_auth.strict_server import StrictServer
from tests.httpauth.direct_calls import CHALLENGE, client_for, exchange


def test_signed_in_advance_without_a_call_of_verify() -> None:
    """Nobody has to say that a request was let in."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    counts = [(client.authorization("GET", "/") or Authorization()).parameters["nc"] for _ in range(3)]
    assert counts == ["00000001", "00000002", "00000003"]


@pytest.mark.parametrize("verified", [True, False])
def test_nextnonce_is_followed(verified: bool) -> None:
    """With `verify` no 401 is needed where each nonce is taken once; without it each call costs one."""
    server, client = StrictServer(one_time=True), client_for()
    for _ in range(3):
        if verified:
            exchange(client, server)
            continue
        while True:
            signed = client.authorization("GET", "/x")
            fields = {} if signed is None else {"authorization": signed.octets.decode()}
            status, sent, _ = server.answer("GET", "/x", fields, b"")
            if status == 200 or not client.challenged([value for _, value in sent], signed):
                break
    assert server.statuses == ([401, 200, 200, 200] if verified else [401, 200, 401, 200, 401, 200])


def test_what_was_accepted_is_not_undercut() -> None:
    """A weaker challenge is answered before, and after only with allow_weaker; a challenge alone pins nothing."""
    weaker = CHALLENGE.replace("SHA-256", "MD5").replace('"n"', '"m"')
    for allowed in (False, True):
        client = client_for(allow_weaker=allowed)
        assert client.challenged(CHALLENGE, None)
        assert client.challenged(weaker, None)
        assert client.challenged(CHALLENGE, None)
        client.verify(client.authorization("GET", "/"))
        assert client.challenged(weaker, None) is allowed


def test_a_stronger_challenge_moves_the_pin() -> None:
    """Also when a weaker one was accepted first."""
    client = client_for()
    weaker = CHALLENGE.replace("SHA-256", "MD5")
    for challenge in (weaker, CHALLENGE):
        assert client.challenged(challenge, None)
        client.verify(client.authorization("GET", "/"))
    assert client.challenged(weaker, None) is False


@pytest.mark.parametrize(("later", "again"), [(0.0, False), (61.0, True)])
def test_a_call_that_was_given_up(later: float, again: bool) -> None:
    """A minute later its nonce is one from an earlier call, which a server may have forgotten without a word."""
    now = [0.0]
    client = client_for(clock=lambda: now[0])
    client.challenged(CHALLENGE, None)
    client.verify(client.authorization("GET", "/"))
    signed = client.authorization("GET", "/")
    assert client.challenged(CHALLENGE.replace('"n"', '"n2"'), signed)  # and the program gives up
    now[0] = later
    signed = client.authorization("GET", "/")
    assert signed is not None
    assert signed.parameters["nonce"] == "n2"
    assert client.challenged(CHALLENGE.replace('"n"', '"n3"'), signed) is again


def test_what_was_under_way_when_something_stronger_was_accepted() -> None:
    """A weaker request that comes in late changes nothing, and one that waits to be signed is not signed any more."""
    client = client_for()
    weaker = CHALLENGE.replace("SHA-256", "MD5").replace('"n"', '"m"')
    client.challenged(weaker, None)
    late = client.authorization("GET", "/")
    client.challenged(CHALLENGE, None)
    stronger = client.authorization("GET", "/")
    client.challenged(weaker, None)
    assert client.verify(stronger) is False
    assert client.verify(late) is False
    assert client.authorization("GET", "/") is None
    assert client.challenged(weaker, None) is False
    assert client.challenged(CHALLENGE, None)


def test_an_exclusive_server_is_marked_by_what_was_accepted() -> None:
    """`note_accepted` with that mark: the next request fetches a nonce of its own."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    signed = client.authorization("GET", "/")
    assert signed is not None
    context = signed.signature.context
    spaces = OriginSpaces(Origin("http", "h", 80))
    note_accepted(spaces, signed.signature, None, new=True, exclusive=True)
    assert context.pool.exclusive
    assert client.challenged(CHALLENGE.replace('"n"', '"n2"'), None)
    again = client.authorization("GET", "/")
    assert again is not None
    assert again.parameters["nonce"] == "n2"


def test_a_flood_of_challenges_restarts_no_count() -> None:
    """What was accepted keeps its counts, whatever strangers offer meanwhile."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    client.verify(client.authorization("GET", "/"))
    for number in range(400):
        client.challenged(f'Digest realm="r", nonce="x{number}", qop="auth", algorithm=SHA-256', None)
    client.challenged(CHALLENGE, None)
    signed = [client.authorization("GET", "/") for _ in range(80)]  # what is pending is used up
    counts = [one.parameters["nc"] for one in signed if one is not None and one.parameters["nonce"] == "n"]
    assert counts == [f"{number:08x}" for number in range(2, len(counts) + 2)]


def test_counts_of_threads_are_unique_in_cold_and_warm_calls() -> None:
    """One object, eight threads, a server that takes each count once."""
    server, client = StrictServer(), client_for()
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda number: exchange(client, server, target=f"/{number}"), range(200)))
    assert {status for status, _ in outcomes} == {200}
    assert len(set(server.pairs)) == len(server.pairs)


def test_counts_that_are_used_up() -> None:
    """The last count is sent, and then a new challenge is fetched."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    signed = client.authorization("GET", "/")
    assert signed is not None
    signed.signature.context.pool.raise_count(signed.signature.nonce, 0xFFFFFFFE)
    last = client.authorization("GET", "/")
    assert last is not None
    assert last.parameters["nc"] == "ffffffff"
    assert client.authorization("GET", "/") is None
    assert client.challenged(CHALLENGE, None) is False
    assert client.challenged(CHALLENGE.replace('"n"', '"n2"'), None)


def test_nc_as_a_plain_number() -> None:
    """Shelly's RPC hashes and sends it so."""
    client = client_for(decimal_nc=True)
    client.challenged(CHALLENGE, None)
    counts = [(client.authorization("GET", "/") or Authorization()).parameters["nc"] for _ in range(12)]
    assert counts == [str(number) for number in range(1, 13)]


def test_values_beyond_ascii_keep_their_octets() -> None:
    """A str of ISO 8859-1: one character for each octet that is sent."""
    client = DigestClient("j\u00f6rg", "s3cret")
    client.challenged('Digest realm="r\u00e9", nonce="n", qop="auth"', None)
    signed = client.authorization("GET", "/")
    assert signed is not None
    assert "j\u00f6rg".encode() in signed.octets
    assert signed.encode("latin-1") == signed.octets
    assert signed.parameters["username"] == "j\u00f6rg"


def test_neither_is_pickled() -> None:
    """Both lead to the password's hash; their reprs tell nothing of it."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    signed = client.authorization("GET", "/")
    for secret in (client, signed):
        with pytest.raises(TypeError):
            pickle.dumps(secret)
    assert repr(client) == "<DigestClient of 'alice'>"
    assert "s3cret" not in repr(client) + repr(signed)


@pytest.mark.parametrize("do", [copy.copy, copy.deepcopy])
def test_a_copy_shares_what_was_learnt(do: Callable[[DigestClient], DigestClient]) -> None:
    """Counts that went on apart would be sent twice."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    fields = [each.authorization("GET", "/") for each in (client, do(client), client)]
    assert [field and field.parameters["nc"] for field in fields] == ["00000001", "00000002", "00000003"]
