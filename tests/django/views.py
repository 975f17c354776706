"""The pages of the test site, and its URLs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from django.contrib.auth.decorators import permission_required, user_passes_test
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import path
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from digest_http_middleware import log_out as log_out_of_asgi
from digest_http_middleware.django import alog_out, digest_required, log_out
from digest_http_middleware.wsgi import log_out as log_out_of_wsgi


def said(request: Any) -> HttpResponse:
    """Who asks, how that was verified, and with which body."""
    user = request.user
    assert isinstance(user, User if user.is_authenticated else AnonymousUser)
    digest = getattr(request, "digest", None)
    return HttpResponse(f"{user.get_username() or 'nobody'} {digest and digest.qop} {request.body.decode()}")


@csrf_exempt
def plain(request: Any) -> HttpResponse:
    """A plain view."""
    return said(request)


@csrf_exempt
async def awaited(request: Any) -> HttpResponse:
    """A view that awaits its user."""
    assert (await request.auser()) == request.user
    return said(request)


class Both(View):
    """A class with plain methods."""

    def get(self, request: Any) -> HttpResponse:
        """A page."""
        return said(request)


class Awaited(View):
    """A class with methods that await."""

    async def get(self, request: Any) -> HttpResponse:
        """A page."""
        return said(request)


class Rendered(SimpleTemplateResponse):
    """Made of a template, which needs no file here."""

    @property
    def rendered_content(self) -> str:
        """The page."""
        return "rendered late"


@csrf_exempt
@digest_required
def rendered(_request: Any) -> HttpResponse:
    """A response that is rendered when the view is over."""
    return Rendered("none")


@csrf_exempt
@digest_required
def stream(request: Any) -> StreamingHttpResponse:
    """A response whose body nobody knows yet."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"piece "
        yield b"by piece"

    return StreamingHttpResponse(pieces() if hasattr(request, "scope") else [b"piece ", b"by piece"])


@digest_required
def failing(_request: Any) -> HttpResponse:
    """A view that refuses itself."""
    return HttpResponse("not you", status=401, headers={"Authentication-Info": "mine"})


def form(request: Any) -> HttpResponse:
    """A form's fields and files, read after the body was covered."""
    return HttpResponse(f"{request.POST['a']} {request.FILES['f'].read().decode()}")


def asking(request: Any) -> HttpResponse:
    """An open page that asks nobody but those who want more."""
    if not request.user.is_authenticated:
        return HttpResponse("who are you?", status=401)
    return said(request)


def asking_otherwise(_request: Any) -> HttpResponse:
    """A page that asks by another scheme."""
    return HttpResponse("a token?", status=401, headers={"WWW-Authenticate": "Bearer"})


@csrf_exempt
def leave(request: Any) -> HttpResponse:
    """Ends the login."""
    return HttpResponse(str(log_out(request, everywhere="everywhere" in request.GET)))


@csrf_exempt
async def aleave(request: Any) -> HttpResponse:
    """The same, awaiting."""
    return HttpResponse(str(await alog_out(request, everywhere="everywhere" in request.GET)))


@csrf_exempt
async def leave_asgi(request: Any) -> HttpResponse:
    """The same by the function that is meant for other apps of ASGI; WSGI has an environ."""
    place = request if hasattr(request, "scope") else request.environ
    return HttpResponse(str(await log_out_of_asgi(place, everywhere="everywhere" in request.GET)))


@csrf_exempt
def leave_wsgi(request: Any) -> HttpResponse:
    """The same by the function that is meant for other apps of WSGI; ASGI has a scope."""
    place = request.scope if hasattr(request, "scope") else request.environ
    return HttpResponse(str(log_out_of_wsgi(place, everywhere="everywhere" in request.GET)))


def is_editor(user: Any) -> bool:
    """What docs/django.md says to write for a group."""
    if not user.groups.filter(name="editors").exists():
        raise PermissionDenied
    return True


urlpatterns = [
    path("one/change", digest_required(permission_required("auth.change_user", raise_exception=True)(plain))),
    path("one/edit", digest_required(user_passes_test(is_editor)(plain))),
    path("one/awaited-edit", digest_required(user_passes_test(is_editor)(awaited))),
    path("leave", leave),
    path("aleave", aleave),
    path("leave-asgi", leave_asgi),
    path("leave-wsgi", leave_wsgi),
    path("public/leave", leave),
    path("", plain),
    path("public/page", plain),
    path("public/awaited", awaited),
    path("public/asking", asking),
    path("public/bearer", asking_otherwise),
    path("awaited", awaited),
    path("form", csrf_exempt(form)),
    path("one/plain", csrf_exempt(digest_required(plain))),
    path("one/awaited", csrf_exempt(digest_required(awaited))),
    path("one/class", digest_required(Both.as_view())),
    path("one/awaited-class", digest_required(Awaited.as_view())),
    path("one/rendered", rendered),
    path("one/stream", stream),
    path("one/failing", failing),
]
