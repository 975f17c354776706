"""Apache httpd with mod_auth_digest: its own root, its own port, its own configuration, MD5 from an htdigest file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from tests.live.peers import (
    HOST,
    DigestServer,
    free_port,
    peer_file,
    program,
    running,
    server_root,
    wait_until_listening,
)
from tests.live.serving import PASSWORD, USER

REALM = "wonder"
PAGE = "hello from httpd\n"
MODULES_HERE = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2")

CONFIG = """\
ServerRoot "{root}"
ServerName {host}
Listen {host}:{port}
PidFile "{root}/httpd.pid"
Mutex file:{root} default
ErrorLog "|/bin/cat"
LogLevel warn auth_digest:info
{modules}
# Read only when root starts httpd: the ids of nobody.
User #65534
Group #65534
# One process with threads to spare: when all are busy, event closes kept connections under its clients' hands.
ServerLimit 1
StartServers 1
ThreadLimit 100
ThreadsPerChild 100
MaxRequestWorkers 100
MinSpareThreads 1
MaxSpareThreads 100
KeepAlive On
MaxKeepAliveRequests 0
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


def load_modules() -> str:
    """LoadModule lines for what the configuration needs; a module linked into the program is left out."""
    folder = peer_file(*MODULES_HERE, package="apache2-bin")
    names = (
        "mpm_event",
        "unixd",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_user",
        "auth_digest",
        "alias",
        "dir",
        "reflector",
    )
    files = {name: folder / f"mod_{name}.so" for name in names}
    return "\n".join(f"LoadModule {name}_module {path}" for name, path in files.items() if path.exists())


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
            CONFIG.format(
                root=root,
                host=HOST,
                port=port,
                realm=REALM,
                modules=load_modules(),
                nonce_rules=NONCE_RULES[nonces],
            )
        )
        with running([binary, "-D", "FOREGROUND", "-f", str(config)], log) as process:
            wait_until_listening(process, port, log)
            site_url = f"http://{HOST}:{port}/"
            yield DigestServer(site_url, PAGE, f"{site_url}echo", f"{site_url}moved")
