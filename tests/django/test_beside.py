"""Django: other ways beside Digest. The first that knows somebody wins; one 401 has all challenges."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ImproperlyConfigured
from django.test.utils import override_settings

from digest_http.errors import ConfigurationError
from digest_http_client_auth import DigestAuth
from digest_http_middleware import DigestUser
from digest_http_middleware.beside import Beside, bearer
from digest_http_middleware.django.beside import password, session
from digest_http_middleware.django.hashes import delete_digest_password
from tests.attacks.signing import parameters
from tests.django.conftest import MIDDLEWARE, OURS, REALM

pytestmark = pytest.mark.usefixtures("alice")


def check_token(token: str) -> Any:
    """A name, a user of ours or of Django's, a name that no user has, or nobody."""
    users: Any = auth.get_user_model().objects
    found = {
        "name": lambda: "alice",
        "user": lambda: DigestUser("alice"),
        "djangos": lambda: users.get(username="alice"),
        "stranger": lambda: "nobody",
        "number": lambda: 7,
    }
    return found[token]() if token in found else None


async def await_token(token: str) -> Any:
    """The same for views that await."""
    return "alice" if token == "awaited" else None


TARGETS = ["/", "/awaited", "/public/page", "/one/plain", "/one/awaited", "/one/awaited-class"]
WAYS = [bearer(check_token, REALM), password(REALM), session()]


@pytest.fixture(autouse=True)
def ways() -> Iterator[None]:
    """The site has them all."""
    with override_settings(DIGEST_HTTP={"realm": REALM, "public": ["/public"], "optional": True, "beside": WAYS}):
        yield


def by_token(token: str) -> dict[str, str]:
    """A field."""
    return {"Authorization": f"Bearer {token}"}


def by_basic(name: str, word: str) -> dict[str, str]:
    """A field."""
    return {"Authorization": "Basic " + b64encode(f"{name}:{word}".encode()).decode()}


