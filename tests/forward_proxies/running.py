"""Squid and Apache as proxies that want Digest, and two servers behind them: one for http, one for https."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.client_auth.strict_server import StrictServer
from tests.forward_proxies.own_proxy import read_body
from tests.live.httpd import htdigest_line
from tests.live.peers import HOST, free_port, peer_file, program, running, server_root, wait_until_listening
from tests.stores_shared.tls import certificate
from tests.support.apache import main_section

__all__ = ["NAME", "PASSWORD", "PROXIES", "Site", "Sites", "sites"]

NAME = "bob"
PASSWORD = "pr0xy"
REALM = "way out"

_SQUID = """\
http_port {host}:{port}
pid_filename none
cache_log /dev/null
access_log none
cache deny all
shutdown_lifetime 0 seconds
auth_param digest program {helper} -c {users}
auth_param digest children 2 startup=1
auth_param digest realm {realm}
auth_param digest check_nonce_count on
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
"""
_APACHE = """\
Listen {host}:{port}
AuthDigestShmemSize 256K
ProxyRequests On
AllowCONNECT {tls}
<Proxy "*">
    AuthType Digest
    AuthName "{realm}"
    AuthDigestProvider file
    AuthUserFile "{users}"
    Require valid-user
</Proxy>
"""
_MODULES = ("authn_file", "authz_user", "auth_digest", "proxy", "proxy_http", "proxy_connect")


@dataclass
class Site:
    """A server. `seen` holds the fields of each request that reached it, names in lower case."""

    url: str
    digest: StrictServer | None = None
    seen: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@dataclass
class Sites:
    """A server for http, one for https, and the certificate that the second one is known by."""

    plain: Site
    tls: Site
    authority: Path

    def all(self) -> tuple[Site, Site]:
        """Both."""
        return self.plain, self.tls


def _handler_for(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            fields = {name.lower(): value for name, value in self.headers.items()}
            body = read_body(self.rfile, fields)
            site.seen.append(fields)
            site.bodies.append(body)
            if site.digest is None or self.path.startswith("/public"):
                status, sent, content = 407 if self.path == "/407" else 200, [], b"hello"
                if status == 407:
                    sent = [("Proxy-Authenticate", 'Digest realm="way out", nonce="n", qop="auth"')]
                if self.path.startswith("/public/to/"):
                    where = self.path.removeprefix("/public/to/")
                    status, sent = 307, [("Location", where if "://" in where else f"/{where}")]
            else:
                status, sent, content = site.digest.answer(self.command, self.path, fields, body)
            self.send_response(status)
            for name, value in (*sent, ("Content-Length", str(len(content)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_CONNECT = answer  # noqa: N815  # as the library calls them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def _served(scheme: str, context: ssl.SSLContext | None) -> Iterator[Site]:
    site = Site("")
    server = ThreadingHTTPServer((HOST, 0), _handler_for(site))
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site.url = f"{scheme}://{HOST}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def sites(folder: Path) -> Iterator[Sites]:
    """Both servers, on the loopback address."""
    pem, key = certificate(folder, HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with _served("http", None) as plain, _served("https", context) as tls:
        yield Sites(plain, tls, pem)


@contextmanager
def squid(_tls_port: int) -> Iterator[str]:
    """A fresh Squid; its URL."""
    binary = program("squid", package="squid")
    helper = peer_file("/usr/lib*/squid/digest_file_auth", "/usr/libexec/squid/digest_file_auth", package="squid")
    port = free_port()
    with server_root() as root:
        users, config, log = root / "users", root / "squid.conf", root / "output.log"
        users.write_text(htdigest_line(NAME, REALM, PASSWORD))
        config.write_text(_SQUID.format(host=HOST, port=port, users=users, helper=helper, realm=REALM))
        with running([binary, "-N", "-f", str(config)], log) as process:
            wait_until_listening(process, port, log)
            yield f"http://{HOST}:{port}"


@contextmanager
def apache(tls_port: int) -> Iterator[str]:
    """A fresh Apache with mod_proxy and mod_proxy_connect; its URL."""
    binary = program("apache2", "httpd", package="apache2-bin")
    port = free_port()
    with server_root() as root:
        users, config, log = root / "users", root / "httpd.conf", root / "output.log"
        users.write_text(htdigest_line(NAME, REALM, PASSWORD))
        values = {"host": HOST, "port": port, "users": users, "realm": REALM, "tls": tls_port}
        config.write_text(main_section(root, _MODULES) + _APACHE.format(**values))
        with running([binary, "-D", "FOREGROUND", "-f", str(config)], log) as process:
            wait_until_listening(process, port, log)
            yield f"http://{HOST}:{port}"


#: Each takes the port that CONNECT is to be allowed for.
PROXIES: dict[str, Callable[[int], AbstractContextManager[str]]] = {"squid": squid, "apache": apache}
