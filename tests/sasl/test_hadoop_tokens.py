"""Token files as Hadoop 3.3.4 wrote them, both forms, and whatever else may stand in such a file."""

from __future__ import annotations

import contextlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.errors import ConfigurationError, MalformedField
from digest_http.sasl import DigestMD5Server
from digest_http.sasl.libraries.hadoop_tokens import HadoopToken, parse_tokens, read_tokens

_IDENTIFIER = bytes(range(200)).hex()
_HIVE, _HDFS = b"HIVE_DELEGATION_TOKEN".hex(), b"HDFS_DELEGATION_TOKEN".hex()

# Two tokens and a secret key, from Credentials.writeTokenStorageToStream.
FILES = {
    "writable": (
        f"484454530002076e6e3a383032300109010815{_HDFS}0d31302e302e302e313a38303230"
        f"04686976658fc8{_IDENTIFIER}04010203ff15{_HIVE}00"
        "01036b6579020506"
    ),
    "protobuf": (
        f"4844545301ba020a370a076e6e3a38303230122c0a01091201081a15{_HDFS}220d31302e302e302e313a38303230"
        f"0af3010a046869766512ea010ac801{_IDENTIFIER}1204010203ff1a15{_HIVE}2200"
        "12090a036b65791a020506"
    ),
}


@pytest.fixture(params=FILES)
def octets(request) -> bytes:
    """A file's octets."""
    return bytes.fromhex(FILES[request.param])


def test_tokens_of_a_file(octets, tmp_path, monkeypatch):
    """By path, and by the variable that Hadoop sets."""
    path = tmp_path / "container_tokens"
    path.write_bytes(octets)
    monkeypatch.setenv("HADOOP_TOKEN_FILE_LOCATION", str(path))
    assert (
        read_tokens()
        == read_tokens(path)
        == [
            HadoopToken("nn:8020", "HDFS_DELEGATION_TOKEN", "10.0.0.1:8020", b"\x09", b"\x08"),
            HadoopToken("hive", "HIVE_DELEGATION_TOKEN", "", bytes(range(200)), b"\x01\x02\x03\xff"),
        ]
    )


def test_a_token_logs_in(octets):
    """Name and password are base64; the service is null/default."""
    token = parse_tokens(octets)[1]
    assert token.secret() == "AQID/w=="
    server = DigestMD5Server({token.username: "AQID/w=="}, service="null", host="default", qop="auth-conf")
    client = token.client(qop="auth-conf")
    client.step(server.step(client.step(server.step())))
    assert client.complete
    assert server.unwrap(client.wrap(b"query")) == b"query"


def test_a_token_keeps_its_secrets(octets):
    """Its looks tell what it is for and nothing more."""
    token = parse_tokens(octets)[1]
    assert repr(token) == "HadoopToken(alias='hive', kind='HIVE_DELEGATION_TOKEN', service='')"
    with pytest.raises(TypeError):
        pickle.dumps(token)


def test_a_file_that_is_cut_short(octets):
    """Wherever that is: tokens that came whole are not given out as if they were all."""
    end = len(octets) - len(bytes.fromhex("01036b6579020506")) if octets[4] == 0 else len(octets)
    for length in range(end):
        with pytest.raises(MalformedField):
            parse_tokens(octets[:length])


@given(st.sampled_from([b"HDTS\x00", b"HDTS\x01", b""]), st.binary(max_size=60))
def test_any_octets(head, rest):
    """Tokens, or one error, and no memory for lengths that are only said."""
    with contextlib.suppress(MalformedField):
        parse_tokens(head + rest)


@pytest.mark.parametrize(
    "rest",
    [
        "00 7f",  # more tokens than there are
        "00 01 8c 7f ff ff ff ff",  # a length of 2**31
        "00 01 80 00",  # a negative length
        "00 01 01 ff 00 00 00 00",  # a name that is not UTF-8
        "01 04 0a 02 08 01",  # a number for a token
        "01 02 0d 00",  # a field of 32 bits
        "01 ff ff ff ff ff ff ff ff ff ff 01",  # a number without end
        "02 00",  # a version of tomorrow
    ],
)
def test_files_that_are_wrong(rest):
    """One error for all of them."""
    with pytest.raises(MalformedField):
        parse_tokens(b"HDTS" + bytes.fromhex(rest))


def test_no_file_named(monkeypatch, tmp_path):
    """It is said what to set; a file of another kind is refused by its length before it is looked at."""
    monkeypatch.delenv("HADOOP_TOKEN_FILE_LOCATION", raising=False)
    with pytest.raises(ConfigurationError, match="HADOOP_TOKEN_FILE_LOCATION"):
        read_tokens()
    long = tmp_path / "long"
    with long.open("wb") as file:
        file.truncate((16 << 20) + 1)
    with pytest.raises(MalformedField, match="more than"):
        read_tokens(long)
