"""OpenLDAP's slapd, signed and sealed: hundreds of entries in real frames, read in pieces of any size."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any

import pytest

from digest_http.errors import SecurityWarning
from digest_http.sasl import DigestMD5Client
from tests.live.peers import HOST
from tests.sasl.slapd import ENTRIES, LAYERS, NAME

pytestmark = pytest.mark.live


def ldap():
    """The example. Imported late: examples are no part of what is installed."""
    return importlib.import_module("examples.sasl_ldap")


def connected(port: int, layer: str, *, maxbuf: int = 65536, read_size: int = 65536, **settings):
    """The example's connection, with just this layer."""
    keywords: dict[str, Any] = {"username": "user0", "password": "secret", "service": "ldap", "host": NAME}
    keywords |= {"qop": layer} if layer.startswith("auth") else {"qop": "auth-conf", "ciphers": layer}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        client = DigestMD5Client(**keywords | {"maxbuf": maxbuf} | settings)
    return ldap().Connection((HOST, port), client, read_size=read_size)


@pytest.mark.parametrize("read_size", [7, 1000, 65536])
@pytest.mark.parametrize("layer", LAYERS)
def test_a_search_over_hundreds_of_entries(slapd, layer, read_size):
    """Every entry arrives, however much is asked for; slapd makes a record of each."""
    connection = connected(slapd, layer, read_size=read_size)
    try:
        found = {entry["uid"][0].decode(): entry for entry in connection.search("dc=example,dc=com", "uid")}
    finally:
        connection.close()
    assert found.keys() == {f"user{number}" for number in range(ENTRIES)}
    assert found["user96"]["description"] == [b"x" * 96]


@pytest.mark.parametrize("layer", ["auth-int", "3des", "rc4"])
def test_several_searches_on_one_connection(slapd, layer):
    """Counters and cipher states run on, with a maxbuf that makes slapd split."""
    connection = connected(slapd, layer, maxbuf=120)
    try:
        for _ in range(3):
            assert sum(1 for _ in connection.search("dc=example,dc=com", "uid")) == ENTRIES
    finally:
        connection.close()


def test_a_wrong_password_at_slapd(slapd):
    """invalidCredentials is 49."""
    with pytest.raises(ldap().LDAPError, match="bind: 49"):
        connected(slapd, "auth-int", password="wrong")


def test_a_search_that_fails(slapd):
    """An error of the server's comes through the layer as one."""
    connection = connected(slapd, "3des")
    try:
        with pytest.raises(ldap().LDAPError, match="search: 32"):
            list(connection.search("dc=example,dc=org", "uid"))
    finally:
        connection.close()


def test_debian_packages_are_listed():
    """The list that continuous integration installs names each peer of this folder."""
    listed = Path(__file__).with_name("debian-packages.txt").read_text().split()
    assert listed == sorted(listed)
    assert {"slapd", "dovecot-imapd", "zookeeper", "libthrift-java", "libsasl2-dev", "libgsasl-dev"} <= set(listed)
