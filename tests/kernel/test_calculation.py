"""THE computation against every published vector."""

import hashlib

import pytest

from digest_http import algorithms, calculation
from tests.vectors import vectors


def compute(given, *, raw_inner=False):
    """One value of a vector's row from its inputs, as HTTP computes it."""
    algorithm = algorithms.by_name(given["algorithm"])
    octets = {name: text.encode() for name, text in given.items()}
    qop = octets.get("qop", b"")
    inner = calculation.user_hash(algorithm, octets["username"], octets["realm"], octets["password"])
    ha1 = calculation.hex_octets(inner)
    if algorithm.session:
        inner = inner if raw_inner else ha1
        ha1 = calculation.session_hash(algorithm, inner, octets["nonce"], octets["cnonce"]).hex().encode()
    method = b"" if given["value"] == "rspauth" else octets["method"]
    hentity = calculation.entity_hash(algorithm, octets["body"]) if qop == b"auth-int" else b""
    ha2 = calculation.request_hash(algorithm, method, octets["uri"], hentity)
    match given["value"]:
        case "ha1":
            return ha1.decode()
        case "ha2":
            return ha2.decode()
        case "userhash":
            return calculation.userhash(algorithm, octets["username"], octets["realm"]).decode()
    if not qop:
        return calculation.response_rfc2069(algorithm, ha1, octets["nonce"], ha2).decode()
    return calculation.response(algorithm, ha1, octets["nonce"], octets["nc"], octets["cnonce"], qop, ha2).decode()


@pytest.mark.obeys("response-formula")
@pytest.mark.parametrize(
    ("given", "row"), vectors.http_rows("results"), ids=[vectors.title(row) for _, row in vectors.http_rows("results")]
)
def test_published_vectors(given, row):
    """Every correct value of RFC 2069, RFC 2617 and RFC 7616 is computed."""
    assert compute(given) == row["hex"]


@pytest.mark.obeys("a1-formula")
@pytest.mark.parametrize(
    ("given", "row"), vectors.http_rows("refused"), ids=[vectors.title(row) for _, row in vectors.http_rows("refused")]
)
def test_wrong_printed_values_are_not_computed(given, row):
    """What errata 749, 1649 and 4897 correct is not what comes out."""
    computed = compute(given)
    assert computed != row["hex"]
    assert len(computed) == len(row["hex"])


@pytest.mark.obeys("2617-inner-hash")
@pytest.mark.parametrize(
    "given", [given for given, row in vectors.http_rows("refused") if row["algorithm"] == "MD5-sess"], ids=vectors.title
)
def test_raw_inner_hash_is_the_other_form(given):
    """The refused MD5-sess values are exactly those of SASL's raw inner hash, so the argument decides."""
    assert compute(given, raw_inner=True) == given["hex"]


def test_printed_userhash_is_truncated_sha512():
    """The refused values of RFC 7616 §3.9.2 are SHA-512 cut to 256 bits, as erratum 4897 says."""
    document = vectors.load("rfc7616_userhash")
    inputs, printed = document["inputs"], document["refused"][0]
    digest = hashlib.sha512(f"{inputs['username']}:{inputs['realm']}".encode()).hexdigest()
    assert digest[:64] == printed["hex"]


@pytest.mark.obeys("sasl-authzid")
def test_session_hash_counts_an_empty_authzid():
    """RFC 2831 §2.1.2.1: an authzid that is sent, even an empty one, adds its colon to A1."""
    md5 = algorithms.by_name("MD5-sess")
    for authzid, a1 in [
        (None, b"inner:nonce:cnonce"),
        (b"", b"inner:nonce:cnonce:"),
        (b"bob", b"inner:nonce:cnonce:bob"),
    ]:
        expected = hashlib.md5(a1, usedforsecurity=False).digest()
        assert calculation.session_hash(md5, b"inner", b"nonce", b"cnonce", authzid) == expected


@pytest.mark.parametrize("algorithm", algorithms.available(), ids=lambda algorithm: algorithm.name)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("octets", [0, 1, 511, 512, 513, 70_000])
def test_short_and_long_bodies_have_one_hash(algorithm, kind, octets):
    """Whichever implementation is quicker with so many octets, the hash is that of `hashlib`."""
    body = b"\xff" * octets
    name = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}[algorithm.base]
    expected = hashlib.new(name, body, usedforsecurity=False).hexdigest().encode()
    assert calculation.entity_hash(algorithm, kind(body)) == expected


@pytest.mark.obeys("a2-formula")
def test_entity_hash_is_over_the_body():
    """HEntity is the hex hash of the entity-body (RFC 7616 §3.4.3)."""
    sha256 = algorithms.by_name("SHA-256")
    assert calculation.entity_hash(sha256, b"body") == hashlib.sha256(b"body").hexdigest().encode()
    assert (
        calculation.request_hash(sha256, b"PUT", b"/x", b"e" * 64)
        == hashlib.sha256(b"PUT:/x:" + b"e" * 64).hexdigest().encode()
    )
    assert calculation.request_hash(sha256, b"GET", b"/x") == hashlib.sha256(b"GET:/x").hexdigest().encode()