def by_session(user: Any) -> dict[str, str]:
    """The cookie of somebody who has logged in with a form."""
    kept: Any = SessionStore()
    kept[auth.SESSION_KEY] = str(user.pk)
    kept[auth.BACKEND_SESSION_KEY] = "digest_http_middleware.django.backends.DigestBackend"
    kept[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    kept.create()
    return {"Cookie": f"sessionid={kept.session_key}"}


@pytest.mark.parametrize("target", TARGETS)
def test_each_way(ask, alice, target):
    """The view sees a user of Django's, whoever has found him. What is Digest alone is not there."""
    for fields in (
        by_token("name"), by_token("user"), by_token("djangos"), by_basic("alice", "s3cret"), by_session(alice),
    ):  # fmt: skip
        answer = ask("GET", target, headers=fields)
        assert (answer.status_code, answer.text) == (200, "alice None "), fields
        assert "authentication-info" not in answer.headers
        assert "Authorization" in answer.headers["vary"]
    # A client signs where it is asked to.
    if not target.startswith("/public"):
        assert ask("GET", target, auth=DigestAuth("alice", "s3cret")).text == "alice auth "


@pytest.mark.parametrize("target", ["/", "/one/plain", "/one/awaited"])
def test_nobody(ask, alice, target):
    """One 401 with all challenges, each in a field of its own; a name that no user has is nobody."""
    fields_of_nobody = [by_token("x"), by_token("stranger"), by_basic("alice", "x"), by_basic("x", "s3cret")]
    for fields in [{}, {"Cookie": "sessionid=x"}, *fields_of_nobody]:
        answer = ask("GET", target, headers=fields)
        assert answer.status_code == 401
        values = answer.headers.get_list("www-authenticate")
        assert [value.split()[0] for value in values] == ["Digest", "Digest", "Bearer", "Basic"]
        assert {parameters(value.encode())["realm"] for value in values[:2]} == {REALM}
    alice.is_active = False
    alice.save()
    for fields in (by_token("name"), by_token("djangos"), by_basic("alice", "s3cret"), by_session(alice)):
        assert ask("GET", target, headers=fields).status_code == 401


def test_digest_is_judged_alone(ask, alice):
    """Wrong Digest credentials are refused, whoever else might know the request."""
    answer = ask("GET", "/", headers={"Authorization": "Digest x", **by_session(alice)})
    assert answer.status_code == 400
    assert ask("GET", "/", headers=by_session(alice), auth=DigestAuth("alice", "wrong")).status_code in {200, 401}


def test_a_page_that_asks(ask):
    """A public page knows nobody without credentials; the 401 of its view gets all challenges."""
    assert ask("GET", "/public/page").text == "nobody None "
    values = ask("GET", "/public/asking").headers.get_list("www-authenticate")
    assert [value.split()[0] for value in values] == ["Digest", "Digest", "Bearer", "Basic"]
    assert ask("GET", "/public/asking", headers=by_token("name")).text == "alice None "


def test_a_password_makes_ha1(ask, alice):
    """Who comes by Basic can come by Digest the next time: users who were there before."""
    delete_digest_password(alice)
    assert ask("GET", "/", auth=DigestAuth("alice", "s3cret")).status_code == 401
    assert ask("GET", "/", headers=by_basic("alice", "s3cret")).status_code == 200
    assert ask("GET", "/", auth=DigestAuth("alice", "s3cret")).text == "alice auth "


def test_a_way_that_awaits():
    """Views that await take it; where nobody can, the source counts as down, and nobody is let in."""
    from tests.django.conftest import ask_asgi, ask_wsgi  # noqa: PLC0415 - both at once, here alone

    with override_settings(DIGEST_HTTP={"realm": REALM, "beside": [bearer(await_token, REALM)]}):
        with override_settings(MIDDLEWARE=[OURS]):
            assert ask_asgi("GET", "/awaited", headers=by_token("awaited")).text == "alice None "
            assert ask_asgi("GET", "/awaited", headers=by_token("x")).status_code == 401
        assert ask_wsgi("GET", "/", headers=by_token("awaited")).status_code == 503


@pytest.mark.parametrize("way", ["raises", "number", "session"])
def test_a_way_that_fails(ask, caplog, way):
    """503, and the log says why: what raises, gives what is no user, or lacks the layer that it needs."""

    def raises(_request: Any) -> None:
        raise ImproperlyConfigured("no such place")

    ways = {"raises": Beside(raises), "number": bearer(check_token, REALM), "session": session()}
    layers = [OURS] if way == "session" else [*MIDDLEWARE, OURS]
    with override_settings(DIGEST_HTTP={"realm": REALM, "beside": [ways[way]]}, MIDDLEWARE=layers):
        answer = ask("GET", "/", headers=by_token("number"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    said = {
        "raises": "no such place",
        "number": "int: return a name, a Django",
        "session": "AuthenticationMiddleware in",
    }
    assert said[way] in caplog.text
    assert "users-down" in caplog.text


def test_settings_that_import_the_ways():
    """They stand in settings.py, which is read before Django is ready."""
    program = (
        "import sys, types\n"
        "from digest_http_middleware.beside import bearer\n"
        "from digest_http_middleware.django.beside import password, session\n"
        "made = types.ModuleType('made_settings')\n"
        "made.SECRET_KEY, made.INSTALLED_APPS = 'x' * 50, ['django.contrib.contenttypes', 'django.contrib.auth',"
        " 'digest_http_middleware.django']\n"
        "made.AUTHENTICATION_BACKENDS = ['digest_http_middleware.django.backends.DigestBackend']\n"
        "made.DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n"
        "made.DIGEST_HTTP = {'realm': 'r', 'beside': [bearer(str, 'r'), password('r'), session()]}\n"
        "sys.modules['made_settings'] = made\n"
        "import os\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'made_settings'\n"
        "from django.core.management import execute_from_command_line\n"
        "execute_from_command_line(['manage.py', 'check'])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys\nsys.path[:] = {sys.path!r}\n{program}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_realm_that_cannot_be_one():
    """It is refused where it is written."""
    with pytest.raises(ConfigurationError, match="realm"):
        password("")
