"""Django in one file: users of Django's own, who log in with Digest.

Run: python django_site.py migrate; python django_site.py createsuperuser; python django_site.py digest_password NAME;
and then: uvicorn django_site:application
"""  # noqa: INP001  # a script

from __future__ import annotations

import os
import sys

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse
from django.urls import path

if not settings.configured:
    settings.configure(
        # In earnest it comes from the environment; the keys of the nonces are made of it.
        SECRET_KEY=os.environ.get("SECRET_KEY", "of an example, known to everybody"),
        ALLOWED_HOSTS=["localhost", "127.0.0.1"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("SITE_DB", "site.db")}},
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "digest_http_middleware.django",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        AUTHENTICATION_BACKENDS=["digest_http_middleware.django.backends.DigestBackend"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "digest_http_middleware.django.DigestAuthMiddleware",
        ],
        DIGEST_HTTP={"realm": "Django site", "protect": ["/me", "/staff"]},
    )
    django.setup()


def home(_request: HttpRequest) -> HttpResponse:
    """A page for everybody."""
    return HttpResponse("Hello")


async def me(request: HttpRequest) -> HttpResponse:
    """A page for users."""
    return HttpResponse(f"Hello {request.user.get_username()}")


def staff(request: HttpRequest) -> HttpResponse:
    """A page for users with a flag of Django's own."""
    return HttpResponse("Staff") if request.user.is_staff else HttpResponse("This is for staff", status=403)


urlpatterns = [path("", home), path("me", me), path("staff", staff)]
application = get_asgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
