"""What a server can put into a client's memory: each function gives one that puts in the entry of a number."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from digest_http.algorithms import by_name
from digest_http.challenge import MAX_REPEATED_OCTETS, parse_challenges
from digest_http.errors import DigestError
from digest_http.httpauth import DigestClient
from digest_http.httpauth.challenge_selection import Preference, choose
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.cnonce_source import CnonceSource
from digest_http.httpauth.path_memory import PathMemory
from digest_http_client_auth import DigestAuth

SHA_256 = by_name("SHA-256")


def exchanged(auth: DigestAuth, url: str, answer: Callable[[bool], httpx.Response]) -> None:
    """One call of a client, driven by hand: a response for each request, by whether it is signed."""
    request = httpx.Request("GET", url)
    flow = auth.sync_auth_flow(request)
    try:
        request = next(flow)
        while True:
            response = answer("authorization" in request.headers)
            response.request = request
            request = flow.send(response)
    except (StopIteration, DigestError):
        flow.close()


def challenged(server_says: Callable[[int], str]) -> Callable[[int], object]:
    """One client of a server that challenges each request as it likes."""
    auth = DigestAuth("alice", "s3cret")

    def request(number: int) -> None:
        headers = {"www-authenticate": server_says(number)}
        exchanged(
            auth,
            f"http://server.example/{number}",
            lambda signed: httpx.Response(200 if signed and number % 3 == 0 else 401, headers=headers),
        )

    return request


def filled(size: int, *, realm: bool = False) -> Callable[[int], str]:
    """A challenge with each value `size` octets long."""
    return lambda n: (
        f'Digest realm="{n if realm else 0:08d}{"r" * (size - 8)}", nonce="{n:08d}{"n" * size}", '
        f'opaque="{"o" * size}", qop="auth", domain="{"/ " * (size // 2)}"'
    )


def origins() -> Callable[[int], object]:
    """A client that is challenged at one origin after the other."""
    auth = DigestAuth("alice", "s3cret")
    headers = {"www-authenticate": 'Digest realm="r", nonce="n", qop="auth"'}

    def request(number: int) -> None:
        url = f"http://host{number}.example/"
        exchanged(auth, url, lambda signed: httpx.Response(200 if signed else 401, headers=headers))

    return request


def identity_realms() -> Callable[[int], object]:
    """One user at as many realms as somebody names, each as long as a challenge may make it."""
    identity = Identity("alice", "s3cret")
    return lambda number: identity.ha1(SHA_256, b"%08d" % number + b"r" * (MAX_REPEATED_OCTETS - 8), "utf-8")


def offered_nonces() -> Callable[[int], object]:
    """A context that is offered one nonce after the other, as long as a challenge may make it."""
    context = ClientContext(Identity("alice", "s3cret"), b"r", SHA_256)

    def offer(number: int) -> None:
        nonce = f"{number:08d}".ljust(MAX_REPEATED_OCTETS - 10, "n")
        field = f'Digest realm="r", nonce="{nonce}", qop="auth,auth-int", algorithm=SHA-256'
        choice = choose(parse_challenges([field.encode()]), Preference(), print)
        assert choice is not None
        context.learn(choice)

    return offer


def direct(*, realm: bool) -> Callable[[int], object]:
    """A client without I/O that is challenged and never signs."""
    client = DigestClient("alice", "s3cret")
    challenge = filled(1000, realm=realm)
    return lambda number: client.challenged(challenge(number), None)


def drawn() -> Callable[[int], object]:
    """A source of cnonces."""
    source = CnonceSource()
    return lambda _number: source.draw()


def many_sources() -> Callable[[int], object]:
    """Sources of cnonces that come and go."""
    return lambda _number: CnonceSource().draw()


def signed_targets() -> Callable[[int], object]:
    """Targets that one context signs, and whose proofs it checks."""
    client = DigestClient("alice", "s3cret")
    client.challenged('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256', None)

    def put(number: int) -> None:
        signed = client.authorization("GET", f"/{number:01000d}")
        assert signed is not None
        signature = signed.signature
        rest = b'", cnonce="%b", nc=%b' % (signature.cnonce, signature.nc)
        assert not signature.context.is_proven(signature, b'qop=auth, rspauth="' + rest)

    return put


def remembered_paths() -> Callable[[int], object]:
    """Paths of one realm that its challenge does not name."""
    paths = PathMemory()
    return lambda number: paths.add(f"/{number:0100d}".encode())
