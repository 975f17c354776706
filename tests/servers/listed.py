"""The servers, and what is known to come of each plug with them: the rows of docs/servers.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.live.httpd import httpd
from tests.live.lighttpd import lighttpd
from tests.servers.by_binary import httpd_proxy, squid, web_server
from tests.servers.by_language import FILES, java, node, ours, php, python, ruby
from tests.servers.sites import Start

__all__ = ["SERVERS", "Server"]

WEBRICK = ("/usr/share/rubygems-integration/*/gems/webrick-*/lib/webrick.rb", "ruby-webrick")
RACK = ("/usr/share/rubygems-integration/*/gems/rack-*/lib/rack/auth/digest/md5.rb", "ruby-rack")
JETTY = ("jetty9-server", "jetty9-security", "jetty9-util", "jetty9-http", "jetty9-io", "servlet-api")


#: What is led on is signed for where it goes. The other libraries carry along what was signed, and it is signed anew.
SIGN_EACH_HOP = {"niquests", "urllib3", "aiohttp"}


@dataclass(frozen=True, slots=True)
class Server:
    """A server, how it is started, and what must come of it."""

    name: str
    start: Start
    offers: str
    in_a_row: str = "20/20 in 21"
    at_once: str = "50/50"
    bodies: str = "all"
    redirect: str = "3 requests"
    wrong: str = "2 requests"
    why: str = ""
    #: Keywords of DigestAuth; `why` tells them.
    settings: Mapping[str, Any] = field(default_factory=dict)
    #: What is otherwise with one of the plugs: by plug, by column.
    but: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def expected(self, plug: str) -> dict[str, str]:
        """What must come of a plug with it."""
        columns = ("offers", "in_a_row", "at_once", "bodies", "redirect", "wrong")
        found = {column: getattr(self, column) for column in columns}
        if plug in SIGN_EACH_HOP and self.redirect != "-":
            found["redirect"] = "2 requests"
        return {**found, **self.but.get(plug, {})}


def httpbin(path: str) -> Start:
    """A page of httpbin; it has no others that ask for Digest."""
    return python("httpbin", page=f"/digest-auth/{path}", echo="", moved="")


#: A server with a page and nothing else.
ONE_PAGE: dict[str, Any] = {"bodies": "-", "redirect": "-"}
#: The library keeps Authorization when it is led on, and this server takes a `uri` of another request.
ANY_URI: dict[str, Any] = {
    "redirect": "2 requests",
    "why": "it does not compare `uri` with the request",
    "but": {"requests": {"redirect": "3 requests"}},
}
#: Its nonce is kept in a cookie, which urllib3 does not keep.
COOKIE: dict[str, Any] = {
    **ANY_URI,
    "why": "it keeps its nonce in a cookie and does not compare `uri` with the request",
    "but": {
        **ANY_URI["but"],
        "urllib3": {"in_a_row": "20/20 in 40", "bodies": "all but generator", "redirect": "4 requests"},
    },
}
#: The plugs that know before the first answer which proxy there is.
AHEAD = {"in_a_row": "20/20 in 21", "bodies": "all", "redirect": "2 requests"}
PROXY: dict[str, Any] = {
    "in_a_row": "20/20 in 40",
    "bodies": "all but generator",
    "redirect": "4 requests",
    "but": {"urllib3": AHEAD, "aiohttp": AHEAD, "niquests": {"redirect": "4 requests"}},
}
SQUID: dict[str, Any] = {
    **PROXY,
    "redirect": "3 requests",
    "why": ANY_URI["why"],
    "but": {**PROXY["but"], "requests": {"redirect": "4 requests"}},
}

# fmt: off
SERVERS = [
    Server("`DigestAuthMiddleware`", ours, "SHA-256, auth; MD5, auth"),
    Server("Apache httpd", web_server(httpd), "MD5, auth"),
    Server("Apache httpd, nonces for one use", web_server(partial(httpd, "one-time")), "MD5, auth"),
    Server("lighttpd", web_server(partial(lighttpd, "SHA-256")), "SHA-256, auth"),
    Server("Tomcat 10", java("TomcatSite", "tomcat10-embed-core", package="libtomcat10-embed-java",
                             settings=("SHA-256,MD5",)), "SHA-256, auth; MD5, auth"),
    Server("Jetty 9", java("JettySite", *JETTY, package="libjetty9-java"), "MD5, auth"),
    Server("CherryPy", python("CherryPy"), "MD5, auth", **ANY_URI),
    Server("Flask-HTTPAuth", python("Flask-HTTPAuth"), "MD5, auth", **COOKIE),
    Server("quart-httpauth", python("quart-httpauth"), "MD5, auth", **COOKIE),
    Server("wsgidav", python("wsgidav", **FILES), "MD5, auth", redirect="-"),
    Server("Paste", python("Paste"), "MD5, auth"),
    Server("tornado-http-auth", python("tornado-http-auth"), "MD5, auth"),
    Server("httpauth (RFC 2069)", python("httpauth"), "MD5, no qop"),
    Server("httpbin, MD5", httpbin("auth/alice/s3cret"), "MD5, auth", **ONE_PAGE),
    Server("httpbin, auth-int", httpbin("auth-int/alice/s3cret/SHA-256"), "SHA-256, auth-int", **ONE_PAGE),
    Server("WEBrick", ruby("WEBrick", *WEBRICK), "MD5-sess, auth"),
    Server("WEBrick, `CheckNc`", ruby("WEBrick, CheckNc", *WEBRICK), "MD5-sess, auth"),
    Server("WEBrick, auth-int", ruby("WEBrick, auth-int", *WEBRICK, echo=""), "MD5-sess, auth-int", bodies="-",
           settings={"verify": "off"},
           why='its proof covers the body of the request, so `verify="off"`; it takes bodies and loses them'),
    Server("Rack", ruby("Rack", *RACK), "MD5, auth"),
    Server("http-auth (Node)", node("http-auth"), "MD5, auth"),
    Server("passport-http (Node)", node("passport-http"), "MD5, auth"),
    Server("webdav-server (Node)", node("webdav-server", **FILES), "MD5, auth", redirect="-"),
    Server("PHP", php, "MD5, auth"),
    Server("Squid, a proxy", squid, "MD5, auth", **SQUID),
    Server("Apache httpd, a proxy", httpd_proxy, "MD5, auth", **PROXY),
]
