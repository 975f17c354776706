"""Python servers that ask for Digest, each as its documentation says.

usage: python python_servers.py SERVER PORT FOLDER: a name of SERVERS, and where a server of files finds its files.

It runs in an environment of its own, where this project is not installed. Each serves what `answer` says, or files.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from typing import Any

HOST, USER, PASSWORD, REALM = "127.0.0.1", "alice", "s3cret", "wonder"
#: Connections that may wait for a thread: more than any client opens at once.
WAITING = 128
METHODS = ["GET", "POST", "PUT"]

Answer = tuple[int, dict[str, str], bytes]


def answer(path: str, body: bytes) -> Answer:
    """A page, a redirect to it, or the body as it came."""
    if path == "/moved":
        return 302, {"Location": "/page"}, b""
    return 200, {"Content-Type": "application/octet-stream"}, body if path == "/echo" else b"in\n"


def pages(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The same for WSGI."""
    status, fields, body = answer(environ["PATH_INFO"], environ["wsgi.input"].read())
    start_response(f"{status} -", [*fields.items(), ("Content-Length", str(len(body)))])
    return [body]


def on_cheroot(app: Any, port: int) -> None:
    """A WSGI app on the server that CherryPy and wsgidav bring."""
    from cheroot.wsgi import Server

    Server((HOST, port), app, request_queue_size=WAITING).start()


def flask_httpauth(port: int, _: str) -> None:
    """Its nonce is kept in a cookie."""
    from flask import Flask, request
    from flask_httpauth import HTTPDigestAuth

    app = Flask(__name__)
    app.secret_key = "of the session"
    digest = HTTPDigestAuth(realm=REALM)
    digest.get_password({USER: PASSWORD}.get)

    @app.before_request
    def read() -> None:
        # What is refused is read too, or the connection may end while the client still sends.
        request.get_data()

    @app.route("/<path:_path>", methods=METHODS)
    @digest.login_required
    def page(_path: str) -> Any:
        status, fields, body = answer(request.path, request.get_data())
        return body, status, fields

    on_cheroot(app, port)


def quart_httpauth(port: int, _: str) -> None:
    """The same, asynchronous."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from quart import Quart, request
    from quart_httpauth import HTTPDigestAuth

    app = Quart(__name__)
    app.secret_key = "of the session"
    digest = HTTPDigestAuth(realm=REALM)
    digest.get_password({USER: PASSWORD}.get)

    @app.before_request
    async def read() -> None:
        # As above.
        await request.get_data()

    @app.route("/<path:_path>", methods=METHODS)
    @digest.login_required
    async def page(_path: str) -> Any:
        sent = await request.get_data()
        assert isinstance(sent, bytes)
        status, fields, body = answer(request.path, sent)
        return body, status, fields

    config = Config()
    config.bind = [f"{HOST}:{port}"]
    asyncio.run(serve(app, config))


def cherrypy(port: int, _: str) -> None:
    """With its own tool; the body is left to the page."""
    import cherrypy
    from cherrypy.lib import auth_digest

    class Pages:
        @cherrypy.expose
        def default(self, *_path: str, **_query: str) -> bytes:
            request, response = cherrypy.request, cherrypy.response
            response.status, fields, body = answer(request.path_info, request.rfile.read())
            response.headers.update(fields)
            return body

    settings = {
        "request.process_request_body": False,
        "tools.auth_digest.on": True,
        "tools.auth_digest.realm": REALM,
        "tools.auth_digest.get_ha1": auth_digest.get_ha1_dict_plain({USER: PASSWORD}),
        "tools.auth_digest.key": "of the nonces",
        "tools.auth_digest.accept_charset": "UTF-8",
    }
    host = {"server.socket_host": HOST, "server.socket_port": port, "server.socket_queue_size": WAITING}
    cherrypy.config.update({**host, "engine.autoreload.on": False, "environment": "production"})
    cherrypy.quickstart(Pages(), "/", {"/": settings})


def wsgidav(port: int, folder: str) -> None:
    """A WebDAV server of files."""
    from wsgidav.wsgidav_app import WsgiDAVApp

    login = {"accept_basic": False, "accept_digest": True, "default_to_digest": True}
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/": folder},
            "http_authenticator": login,
            "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
            "logging": {"enable": False},
        }
    )
    on_cheroot(app, port)


def paste(port: int, _: str) -> None:
    """The oldest of all."""
    from paste.auth.digest import AuthDigestHandler, digest_password

    def hashed(_environ: Any, realm: str, username: str) -> str | None:
        return digest_password(realm, username, PASSWORD) if username == USER else None

    on_cheroot(AuthDigestHandler(pages, REALM, hashed), port)


def httpauth(port: int, _: str) -> None:
    """RFC 2069, without qop."""
    from httpauth import DictHttpAuthMiddleware

    on_cheroot(DictHttpAuthMiddleware({USER: PASSWORD}, wsgi_app=pages, realm=REALM), port)


def tornado(port: int, _: str) -> None:
    """With tornado-http-auth."""
    from tornado.web import Application, RequestHandler
    from tornado_http_auth import DigestAuthMixin, auth_required

    class Page(DigestAuthMixin, RequestHandler):  # type: ignore[misc]  # the libraries are not installed here
        @auth_required(realm=REALM, auth_func={USER: PASSWORD}.get)
        def get(self) -> None:
            status, fields, body = answer(self.request.path, self.request.body)
            self.set_status(status)
            for name, value in fields.items():
                self.set_header(name, value)
            self.write(body)

        put = post = get

        def check_xsrf_cookie(self) -> None:
            """No forms are shown."""

    async def serve() -> None:
        Application([("/.*", Page)]).listen(port, HOST)
        await asyncio.Event().wait()

    asyncio.run(serve())


def httpbin(port: int, _: str) -> None:
    """The public test site; its path says what it asks for."""
    from httpbin import app

    on_cheroot(app, port)


SERVERS: dict[str, Callable[[int, str], None]] = {
    "Flask-HTTPAuth": flask_httpauth,
    "quart-httpauth": quart_httpauth,
    "CherryPy": cherrypy,
    "wsgidav": wsgidav,
    "Paste": paste,
    "httpauth": httpauth,
    "tornado-http-auth": tornado,
    "httpbin": httpbin,
}

if __name__ == "__main__":
    SERVERS[sys.argv[1]](int(sys.argv[2]), sys.argv[3])
