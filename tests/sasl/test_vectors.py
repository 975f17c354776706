"""Published values: exchanges, keys and records, through the objects that users hold."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from digest_http import errors
from digest_http.errors import SecurityWarning
from digest_http.sasl import DigestMD5Client, DigestMD5Server, ciphers, confidentiality, integrity, keys

VECTORS = Path(__file__).parents[1] / "vectors"


def load(name: str) -> Any:
    """One file of vectors."""
    return json.loads((VECTORS / name).read_text("utf-8"))


EXCHANGES = load("rfc2831.json")["exchanges"] + load("elytron-digest-md5.json")["exchanges"]
LAYERS = load("elytron-digest-md5-layers.json")
SESSION = bytes.fromhex(LAYERS["session_hash"])


@pytest.fixture(params=EXCHANGES, ids=lambda exchange: exchange["name"])
def exchange(request):
    """Each published exchange."""
    return request.param


def ends(exchange: dict[str, Any]) -> tuple[DigestMD5Client, DigestMD5Server]:
    """Client and server that make the nonce and cnonce of the vector."""
    service, host = exchange["digest_uri"].split("/")
    realm = exchange["realm"]
    client = DigestMD5Client(
        exchange["username"],
        exchange["password"],
        service=service,
        host=host,
        qop=exchange["qop"],
        authzid=exchange["authzid"],
        cnonce=lambda _challenge: exchange["cnonce"].encode(),
    )
    server = DigestMD5Server(
        {exchange["username"]: exchange["password"]},
        service=service,
        host=host,
        realms=() if realm is None else realm,
        qop=exchange["qop"],
        nonce=exchange["nonce"].encode,
    )
    return client, server


@pytest.mark.obeys("sasl-response")
def test_exchange_gives_the_published_response_and_rspauth(exchange):
    """Client and server speak the vector's tokens, and each believes the other."""
    client, server = ends(exchange)
    response = client.step(server.step())
    assert f"response={exchange['response']}".encode() in response.split(b",")
    assert f'nonce="{exchange["nonce"]}"'.encode() in response.split(b",")
    proof = server.step(response)
    assert proof == f"rspauth={exchange['rspauth']}".encode()
    assert client.step(proof) == b""
    assert client.complete
    assert server.complete
    assert client.session_key() == server.session_key() == bytes.fromhex(exchange["session_hash"])


def test_user_hash_is_the_rfcs():
    """X of RFC 2831 for its example user."""
    expected = bytes.fromhex(load("rfc2831.json")["user_hash"])
    assert keys.user_hash(b"chris", b"elwood.innosoft.com", b"secret") == expected


@pytest.mark.obeys("sasl-keys")
def test_integrity_keys():
    """Kic and Kis."""
    assert [key.hex() for key in keys.integrity_keys(SESSION)] == LAYERS["integrity_keys"]


@pytest.mark.obeys("sasl-keys")
@pytest.mark.parametrize("octets", [16, 7, 5])
def test_sealing_keys(octets):
    """Kcc and Kcs from all, seven or five octets of H(A1)."""
    assert [key.hex() for key in keys.sealing_keys(SESSION, octets)] == LAYERS["sealing_keys"][str(octets)]


@pytest.mark.parametrize(("key", "expected"), LAYERS["spread"].items())
def test_des_keys_are_spread_over_eight_octets(key, expected):
    """Seven bits an octet, parity zero."""
    zero_parity, odd_parity = expected
    spread = ciphers.spread(bytes.fromhex(key))
    assert spread.hex() == zero_parity
    assert bytes(octet | (octet.bit_count() % 2 == 0) for octet in spread).hex() == odd_parity


def halves(layer: str, direction: str) -> tuple[integrity.Signer, integrity.Verifier]:
    """The sender and the receiver of one direction under the vector's H(A1)."""
    index = 0 if direction == "to_server" else 1
    key = keys.integrity_keys(SESSION)[index]
    if layer == "auth-int":
        return integrity.Signer(key, None), integrity.Verifier(key, None)
    spec = ciphers.CIPHERS[layer]
    sealing = keys.sealing_keys(SESSION, spec.key_octets)[index]
    return (
        confidentiality.Sealer(key, None, spec, sealing),
        confidentiality.Unsealer(key, None, spec, sealing),
    )


@pytest.mark.obeys("sasl-integrity")
@pytest.mark.parametrize("direction", ["to_server", "to_client"])
@pytest.mark.parametrize("layer", LAYERS["records"])
def test_records(layer, direction):
    """Records in sequence are the published ones, and open again."""
    sender, receiver = halves(layer, direction)
    for message, record in zip(LAYERS["messages"][direction], LAYERS["records"][layer][direction], strict=True):
        assert sender.wrap(bytes.fromhex(message)).hex() == record
        assert receiver.unwrap(bytes.fromhex(record)).hex() == message


@pytest.mark.parametrize("direction", ["to_server", "to_client"])
@pytest.mark.parametrize("layer", LAYERS["records"])
def test_records_in_two_pieces_and_in_place(layer, direction):
    """Body and trailer joined are the published record, and it opens where it stands."""
    (sealer, receiver), (sealer_in_place, _) = halves(layer, direction), halves(layer, direction)
    for message, record in zip(LAYERS["messages"][direction], LAYERS["records"][layer][direction], strict=True):
        clear = bytes.fromhex(message)
        body, trailer = sealer.seal(clear)
        assert len(body) == len(clear)
        assert (body + trailer).hex() == record
        buffer = bytearray(clear)
        assert sealer_in_place.seal_in_place(buffer) == trailer
        assert buffer == body
        whole = bytearray.fromhex(record)
        length = receiver.unseal_in_place(memoryview(whole))
        assert whole[:length] == clear


@pytest.mark.parametrize("refused", LAYERS["refused"], ids=lambda refused: refused["error"])
def test_faulty_records(refused):
    """What the peer's tests call faulty is an error here, by its own name."""
    _, receiver = halves(refused["layer"], refused["direction"])
    for record in LAYERS["records"][refused["layer"]][refused["direction"]][: refused["after"]]:
        receiver.unwrap(bytes.fromhex(record))
    with pytest.raises(getattr(errors, refused["error"])):
        receiver.unwrap(bytes.fromhex(refused["record"]))


def test_auth_conf_exchange_seals_the_published_records():
    """From the exchange with authzid to the records, through the users' objects alone."""
    exchange = next(each for each in EXCHANGES if each["qop"] == "auth-conf")
    for layer, records in LAYERS["records"].items():
        if layer == "auth-int":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            client, server = (
                DigestMD5Client(
                    exchange["username"],
                    exchange["password"],
                    service="acap",
                    host="elwood.innosoft.com",
                    authzid=exchange["authzid"],
                    qop="auth-conf",
                    ciphers=layer,
                    cnonce=lambda _challenge: exchange["cnonce"].encode(),
                ),
                DigestMD5Server(
                    {exchange["username"]: exchange["password"]},
                    service="acap",
                    host="elwood.innosoft.com",
                    qop="auth-conf",
                    ciphers=layer,
                    nonce=exchange["nonce"].encode,
                ),
            )
        client.step(server.step(client.step(server.step())))
        for end, direction in ((client, "to_server"), (server, "to_client")):
            messages = [bytes.fromhex(message) for message in LAYERS["messages"][direction]]
            assert [end.wrap(message).hex() for message in messages] == records[direction]
