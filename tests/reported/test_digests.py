"""Digests that served for others, as they were reported: each input with its right outcome.

S3: an answer, or a proof, of an algorithm taken for the session key of its -sess sibling. S9: an answer without qop to
a nonce with colons, which was the answer with qop to another nonce. tests/attacks/test_conversions.py holds the kind.
"""

from __future__ import annotations

import httpx
import pytest

from digest_http.sspi import AscReq, IscReq, NtStatus, WindowsError
from digest_http.stores import MemoryStore
from digest_http_client_auth import DigestAuth
from tests.attacks.driver import REALM, Server
from tests.attacks.signing import Signer, digest, field_value, h, parameters
from tests.sspi.wiring import HTTPPair, client_handle, server_handle

BASES = ("MD5", "SHA-256", "SHA-512-256")
BODY = b"transfer everything"


def forged_with_key(key: str, seen: dict[str, str], cnonce: str, nc: int, method: str, body: bytes | None) -> bytes:
    """A request of the attacker's choice, signed with a session key that he has read off the wire."""
    fields = {
        "username": "alice", "realm": seen["realm"], "nonce": seen["nonce"], "uri": "/forged",
        "algorithm": seen["algorithm"], "qop": "auth" if body is None else "auth-int", "nc": f"{nc:08x}",
        "cnonce": cnonce,
    }  # fmt: skip
    response = digest(fields, key, method, body)
    return field_value({**fields, "algorithm": seen["algorithm"] + "-sess", "response": response})


def read_as_key(seen: dict[str, str], method: str) -> str:
    """The cnonce under which a session's key is the digest of an answer or, with an empty method, of a proof."""
    return ":".join((seen["nc"], seen["cnonce"], seen["qop"], h(seen["algorithm"], f"{method}:{seen['uri']}")))


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("proof", [False, True], ids=["S3 answer as key", "S3 proof as key"])
def test_an_overheard_digest_opens_no_session(base, proof):
    """One Authorization field, or one rspauth, in clear: then any method, uri and body, auth-int too, with nc 2, 3."""
    server = Server(algorithms=[base, base + "-sess"])
    signer = server.signer(algorithm=base)
    accepted = server.get(signer)
    assert accepted.status == 200
    key = accepted.info["rspauth"] if proof else digest(signer.fields, signer.secret, "GET", None)
    cnonce = read_as_key(signer.fields, "" if proof else "GET")
    for nc, method, body in ((2, "DELETE", None), (3, "POST", BODY)):
        forged = forged_with_key(key, signer.fields, cnonce, nc, method, body)
        response = server.request(method, "/forged", forged, body=body or b"")
        assert (response.status, response.app_called) == (400, False)


def answer_of_our_client(challenge: str) -> dict[str, str] | None:
    """What DigestAuth sends for GET /x when a man in the middle gives it this challenge."""
    request = httpx.Request("GET", "http://server.example/x")
    flow = DigestAuth("alice", "s3cret").sync_auth_flow(request)
    next(flow)
    try:
        signed = flow.send(httpx.Response(401, headers={"WWW-Authenticate": challenge}, request=request))
    except StopIteration:
        return None
    return parameters(signed.headers["authorization"].encode())


@pytest.mark.parametrize("base", BASES)
def test_a_client_asked_for_the_plain_algorithm_opens_no_session(base):
    """S3: only -sess and only auth-int are offered, and a man in the middle asks for the plain form with auth."""
    server = Server(algorithms=[base + "-sess"], qop=["auth-int"])
    nonce = server.challenge(base + "-sess")["nonce"]
    seen = answer_of_our_client(f'Digest realm="{REALM}", nonce="{nonce}", algorithm={base}, qop="auth"')
    assert seen is not None
    for nc in (1, 2):
        forged = forged_with_key(seen["response"], seen, read_as_key(seen, "GET"), nc, "POST", BODY)
        response = server.request("POST", "/forged", forged, body=BODY)
        assert (response.status, response.app_called) == (400, False)


def test_a_client_asked_without_qop_opens_no_session():
    """S3 without a colon in cnonce: the answer of RFC 2069 is a key whose cnonce is H(A2), plain hex digits."""
    server = Server(algorithms=["MD5-sess"])
    nonce = server.challenge("MD5-sess")["nonce"]
    assert answer_of_our_client(f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5') is None


@pytest.mark.parametrize("base", BASES)
def test_the_sspi_server(base):
    """S3 at accept_security_context: the overheard answer as the key of a session, on the same nonce."""
    pair = HTTPPair(
        client_handle("s3cret", algorithms=[base]),
        server_handle({"alice": "s3cret"}, realm=REALM, algorithms=[base, base + "-sess"]),
        server_flags=AscReq.ASC_REQ_HTTP | AscReq.ASC_REQ_INTEGRITY,
    )
    token = pair.respond(pair.challenge())
    assert pair.accept(token).status is NtStatus.SEC_E_OK
    seen = parameters(b"Digest " + token)
    forged = forged_with_key(seen["response"], seen, read_as_key(seen, "GET"), 2, "POST", BODY)
    with pytest.raises(WindowsError, match="SEC_E_INVALID_TOKEN"):
        pair.accept(
            forged.removeprefix(b"Digest "), method=b"POST", url=b"/forged", hentity=h(base, BODY).encode()
        )  # fmt: skip


def test_a_nonce_with_colons_is_not_answered_without_qop():
    """S9: "N:00000001:x:auth" without qop asks for the answer with qop to the server's nonce N, count and cnonce x."""
    server = Server(algorithms=["MD5"])
    nonce = server.challenge("MD5")["nonce"] + ":00000001:x:auth"
    assert answer_of_our_client(f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5') is None
    assert answer_of_our_client(f'Digest realm="{REALM}", nonce="{nonce}"') is None
    with pytest.raises(WindowsError, match="SEC_E_QOP_NOT_SUPPORTED"):
        sspi_answer(f'realm="{REALM}", nonce="{nonce}", algorithm=MD5')


def sspi_answer(challenge: str) -> bytes:
    """What the client of the SSPI names sends."""
    return HTTPPair(client_handle("s3cret"), client_flags=IscReq.ISC_REQ_HTTP).respond(challenge.encode())


def test_the_nonce_of_another_challenge_is_not_taken():
    """Signed with the plain algorithm over the nonce of the session, and the other way round: stale, never accepted."""
    server = Server(algorithms=["SHA-256", "SHA-256-sess"])
    challenges = {challenge["algorithm"]: challenge for challenge in server.request().challenges}
    for name, other in (("SHA-256", "SHA-256-sess"), ("SHA-256-sess", "SHA-256")):
        response = server.get(Signer({**challenges[name], "nonce": challenges[other]["nonce"]}))
        assert (response.status, response.stale) == (401, True)
        assert server.get(Signer(challenges[name])).status == 200


def test_the_nonce_of_a_proxy_is_not_taken_by_a_server():
    """Same realm, users, keys and store: what was signed for one is stale at the other."""
    keys = [b"k" * 32]
    store = MemoryStore()
    server, proxy = Server(keys=keys, store=store), Server(keys=keys, store=store, proxy=True)
    for here, there, name in (
        (server, proxy, b"proxy-authorization"),
        (proxy, server, b"authorization"),
    ):
        response = there.request("GET", "/x", here.signer().sign(), field_name=name)
        assert response.status in {401, 407}
        assert response.stale
