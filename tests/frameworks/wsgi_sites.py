"""The small site of sites.py in each framework of WSGI: /me, /role, and the path that the router saw."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from typing import Any

import falcon
import flask
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse
from django.urls import re_path

from digest_http_middleware.falcon import DigestContext
from digest_http_middleware.wsgi import DigestAuthMiddleware as WSGIDigest

with warnings.catch_warnings():
    # Pyramid, and WebOb beneath it, import what is on its way out.
    warnings.simplefilter("ignore")
    from pyramid.config import Configurator
    from pyramid.exceptions import URLDecodeError
    from pyramid.response import Response

__all__ = ["MAKERS", "POLICY"]

#: Whom every site knows.
POLICY: dict[str, Any] = {"users": {"alice": "s3cret", "bob": "b0b"}, "realm": "home", "roles": {"alice": ["admin"]}}


def falcon_wsgi(policy: dict[str, Any]) -> Any:
    """Falcon of the kind that blocks."""

    class Me:
        def on_get(self, request: Any, response: Any) -> None:
            response.text = f"{request.context.user.display_name}:{request.bounded_stream.read().decode()}"

        on_post = on_get

    class Role:
        def on_get(self, request: Any, response: Any) -> None:
            if "admin" not in request.context.user.roles:
                raise falcon.HTTPForbidden
            response.text = request.context.user.display_name

    class Rest:
        def on_get(self, _request: Any, response: Any, rest: str = "") -> None:
            response.text = f"saw:/{rest}"

    app = falcon.App(middleware=[DigestContext()])
    for path, resource in (("/me", Me()), ("/role", Role()), ("/{rest:path}", Rest())):
        app.add_route(path, resource)
    return WSGIDigest(app, **policy)


def flask_site(policy: dict[str, Any]) -> Any:
    """Flask, which takes the name from REMOTE_USER."""
    app = flask.Flask("site", static_folder=None)

    @app.route("/me", methods=["GET", "POST"])
    def me() -> str:
        return f"{flask.request.remote_user}:{flask.request.get_data().decode()}"

    @app.get("/role")
    def admin() -> str:
        user = flask.request.environ["digest_http.user"]
        if "admin" not in user.roles:
            flask.abort(403)
        return str(user.display_name)

    @app.get("/")
    @app.get("/<path:rest>")
    def rest(rest: str = "") -> str:
        return f"saw:/{rest}"

    app.wsgi_app = WSGIDigest(app.wsgi_app, **policy)  # type: ignore[method-assign]  # Flask's own way
    return app


def django_site(policy: dict[str, Any]) -> Any:
    """Django behind the middleware of any WSGI app: the name is where Django's own middleware for REMOTE_USER looks."""
    if not settings.configured:
        # As other rooms do it, for Django's settings are made once a process. The pages are named by each request.
        settings.configure(
            ROOT_URLCONF=types.ModuleType("urls_of_doors"), ALLOWED_HOSTS=["*"], SECRET_KEY="doors", MIDDLEWARE=[],
            LOGGING_CONFIG=None, USE_TZ=True,
        )  # fmt: skip

    def me(request: Any) -> Any:
        return HttpResponse(f"{request.META['REMOTE_USER']}:{request.body.decode()}")

    def admin(request: Any) -> Any:
        if "admin" not in request.META["digest_http.user"].roles:
            raise PermissionDenied
        return HttpResponse(request.META["REMOTE_USER"])

    def rest(_request: Any, rest: str) -> Any:
        return HttpResponse(f"saw:/{rest}")

    pages = (re_path(r"^me$", me), re_path(r"^role$", admin), re_path(r"^(?P<rest>(?s:.*))$", rest))
    handler = WSGIHandler()
    handler.request_class = type("Request", (WSGIRequest,), {"urlconf": pages})
    return WSGIDigest(handler, **policy)


class RemoteUser:
    """Pyramid's way to ask who somebody is and what he may."""

    def identity(self, request: Any) -> Any:
        """The user that the middleware has verified."""
        return request.environ.get("digest_http.user")

    def authenticated_userid(self, request: Any) -> str | None:
        """What `request.authenticated_userid` gives."""
        name: str | None = request.remote_user
        return name

    def permits(self, request: Any, _context: Any, permission: str) -> bool:
        """A permission of a view is a role."""
        return permission in self.identity(request).roles


def pyramid_site(policy: dict[str, Any]) -> Any:
    """Pyramid, with a security policy of four lines."""

    def me(request: Any) -> Any:
        return Response(f"{request.authenticated_userid}:{request.body.decode()}")

    def admin(request: Any) -> Any:
        return Response(request.identity.display_name)

    def rest(request: Any) -> Any:
        return Response(f"saw:/{request.matchdict['rest']}")

    def no_text(_context: Any, _request: Any) -> Any:
        return Response("no UTF-8", status=400)

    config = Configurator()
    config.set_security_policy(RemoteUser())
    config.add_exception_view(no_text, context=URLDecodeError)
    for name, pattern, view, more in (
        ("me", "/me", me, {}),
        ("role", "/role", admin, {"permission": "admin"}),
        ("rest", "/{rest:.*}", rest, {}),
    ):
        config.add_route(name, pattern)
        config.add_view(view, route_name=name, **more)
    return WSGIDigest(config.make_wsgi_app(), **policy)


def plain(policy: dict[str, Any]) -> Any:
    """An app that no framework helps."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        status = "200 OK"
        path = environ["PATH_INFO"].encode("latin-1")
        match path:
            case b"/me":
                body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                answer = environ["REMOTE_USER"].encode("latin-1") + b":" + body
            case b"/role":
                answer, allowed = environ["REMOTE_USER"].encode("latin-1"), "admin" in environ["digest_http.user"].roles
                status = status if allowed else "403 Forbidden"
            case _:
                answer = b"saw:" + path
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
        return [answer]

    return WSGIDigest(app, **policy)


#: Each is called with the keywords of the middleware.
MAKERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "Falcon, WSGI": falcon_wsgi,
    "Flask": flask_site,
    "Django, WSGI": django_site,
    "Pyramid": pyramid_site,
    "plain WSGI": plain,
}
