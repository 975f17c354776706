"""lighttpd with mod_auth: one digest algorithm, users from an htdigest file, and a CGI script that echoes the body."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.live.httpd import REALM, htdigest_line
from tests.live.peers import HOST, DigestServer, free_port, program, running, server_root, wait_until_listening
from tests.live.serving import PASSWORD, USER

CONFIG = """\
server.modules = ( "mod_auth", "mod_authn_file", "mod_cgi", "mod_redirect" )
server.document-root = "{root}/site"
server.bind = "{host}"
server.port = {port}
index-file.names = ( "index.html" )
server.max-keep-alive-requests = 1000
mimetype.assign = ( ".html" => "text/html" )
url.redirect = ( "^/moved$" => "/" )
cgi.assign = ( ".sh" => "/bin/sh" )
auth.backend = "htdigest"
auth.backend.htdigest.userfile = "{root}/users.htdigest"
auth.require = ( "/" => (
    "method" => "digest",
    "algorithm" => "{algorithm}",
    "realm" => "{realm}",
    "require" => "valid-user"
) )
"""

PAGE = "hello from lighttpd\n"
ECHO = """\
printf 'Content-Type: application/octet-stream\\r\\n\\r\\n'
cat
"""

#: RFC 7616's name of an algorithm -> what hashlib calls the hash that makes its HA1.
HASHES = {"MD5": "md5", "SHA-256": "sha256"}


@contextmanager
def lighttpd(algorithm: str) -> Iterator[DigestServer]:
    """A fresh lighttpd on the loopback address that asks for ``algorithm`` and for no other."""
    binary = program("lighttpd", package="lighttpd")
    port = free_port()
    with server_root() as root:
        site = root / "site"
        site.mkdir()
        (site / "index.html").write_text(PAGE)
        (site / "echo.sh").write_text(ECHO)
        (root / "users.htdigest").write_text(htdigest_line(USER, REALM, PASSWORD, HASHES[algorithm]))
        config, log = root / "lighttpd.conf", root / "output.log"
        config.write_text(CONFIG.format(root=root, host=HOST, port=port, algorithm=algorithm, realm=REALM))
        with running([binary, "-D", "-f", str(config)], log) as process:
            wait_until_listening(process, port, log)
            site_url = f"http://{HOST}:{port}/"
            yield DigestServer(site_url, PAGE, f"{site_url}echo.sh", f"{site_url}moved")
