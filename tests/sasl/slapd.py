"""OpenLDAP's slapd with 400 people, for the tests of everything that speaks LDAP."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.peers import HOST, free_port, program, running, wait_until_listening
from tests.sasl.programs import compile_c

ENTRIES = 400
NAME = "ldap.example.com"
LAYERS = ("auth", "auth-int", "3des", "des", "rc4", "rc4-56", "rc4-40")


@contextmanager
def directory(folder: Path) -> Iterator[int]:
    """The port of a directory of 400 people, one of whom can log in."""
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
