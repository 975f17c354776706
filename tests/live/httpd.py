"""Apache httpd with mod_auth_digest: its own root, its own port, its own configuration, MD5 from an htdigest file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from tests.live.peers import (
    HOST,
    DigestServer,
    free_port,
    program,
    running,
    server_root,
    wait_until_listening,
)
from tests.live.serving import PASSWORD, USER
from tests.support.apache import main_section

REALM = "wonder"
PAGE = "hello from httpd\n"
MODULES = ("authn_file", "authz_user", "auth_digest", "alias", "dir", "reflector")

CONFIG = """\
Listen {host}:{port}
DocumentRoot "{root}/site"
DirectoryIndex index.html
Redirect /moved /
# One entry is written per challenge; the default of 1000 bytes holds about twelve clients.
AuthDigestShmemSize 256K
<Directory "{root}/site">
    AuthType Digest
    AuthName "{realm}"
    AuthDigestDomain /
    AuthDigestProvider file
    AuthUserFile "{root}/users.htdigest"
    AuthDigestAlgorithm MD5
    AuthDigestQop auth
{nonce_rules}
    Require valid-user
</Directory>
# The request body comes back as the response body.
<Location "/echo">
    SetHandler reflector
</Location>
"""

#: How mod_auth_digest is told to judge a nonce and its count, by the name a test uses for it.
NONCE_RULES = {
    "default": "",
    "counted": "    AuthDigestNcCheck On",
    "one-time": "    AuthDigestNonceLifetime 0",
}


def htdigest_line(user: str, realm: str, password: str, algorithm: str = "md5") -> str:
    """A line of an htdigest file, made here so that no test trusts the code under test for it."""
    ha1 = hashlib.new(algorithm, f"{user}:{realm}:{password}".encode()).hexdigest()
    return f"{user}:{realm}:{ha1}\n"


@contextmanager
def httpd(nonces: str = "default") -> Iterator[DigestServer]:
    """A fresh httpd on the loopback address that follows ``NONCE_RULES[nonces]``."""
    binary = program("apache2", "httpd", package="apache2-bin")
    port = free_port()
    with server_root() as root:
        site = root / "site"
        site.mkdir()
        (site / "index.html").write_text(PAGE)
        (site / "echo").touch()
        (root / "users.htdigest").write_text(htdigest_line(USER, REALM, PASSWORD))
        config, log = root / "httpd.conf", root / "output.log"
        config.write_text(
            main_section(root, MODULES, level="warn auth_digest:info")
            + CONFIG.format(
                root=root,
                host=HOST,
                port=port,
                realm=REALM,
                nonce_rules=NONCE_RULES[nonces],
            )
        )
        with running([binary, "-D", "FOREGROUND", "-f", str(config)], log) as process:
            wait_until_listening(process, port, log)
            site_url = f"http://{HOST}:{port}/"
            yield DigestServer(site_url, PAGE, f"{site_url}echo", f"{site_url}moved")
