"""Ways to put a proxy in front of an app, as its users write them, and what is set on our side for each.

`{up}` stands for the app's address. Each way also tells the app the target as it came, in X-Original-URI.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["WAYS", "Way"]

PREFIX = "/svc"


@dataclass(frozen=True, slots=True)
class Way:
    """One server block, virtual host, frontend or site."""

    proxy: str
    name: str
    text: str
    #: What the proxy removes.
    prefix: str = ""
    #: The model that fits; None where nothing is rewritten.
    rewritten_by: str | None = None
    #: Whether only the header helps with every path: there is no model for this way.
    by_header: bool = False

    def __str__(self) -> str:
        return f"{self.proxy} {self.name}"


_KEEP_ENCODED = "AllowEncodedSlashes NoDecode\n"

WAYS = [
    Way("nginx", "as it came", "location / { proxy_pass http://up; }"),
    Way("nginx", "with a URI part", "location / { proxy_pass http://up/; }", rewritten_by="nginx"),
    Way("nginx", "prefix", "location /svc/ { proxy_pass http://up/; }", PREFIX, "nginx"),
    Way(
        "nginx",
        "rewrite",
        "location /svc/ { rewrite ^/svc/(.*)$ /$1 break; proxy_pass http://up; }",
        PREFIX,
        "nginx",
    ),
    Way(
        "nginx",
        "prefix, merge_slashes off",
        "merge_slashes off; location /svc/ { proxy_pass http://up/; }",
        PREFIX,
        by_header=True,
    ),
    Way("apache", "ProxyPass /", _KEEP_ENCODED + "ProxyPass / http://{up}/", rewritten_by="apache"),
    Way("apache", "nocanon", _KEEP_ENCODED + "ProxyPass / http://{up}/ nocanon"),
    Way("apache", "prefix", "ProxyPass /svc/ http://{up}/", PREFIX, "apache"),
    Way("apache", "prefix, NoDecode", _KEEP_ENCODED + "ProxyPass /svc/ http://{up}/", PREFIX, "apache"),
    Way("apache", "prefix, On", "AllowEncodedSlashes On\nProxyPass /svc/ http://{up}/", PREFIX, "nginx"),
    Way("apache", "prefix, nocanon", _KEEP_ENCODED + "ProxyPass /svc/ http://{up}/ nocanon", PREFIX),
    Way("haproxy", "as it came", ""),
    Way("haproxy", "replace-path", "http-request replace-path /svc(/.*) \\1", PREFIX),
    Way("haproxy", "set-path", "http-request set-path %[path,regsub(^/svc/,/)]", PREFIX),
    Way(
        "haproxy",
        "normalize-uri",
        "http-request normalize-uri path-strip-dot\n"
        "  http-request normalize-uri path-strip-dotdot\n"
        "  http-request normalize-uri path-merge-slashes\n"
        "  http-request replace-path /svc(/.*) \\1",
        PREFIX,
        by_header=True,
    ),
    Way("caddy", "as it came", "reverse_proxy {up} {header}", rewritten_by="caddy"),
    Way("caddy", "handle_path", "handle_path /svc/* {{\n reverse_proxy {up} {header}\n}}", PREFIX, "caddy"),
    Way("caddy", "uri strip_prefix", "uri strip_prefix /svc\nreverse_proxy {up} {header}", PREFIX, "caddy"),
    Way(
        "caddy",
        "rewrite",
        "@svc path_regexp rest ^/svc(/.*)$\nrewrite @svc {{re.rest.1}}\nreverse_proxy {up} {header}",
        PREFIX,
        by_header=True,
    ),
]
