"""The four proxies as child processes: one each, with a port for every way and for each of the app's two parsers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.live.peers import HOST, free_port, program, running, server_root, wait_until_listening
from tests.proxies.configurations import WAYS, Way
from tests.support.apache import main_section

__all__ = ["Ports", "free_ports", "proxies"]

#: By way and the app's parser.
Ports = dict[tuple[Way, str], int]

#: Address and port, by way and the app's port.
Listening = Mapping[tuple[Way, int], str]

_NGINX = """\
daemon off;
master_process off;
pid {root}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    keepalive_requests 100000;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Original-URI $request_uri;
{servers}
}}
"""
_APACHE_HOST = """\
Listen {listen}
<VirtualHost {listen}>
ProxyPreserveHost On
SetEnvIfExpr "%{{THE_REQUEST}} =~ m#^\\S+ (\\S+)#" ORIGINAL=$1
RequestHeader set X-Original-URI %{{ORIGINAL}}e
{text}
</VirtualHost>
"""
_HAPROXY = """\
global
  expose-experimental-directives
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
{servers}
"""
_CADDY = """\
{
 admin off
 auto_https off
 log {
  level ERROR
 }
}
"""


def _nginx(root: Path, listening: Listening) -> tuple[str, list[str]]:
    ups = {up: f"upstream up{up} {{ server {HOST}:{up}; keepalive 4; }}" for _, up in listening}
    servers = [
        f"server {{ listen {listen}; {way.text.replace('http://up', f'http://up{up}')} }}"
        for (way, up), listen in listening.items()
    ]
    config = _write(root / "nginx.conf", _NGINX.format(root=root, servers="\n".join([*ups.values(), *servers])))
    return "nginx", [program("nginx", package="nginx"), "-p", str(root), "-c", config]


def _apache(root: Path, listening: Listening) -> tuple[str, list[str]]:
    main = main_section(root, ["proxy", "proxy_http", "headers", "setenvif"])
    servers = "".join(
        _APACHE_HOST.format(listen=listen, text=way.text.format(up=f"{HOST}:{up}"))
        for (way, up), listen in listening.items()
    )
    config = _write(root / "httpd.conf", main + servers)
    return "apache", [program("apache2", "httpd", package="apache2-bin"), "-D", "FOREGROUND", "-f", config]


def _haproxy(root: Path, listening: Listening) -> tuple[str, list[str]]:
    servers = "".join(
        f"listen way{number}\n  bind {listen}\n  http-request set-header X-Original-URI %[pathq]\n"
        f"  {way.text}\n  server up {HOST}:{up}\n"
        for number, ((way, up), listen) in enumerate(listening.items())
    )
    config = _write(root / "haproxy.cfg", _HAPROXY.format(servers=servers))
    return "haproxy", [program("haproxy", package="haproxy"), "-db", "-q", "-f", config]


def _caddy(root: Path, listening: Listening) -> tuple[str, list[str]]:
    header = "{\n header_up X-Original-URI {http.request.orig_uri}\n}"
    sites = [
        f"http://:{listen.rpartition(':')[2]} {{\n bind {HOST}\n"
        f"{way.text.format(up=f'{HOST}:{up}', header=header)}\n}}\n"
        for (way, up), listen in listening.items()
    ]
    config = _write(root / "Caddyfile", _CADDY + "".join(sites))
    return "caddy", [program("caddy", package="caddy"), "run", "--config", config, "--adapter", "caddyfile"]


_STARTED: Mapping[str, Callable[[Path, Listening], tuple[str, list[str]]]] = {
    "nginx": _nginx,
    "apache": _apache,
    "haproxy": _haproxy,
    "caddy": _caddy,
}


def free_ports(count: int) -> list[int]:
    """TCP ports that are free and no two the same: some of the proxies share a port without a word."""
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return list(found)


@contextmanager
def proxies(ups: Mapping[str, int]) -> Iterator[Ports]:
    """All four, in front of the app, which has a port for each parser; their own ports."""
    keys = [(way, parser) for way in WAYS for parser in ups]
    ports: Ports = dict(zip(keys, free_ports(len(keys)), strict=True))
    with server_root() as root, ExitStack() as stack:
        commands = []
        for proxy, write in _STARTED.items():
            folder = root / proxy
            folder.mkdir()
            own = {key: port for key, port in ports.items() if key[0].proxy == proxy}
            commands.append(
                write(folder, {(way, ups[parser]): f"{HOST}:{port}" for (way, parser), port in own.items()})
            )
        started = {}
        for proxy, command in commands:
            folder = root / proxy
            # Caddy keeps its state in the home folder.
            env = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
            started[proxy] = stack.enter_context(running(command, folder / "output.log", env))
        for (way, _), port in ports.items():
            wait_until_listening(started[way.proxy], port, root / way.proxy / "output.log")
        yield ports


def _write(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    return str(file)
