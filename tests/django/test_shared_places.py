"""Django's cache, and a copy of its database: neither knows what was said to the login since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.views.decorators.cache import cache_control, cache_page
from django.views.decorators.csrf import csrf_exempt

from digest_http_client_auth import DigestAuth
from digest_http_middleware.beside import Beside
from digest_http_middleware.django import digest_required
from digest_http_middleware.django.rows import digest_logouts
from tests.attacks.signing import Signer, parameters
from tests.django.conftest import MIDDLEWARE, OURS, REALM

# What caches keep of Django's answers hangs on no interpreter.
pytestmark = [pytest.mark.usefixtures("alice"), pytest.mark.once]

CACHE = ["django.middleware.cache.UpdateCacheMiddleware", "django.middleware.cache.FetchFromCacheMiddleware"]
MADE: list[str] = []


@csrf_exempt
def page(request: Any) -> HttpResponse:
    """A page of the user's own."""
    MADE.append(request.path)
    return HttpResponse(request.user.get_username())


def urls() -> Any:
    """The pages, in a module's place: the decorator of the cache asks for settings."""
    patterns = [
        path("page", page),
        path("own", cache_control(max_age=60)(page)),
        path("decorated", cache_page(60)(digest_required(page))),
        path("public", cache_control(public=True)(page)),
        path("shared", cache_control(s_maxage=60)(page)),
    ]
    return type("Urls", (), {"urlpatterns": patterns})


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    """The cache is where it should not be: before the login."""
    token = Beside(lambda scope: "alice" if (b"x-token", b"t") in scope["headers"] else None)
    settings = {"realm": REALM, "beside": [token], "protect": lambda request: request.path != "/decorated"}
    middleware = [*CACHE, *MIDDLEWARE, OURS]
    with override_settings(MIDDLEWARE=middleware, DIGEST_HTTP=settings, ROOT_URLCONF=urls()):
        cache.clear()
        MADE.clear()
        yield
        cache.clear()


@pytest.mark.parametrize("target", ["/page", "/own", "/decorated"])
def test_a_header_is_good_once_before_a_cache_too(ask, target):
    """The cache keeps no answer to a user, so the same header reaches the login and is refused."""
    signer = Signer(parameters(ask("GET", target).headers.get_list("www-authenticate")[0].encode()), "alice", "s3cret")
    field = {"Authorization": signer.sign("GET", target)}
    answer = ask("GET", target, headers=field)
    assert (answer.status_code, answer.text) == (200, "alice")
    assert "private" in answer.headers["cache-control"]
    assert ask("GET", target, headers=field).status_code == 401
    assert [target] == MADE


@pytest.mark.parametrize("target", ["/page", "/own", "/decorated"])
def test_an_answer_to_another_way_is_for_nobody_else(ask, target):
    """Whatever tells its users apart is in no Vary."""
    assert ask("GET", target, headers={"X-Token": "t"}).text == "alice"
    assert ask("GET", target).status_code == 401
    assert ask("GET", target, headers={"X-Token": "revoked"}).status_code == 401


@pytest.mark.parametrize("target", ["/public", "/shared"])
def test_who_means_a_shared_cache_has_it(ask, target):
    """What the view says of caches stays."""
    answer = ask("GET", target, auth=DigestAuth("alice", "s3cret"))
    assert "private" not in answer.headers["cache-control"]


class Replicas:
    """Reads go to a copy, which is behind."""

    def db_for_read(self, *_about: Any, **_hints: Any) -> str:
        """The copy."""
        return "replica"

    def db_for_write(self, *_about: Any, **_hints: Any) -> str:
        """The database."""
        return "default"


def test_logouts_are_read_where_they_are_written():
    """Whatever else a router sends to a copy."""
    with override_settings(DATABASE_ROUTERS=[f"{__name__}.Replicas"]):
        assert digest_logouts().db == "default"
        assert digest_logouts().all().filter(realm=REALM).db == "default"
