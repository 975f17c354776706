"""A Django site in this process, and clients for its two handlers."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import django
import httpx
import pytest
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connections
from django.db.backends.signals import connection_created
from django.test.utils import override_settings

REALM = "wonder"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
OURS = "digest_http_middleware.django.DigestAuthMiddleware"


def _connect(databases: dict[str, Any] | None) -> None:
    """Have Django use these databases, or those of its settings again; another room may have had them read before."""
    connections.close_all()
    for alias in list(connections):
        if hasattr(connections._connections, alias):  # noqa: SLF001 - Django has no door for this
            delattr(connections._connections, alias)  # noqa: SLF001 - as above
    connections._settings = databases  # noqa: SLF001 - as above
    connections.__dict__.pop("settings", None)


def _in_haste(connection: Any, **_more: object) -> None:
    """Nothing here has to outlive a power cut. (Django 5.0 has no `init_command` for SQLite.)"""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="module", autouse=True)
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Settings, apps and tables, for as long as the tests of one file run; the folder of the database."""
    folder = tmp_path_factory.mktemp("django")
    if not settings.configured:
        # As another room does it, for Django's settings are made once a process.
        settings.configure(
            ROOT_URLCONF=types.ModuleType("urls_of_doors"), ALLOWED_HOSTS=["*"], SECRET_KEY="doors", MIDDLEWARE=[],
            LOGGING_CONFIG=None, USE_TZ=True,
        )  # fmt: skip
    django.setup()
    project = override_settings(
        SECRET_KEY="a secret of the tests",
        ROOT_URLCONF="tests.django.views",
        INSTALLED_APPS=[
            "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions",
            "digest_http_middleware.django",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        AUTHENTICATION_BACKENDS=["digest_http_middleware.django.backends.DigestBackend"],
        MIDDLEWARE=[*MIDDLEWARE, OURS],
        DIGEST_HTTP={"realm": REALM, "qop": ["auth", "auth-int"], "public": ["/public", "/one"]},
    )  # fmt: skip
    project.enable()
    try:
        connection_created.connect(_in_haste)
        _connect({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db.sqlite3")}})
        call_command("migrate", verbosity=0)
        yield folder
    finally:
        connection_created.disconnect(_in_haste)
        _connect(None)
        project.disable()


#: Seconds: the threads and the database of a test may wait for a machine that builds and tests other things as well.
PATIENCE = 60


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that sets no time limit gets a long one."""
    monkeypatch.setattr("digest_http_middleware.django.site.DEFAULT_TIMEOUT", PATIENCE)


@pytest.fixture
def alice(project: Path) -> Iterator[Any]:
    """A user with a password, who can log in with Digest."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - the apps are ready now

    del project
    model: Any = get_user_model()
    user = model(username="alice")
    user.set_password("s3cret")
    user.save()
    yield user
    model.objects.all().delete()


def ask_wsgi(method: str, target: str, **request: Any) -> httpx.Response:
    """Through the WSGI handler."""
    auth = request.pop("auth", None)
    with httpx.Client(transport=httpx.WSGITransport(WSGIHandler()), base_url="http://site", auth=auth) as http:
        return http.request(method, target, **request)


def ask_asgi(method: str, target: str, **request: Any) -> httpx.Response:
    """Through the ASGI handler."""

    async def asked() -> httpx.Response:
        auth, transport = request.pop("auth", None), httpx.ASGITransport(ASGIHandler())
        async with httpx.AsyncClient(transport=transport, base_url="http://site", auth=auth) as http:
            return await http.request(method, target, **request)

    return anyio.run(asked)


@pytest.fixture(params=[ask_wsgi, ask_asgi], ids=["wsgi", "asgi"])
def ask(request: pytest.FixtureRequest) -> Callable[..., httpx.Response]:
    """Asks one of the handlers."""
    way: Callable[..., httpx.Response] = request.param
    return way
