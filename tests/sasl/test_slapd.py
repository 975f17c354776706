"""OpenLDAP's slapd, signed and sealed: hundreds of entries in real frames, read in pieces of any size."""

from __future__ import annotations

import importlib
import os
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest

from digest_http.errors import SecurityWarning
from digest_http.sasl import DigestMD5Client
from tests.live.peers import HOST, free_port, program, running, wait_until_listening
from tests.sasl.programs import compile_c

pytestmark = pytest.mark.live

ENTRIES = 400
NAME = "ldap.example.com"
LAYERS = ("auth", "auth-int", "3des", "des", "rc4", "rc4-56", "rc4-40")


@pytest.fixture(scope="module")
def slapd(tmp_path_factory):
    """The port of a directory of 400 people, one of whom can log in."""
    folder = tmp_path_factory.mktemp("slapd")
    command = program("slapd", package="slapd")
    # slapd's 3des fails with OpenSSL 3 as packaged; peers/parity.c says why.
    parity = folder / "parity.so"
    compile_c("parity", parity, "-shared", "-fPIC", package="libssl-dev", header="openssl/des.h", libraries=("crypto",))
    (folder / "db").mkdir()
    config = folder / "slapd.conf"
    config.write_text(
        f"""
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
sasl-host {NAME}
sasl-realm {NAME}
sasl-secprops none
password-hash {{CLEARTEXT}}
authz-regexp uid=([^,]*),cn=[^,]*,cn=digest-md5,cn=auth uid=$1,ou=people,dc=example,dc=com
authz-regexp uid=([^,]*),cn=digest-md5,cn=auth uid=$1,ou=people,dc=example,dc=com
database mdb
suffix dc=example,dc=com
directory {folder}/db
sizelimit unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by users read by anonymous auth
"""
    )
    people = "".join(
        f"dn: uid=user{number},ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: user{number}\n"
        f"cn: Person {number}\nsn: {number}\ndescription: {'x' * (number % 97)}\n"
        + ("userPassword: secret\n\n" if number == 0 else "\n")
        for number in range(ENTRIES)
    ).replace("description: \n", "")
    ldif = (
        "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n"
        "dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n\n" + people
    )
    subprocess.run(
        [program("slapadd", package="slapd"), "-q", "-f", str(config)], input=ldif.encode(), check=True, timeout=60
    )
    port, log = free_port(), folder / "log"
    environment = os.environ | {"LD_PRELOAD": str(parity)}
    arguments = [command, "-d", "0", "-h", f"ldap://{HOST}:{port}", "-f", str(config)]
    with running(arguments, log, environment) as process:
        wait_until_listening(process, port, log)
        yield port


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
    return ldap().Connection((HOST, port), client, maxbuf=maxbuf, read_size=read_size)


@pytest.mark.parametrize("read_size", [7, 1000, 65536])
@pytest.mark.parametrize("layer", LAYERS)
def test_a_search_over_hundreds_of_entries(slapd, layer, read_size):
    """Every entry arrives, whatever the pieces; slapd makes a record of each."""
    connection = connected(slapd, layer, read_size=read_size)
    try:
        found = {entry["uid"][0].decode(): entry for entry in connection.search("dc=example,dc=com", "uid")}
    finally:
        connection.close()
    assert found.keys() == {f"user{number}" for number in range(ENTRIES)}
    assert found["user96"]["description"] == [b"x" * 96]
    assert (connection.records > ENTRIES) is (layer != "auth")


@pytest.mark.parametrize("layer", ["auth-int", "3des", "rc4"])
def test_several_searches_on_one_connection(slapd, layer):
    """Counters and cipher states run on, with a maxbuf that makes slapd split."""
    connection = connected(slapd, layer, maxbuf=120)
    try:
        for _ in range(3):
            assert sum(1 for _ in connection.search("dc=example,dc=com", "uid")) == ENTRIES
    finally:
        connection.close()
    assert connection.records > 3 * ENTRIES


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
