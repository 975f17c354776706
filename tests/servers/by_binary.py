"""Servers and proxies that are programs: Apache httpd, lighttpd, Squid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.live.peers import HOST, DigestServer, peer_file, program
from tests.servers.by_language import open_pages
from tests.servers.sites import REALM, Site, Start, child
from tests.support.apache import main_section

__all__ = ["httpd_proxy", "squid", "web_server"]

#: root starts it, and it becomes who may read its files; run by anybody else, it stays who it is.
SQUID = """\
http_port {host}:{port}
auth_param digest program {helper} -c {root}/users
auth_param digest children 2 startup=1
auth_param digest realm {realm}
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
cache deny all
cache_effective_user nobody
pid_filename none
access_log none
cache_log /dev/stderr
cache_store_log none
coredump_dir {root}
shutdown_lifetime 0 seconds
visible_hostname {host}
"""

HTTPD = """\
Listen {host}:{port}
AuthDigestShmemSize 256K
ProxyRequests On
<Proxy "*">
    AuthType Digest
    AuthName "{realm}"
    AuthDigestProvider file
    AuthUserFile "{root}/users"
    Require valid-user
</Proxy>
"""
MODULES = ("authn_file", "authz_user", "auth_digest", "proxy", "proxy_http")


def written(root: Path, text: str) -> str:
    """A configuration, as a file."""
    file = root / "configuration"
    file.write_text(text)
    return str(file)


@contextmanager
def proxied(command: Callable[[int, Path], list[str]]) -> Iterator[Site]:
    """A proxy, and behind it the pages that all servers here have, which ask for nothing."""
    with open_pages() as behind, child(command) as site:
        yield Site(site.port, origin=behind.port)


def squid() -> AbstractContextManager[Site]:
    """Squid, with its own helper for htdigest files."""
    binary = program("squid", package="squid")
    helper = peer_file("/usr/lib/squid/digest_file_auth", "/usr/lib64/squid/digest_file_auth", package="squid")

    def command(port: int, root: Path) -> list[str]:
        text = SQUID.format(host=HOST, port=port, root=root, helper=helper, realm=REALM)
        return [binary, "-N", "-n", f"digest{port}", "-f", written(root, text)]

    return proxied(command)


def httpd_proxy() -> AbstractContextManager[Site]:
    """Apache httpd as a proxy."""
    binary = program("apache2", "httpd", package="apache2-bin")

    def command(port: int, root: Path) -> list[str]:
        text = main_section(root, MODULES) + HTTPD.format(host=HOST, port=port, root=root, realm=REALM)
        return [binary, "-D", "FOREGROUND", "-f", written(root, text)]

    return proxied(command)


def web_server(opened: Callable[[], AbstractContextManager[DigestServer]]) -> Start:
    """A server of tests/live."""

    @contextmanager
    def start() -> Iterator[Site]:
        with opened() as server:
            page, echo, moved = (urlsplit(url) for url in (server.page_url, server.echo_url, server.moved_url))
            assert page.port is not None
            yield Site(page.port, page.path, echo.path, moved.path)

    return start
