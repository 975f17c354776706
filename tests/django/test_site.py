"""Django behind the middleware and the decorator: who the view sees, what the client is told, what does not pass."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from django import VERSION
from django.contrib.auth.signals import user_login_failed
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from digest_http_client_auth import DigestAuth
from tests.attacks.signing import Signer, parameters
from tests.django.conftest import MIDDLEWARE, REALM

pytestmark = pytest.mark.usefixtures("alice")


def login(password="s3cret", user="alice", **policy):
    """Our client, which wants the server's proof."""
    return DigestAuth(user, password, verify="required", **policy)


@pytest.mark.parametrize("target", ["/", "/awaited", "/one/plain", "/one/awaited", "/one/class", "/one/awaited-class"])
def test_a_login(ask, target):
    """Without credentials 401, with wrong ones 401, with right ones the view, which sees a real user of Django's."""
    assert ask("GET", target).status_code == 401
    assert ask("GET", target, auth=DigestAuth("alice", "wrong")).status_code == 401
    answer = ask("GET", target, auth=login())
    assert (answer.status_code, answer.text) == (200, "alice auth ")
    assert "Authorization" in answer.headers["vary"]


@pytest.mark.parametrize("error", [OSError, ValueError, EOFError])
def test_a_body_that_breaks_off(error):
    """Whatever a server raises of it (of a bad chunk, for instance), it is 400, and no view is called."""

    class Stream:
        def read(self, *_size):
            raise error("no chunk")

        readline = read

    def handler(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            environ |= {"wsgi.input": Stream(), "CONTENT_LENGTH": "6"}
        return WSGIHandler()(environ, start_response)

    with httpx.Client(transport=httpx.WSGITransport(handler), base_url="http://site") as http:
        challenges = http.get("/").headers.get_list("www-authenticate")
        field = Signer(parameters(challenges[0].encode()), "alice", "s3cret").sign("POST", "/", body=b"a body")
        answer = http.post("/", headers={"Authorization": field.decode()})
    assert (answer.status_code, answer.text) == (400, "The body did not arrive whole.\n")


def test_each_challenge_has_a_field_of_its_own(ask):
    """Old clients read one challenge a field."""
    answer = ask("GET", "/")
    values = answer.headers.get_list("www-authenticate")
    assert [parameters(value.encode())["algorithm"] for value in values] == ["SHA-256", "MD5"]
    assert {parameters(value.encode())["realm"] for value in values} == {REALM}
    assert (answer.headers["cache-control"], answer.text) == ("no-store", "Digest credentials are needed.\n")
    assert ask("HEAD", "/").content == b""


@pytest.mark.parametrize("target", ["/", "/one/plain", "/awaited"])
def test_auth_int(ask, target):
    """The body reaches the view as it was signed; the proof covers the answer."""
    answer = ask("POST", target, auth=login(qop=["auth-int"]), content=b"a body")
    assert (answer.status_code, answer.text) == (200, "alice auth-int a body")


def test_a_form_after_its_body_was_covered(ask):
    """Fields and files are read as ever."""
    form = {"data": {"a": "field"}, "files": {"f": ("f.txt", b"file")}}
    assert ask("POST", "/form", auth=login(qop=["auth-int"]), **form).text == "field file"


@pytest.mark.parametrize(("target", "text"), [("/one/rendered", "rendered late"), ("/one/stream", "piece by piece")])
def test_bodies_that_come_late(ask, target, text):
    """A template's body is covered when it is rendered; a stream is covered by nothing, and auth proves it."""
    assert ask("GET", target, auth=login()).text == text
    answer = ask("GET", target, auth=DigestAuth("alice", "s3cret", qop=["auth-int"]))
    assert answer.text == text
    assert ("rspauth" in answer.headers["authentication-info"]) == (target == "/one/rendered")


def test_a_view_that_refuses_itself(ask):
    """Its 401 carries no proof."""
    answer = ask("GET", "/one/failing", auth=DigestAuth("alice", "s3cret"))
    assert answer.status_code == 401
    assert "authentication-info" not in answer.headers


def test_a_public_page(ask):
    """It is anybody's, with or without credentials."""
    assert ask("GET", "/public/page").text == "nobody None "
    with override_settings(MIDDLEWARE=["digest_http_middleware.django.DigestAuthMiddleware"]):
        assert ask("GET", "/public/page").text == "nobody None "
        assert ask("GET", "/", auth=login()).text == "alice auth "


@pytest.mark.parametrize("target", ["/public/../", "/PUBLIC/page", "//public/page", "/publicpage"])
def test_paths_that_might_be_others(ask, target):
    """None of them is free."""
    assert ask("GET", target).status_code == 401


@pytest.mark.parametrize(
    ("target", "status"),
    [("/app/public/page", 200), ("/app/", 401), ("/app/public/../", 401), ("/app/publicpage", 401)],
)
def test_mounts(target, status):
    """A prefix means what the URL patterns see; the client signs the whole path."""
    wsgi = httpx.WSGITransport(WSGIHandler(), script_name="/app")
    with httpx.Client(transport=wsgi, base_url="http://site") as http:
        assert http.get(target[4:]).status_code == status

    async def asked(**request: Any) -> int:
        asgi = httpx.ASGITransport(ASGIHandler(), root_path="/app")
        async with httpx.AsyncClient(transport=asgi, base_url="http://site") as http:
            return (await http.get(target, **request)).status_code

    assert anyio.run(asked) == status
    if status == 401 and target == "/app/":
        assert anyio.run(partial(asked, auth=login())) == 200


def test_the_decorator_without_the_middleware(ask):
    """It protects its view alone, and verifies once with both."""
    with override_settings(MIDDLEWARE=MIDDLEWARE):
        assert ask("GET", "/").status_code == 200
        assert ask("GET", "/one/plain").status_code == 401
        assert ask("GET", "/one/plain", auth=login()).status_code == 200
    with override_settings(DIGEST_HTTP={"realm": REALM}):
        assert ask("GET", "/one/plain", auth=login()).status_code == 200


def signed(ask, user="alice", password="s3cret"):
    """Who has got the first challenge."""
    return Signer(parameters(ask("GET", "/").headers.get_list("www-authenticate")[0].encode()), user, password)


def test_nothing_passes_twice(ask):
    """A field that was read off the wire opens the page once; another target and method never."""
    field = {"Authorization": signed(ask).sign("GET", "/").decode("latin-1")}
    assert ask("GET", "/", headers=field).status_code == 200
    answer = ask("GET", "/", headers=field)
    assert answer.status_code == 401
    assert "stale=true" in answer.headers["www-authenticate"]
    other = {"Authorization": signed(ask).sign("GET", "/").decode("latin-1")}
    assert ask("GET", "/awaited", headers=other).status_code == 400
    assert ask("POST", "/", headers=other).status_code == 401


@pytest.mark.parametrize("field", ["Digest", "Digest x", "Digest username=", "Basic YTpi", 'Digest username="\x00"'])
def test_fields_that_are_none(ask, field):
    """They are refused, and nothing else happens."""
    assert ask("GET", "/", headers={"Authorization": field.encode("latin-1")}).status_code in (400, 401)


@pytest.mark.parametrize("name", ["a\x00b", "a:b", "", "x" * 3000, "ALICE", "alice "])
def test_names_that_nobody_has(ask, name):
    """A database that cannot look for one is not asked; no other spelling is alice."""
    field = signed(ask, name).sign("GET", "/")
    assert ask("GET", "/", headers={"Authorization": field}).status_code in (400, 401)


def test_a_user_who_is_not_active(ask, alice):
    """Is refused as one that nobody is."""
    alice.is_active = False
    alice.save()
    assert ask("GET", "/", auth=DigestAuth("alice", "s3cret")).status_code == 401


def test_a_database_that_is_down(ask, caplog):
    """503, and nobody is let in."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE digest_http_digesthash RENAME TO gone")
    try:
        answer = ask("GET", "/", auth=DigestAuth("alice", "s3cret"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO digest_http_digesthash")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "users-down" in caplog.text


def test_djangos_signal_of_a_failed_login(ask):
    """What locks out after many failures hears of them: of a wrong password and of an unknown user, and of no more."""
    heard = []

    def hear(*, credentials, **_signal):
        heard.append(credentials)

    user_login_failed.connect(hear)
    try:
        ask("GET", "/")
        ask("GET", "/", auth=login())
        assert heard == []
        ask("GET", "/", auth=DigestAuth("alice", "wrong"))
        ask("GET", "/", auth=DigestAuth("nobody", "s3cret"))
    finally:
        user_login_failed.disconnect(hear)
    assert heard == [{"username": "alice"}, {"username": "nobody"}]


def test_userhash(ask):
    """A name that is sent hashed is found by its hash."""
    with override_settings(DIGEST_HTTP={"realm": REALM, "userhash": True}):
        assert ask("GET", "/", auth=login()).text == "alice auth "


# Before Django 5.1 its own decorators take plain views alone.
@pytest.mark.parametrize("target", ["/one/change", "/one/edit", *(["/one/awaited-edit"] if VERSION >= (5, 1) else [])])
def test_permissions_and_groups(ask, alice, target):
    """They are Django's own: strangers get 401, who lacks them 403, and by a group both are given."""
    from django.contrib.auth.models import Group, Permission  # noqa: PLC0415 - the apps are ready now

    assert ask("GET", target).status_code == 401
    assert ask("GET", target, auth=login()).status_code == 403
    editors = Group.objects.create(name="editors")
    try:
        editors.permissions.add(Permission.objects.get(codename="change_user"))
        alice.groups.add(editors)
        assert ask("GET", target, auth=login()).text == "alice auth "
    finally:
        editors.delete()


def test_nobody_costs_what_somebody_costs(ask):
    """The questions to the database do not tell whether a name is known."""
    asked = []
    for user in ("alice", "nobody"):
        field = signed(ask, user, "wrong").sign("GET", "/")
        with CaptureQueriesContext(connection) as queries:
            ask("GET", "/", headers={"Authorization": field})
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_no_secret_is_shown(ask, caplog):
    """H(A1) stands in no log of ours, in no text of a row, and is not pickled."""
    from digest_http_middleware.django.rows import digest_hashes  # noqa: PLC0415 - the apps are ready now

    with caplog.at_level(logging.DEBUG, "digest_http"):
        ask("GET", "/", auth=login())
        ask("GET", "/", auth=DigestAuth("alice", "wrong"))
    rows = list(digest_hashes().all())
    assert len(rows) == 2
    for row in rows:
        assert row.ha1 not in caplog.text + repr(row) + str(row)
        with pytest.raises(TypeError, match="neither pickled"):
            row.__reduce__()
