"""H(A1) in Django: when it is made, and that it never outlives the password that it was made of."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
from django.contrib import auth
from django.contrib.auth.hashers import make_password
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections
from django.test.utils import override_settings
from django.views.debug import ExceptionReporter

from digest_http.errors import ConfigurationError
from digest_http_client_auth import DigestAuth
from digest_http_middleware.django import delete_digest_password, set_digest_password
from tests.attacks.signing import ha1
from tests.django.conftest import MIDDLEWARE, OURS, REALM, ask_asgi, ask_wsgi

pytestmark = pytest.mark.usefixtures("alice")

BACKENDS = ["digest_http_middleware.django.backends.DigestBackend"]


def rows(user: Any) -> dict[str, str]:
    """H(A1) by hash."""
    from digest_http_middleware.django.rows import digest_hashes  # noqa: PLC0415 - the apps are ready now

    return {row.algorithm: row.ha1 for row in digest_hashes().filter(user=user, realm=REALM)}


def expected(password: str, *algorithms: str, name: str = "alice") -> dict[str, str]:
    """What has to stand there."""
    return {algorithm: ha1(algorithm, name, REALM, password) for algorithm in algorithms or ("SHA-256", "MD5")}


def opens(password: str, name: str = "alice") -> bool:
    """Whether the site lets in."""
    status = ask_wsgi("GET", "/", auth=DigestAuth(name, password)).status_code
    assert status in (200, 401)
    return status == 200


def test_a_password_that_is_set(alice):
    """H(A1) is there at once, for each algorithm on offer."""
    assert rows(alice) == expected("s3cret")


def by_form(user: Any, password: str) -> None:
    """As the admin and Django's own page do."""
    from django.contrib.auth.forms import SetPasswordForm  # noqa: PLC0415 - the apps are ready now

    form = SetPasswordForm(user, {"new_password1": password, "new_password2": password})
    assert form.is_valid(), form.errors
    form.save()


def by_object(user: Any, password: str) -> None:
    """As the documentation says."""
    user.set_password(password)
    user.save()


def by_field(user: Any, password: str) -> None:
    """As careful code does."""
    user.set_password(password)
    user.save(update_fields=["password"])


@pytest.mark.parametrize("change", [by_form, by_object, by_field])
def test_a_password_that_changes(alice, change):
    """The old one is of no use, the new one is."""
    change(alice, "n3w pass phrase")
    assert rows(alice) == expected("n3w pass phrase")
    assert (opens("s3cret"), opens("n3w pass phrase")) == (False, True)


def test_a_password_that_is_not_written(alice):
    """A save of other fields writes no password, so H(A1) stays as well."""
    alice.set_password("n3w")
    alice.save(update_fields=["email"])
    assert opens("s3cret")


def test_reports_of_errors(alice):
    """A report that Django mails shows neither the password nor what is made of it."""
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER TABLE digest_http_digesthash RENAME TO gone")
    try:
        with pytest.raises(DatabaseError) as raised:
            set_digest_password(alice, "a pass phrase")
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO digest_http_digesthash")
    report = ExceptionReporter(None, raised.type, raised.value, raised.tb)
    texts = [
        str(value)
        for frame in report.get_traceback_data()["frames"]
        if "digest_http_middleware" in frame["filename"]
        for _, value in frame["vars"]
    ]
    assert texts
    assert not any("a pass phrase" in text or expected("a pass phrase")["MD5"] in text for text in texts)


def past_us_by_query(user: Any) -> None:
    """No object is saved."""
    type(user).objects.filter(pk=user.pk).update(password=make_password("n3w"))


def past_us_by_field(user: Any) -> None:
    """The hash alone is known."""
    user.password = make_password("n3w")
    user.save()


def past_us_unusable(user: Any) -> None:
    """No password any more."""
    user.set_unusable_password()
    user.save()


def past_us_sql(user: Any) -> None:
    """Without Django."""
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE auth_user SET password = 'x' WHERE id = %s", [user.pk])


@pytest.mark.parametrize("change", [past_us_by_query, past_us_by_field, past_us_unusable, past_us_sql])
def test_a_password_that_changes_past_us(alice, change):
    """Nobody gave us the new one: the old H(A1) opens nothing any more."""
    assert opens("s3cret")
    change(alice)
    assert not opens("s3cret")


@pytest.mark.parametrize("awaits", [False, True])
def test_a_login_with_a_password(alice, awaits):
    """Makes H(A1) of a user that has none, of a wrong password nothing."""
    import anyio  # noqa: PLC0415 - here alone

    def log_in(password: str) -> Any:
        if not awaits:
            return auth.authenticate(None, username="alice", password=password)

        async def awaited() -> Any:
            return await auth.aauthenticate(None, username="alice", password=password)

        return anyio.run(awaited)

    delete_digest_password(alice)
    assert log_in("wrong") is None
    assert (rows(alice), opens("s3cret")) == ({}, False)
    assert log_in("s3cret") == alice
    assert rows(alice) == expected("s3cret")
    assert opens("s3cret")


def test_a_login_after_what_is_on_offer_has_changed(alice):
    """Rows of new algorithms come, those of old ones go."""
    with override_settings(DIGEST_HTTP={"realm": REALM, "algorithms": ["SHA-512-256"]}):
        assert not opens("s3cret")
        auth.authenticate(None, username="alice", password="s3cret")
        assert rows(alice) == expected("s3cret", "SHA-512-256")
        assert opens("s3cret")


class Directory:
    """Another source of users, which has one password for all."""

    def authenticate(self, request: Any, **credentials: Any) -> Any:
        """See Django's BaseBackend."""
        del request
        user = auth.get_user_model().objects.filter(username=credentials["username"]).first()
        return user if credentials["password"] == "of the directory" else None


def test_a_backend_of_others():
    """A login that a directory accepts makes H(A1) as well."""
    from digest_http_middleware.django.backends import StoresDigestPassword  # noqa: PLC0415 - the apps are ready now

    class Both(StoresDigestPassword, Directory):
        """What docs/django.md says to write."""

    globals()["Both"] = Both
    carol = auth.get_user_model().objects.create_user("carol")
    with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.Both"]):
        assert auth.authenticate(None, username="carol", password="wrong") is None
        assert auth.authenticate(None, username="carol", password="of the directory") == carol
        assert rows(carol) == expected("of the directory", name="carol")
        assert opens("of the directory", "carol")


@pytest.mark.parametrize("forged", [{"username": "alice"}, "alice", True, object()])
def test_a_digest_that_nobody_verified(forged):
    """The backend takes an outcome of the guard, nothing else."""
    assert auth.authenticate(None, digest=forged) is None


def test_a_user_whose_name_changes(alice):
    """H(A1) of the old name opens nothing, under either name."""
    alice.username = "alicia"
    alice.save()
    assert not opens("s3cret")
    assert not opens("s3cret", "alicia")
    auth.authenticate(None, username="alicia", password="s3cret")
    assert opens("s3cret", "alicia")


@pytest.mark.parametrize("name", ["a:b", "Zoë", "Zoe\u0308"])
def test_names(name, caplog):
    """One with a colon cannot have H(A1), which fails nothing; other letters can, in either Unicode form."""
    user = auth.get_user_model()(username=name)
    by_object(user, "s3cret")
    assert auth.authenticate(None, username=name, password="s3cret") == user
    if ":" in name:
        assert rows(user) == {}
        assert "cannot log in with Digest" in caplog.text
        with pytest.raises(ConfigurationError):
            set_digest_password(user, "s3cret")
    else:
        assert rows(user) == expected("s3cret", name="Zoë")
        assert opens("s3cret", "Zoë")


def test_the_command(alice, monkeypatch):
    """It makes H(A1) of the user's own password, and of any where Django has none; it lists, and deletes."""

    def ran(*arguments: str, password: str = "") -> str:
        out = io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        call_command("digest_password", *arguments, stdout=out)
        return out.getvalue()

    assert ran("alice", "--delete") == "alice: 2 hashes deleted\n"
    assert not opens("s3cret")
    with pytest.raises(CommandError, match="not the password"):
        ran("alice", "--password-stdin", password="other")
    assert ran("alice", "--password-stdin", password="s3cret") == "alice can log in with Digest\n"
    assert opens("s3cret")
    robot = auth.get_user_model().objects.create_user("robot")
    ran("robot", "--password-stdin", password="of a robot")
    assert opens("of a robot", "robot")
    past_us_sql(robot)
    listed = ran("--list")
    assert "robot  wonder  MD5  of an old password\n" in listed
    assert "alice  wonder  MD5\n" in listed
    for wrong in ([], ["nobody"], ["a:b"]):
        with pytest.raises(CommandError):
            ran(*wrong)
    with pytest.raises(CommandError):
        ran("robot", "--password-stdin", password="")
    assert rows(alice)["MD5"] not in listed


def test_no_migration_is_missing():
    """The table is what the model says."""
    call_command("makemigrations", "digest_http", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"DIGEST_HTTP": None}, "E001"),
        ({"DIGEST_HTTP": {}}, "E001"),
        ({"DIGEST_HTTP": {"realm": ""}}, "E001"),
        ({"DIGEST_HTTP": {"realm": REALM, "no_setting": 1}}, "E001"),
        ({"DIGEST_HTTP": {"realm": REALM, "proxy": True}}, "E001"),
        ({"DIGEST_HTTP": {"realm": REALM, "protect": "/x"}}, "E001"),
        ({"DIGEST_HTTP": {"realm": REALM, "qop": "auth"}}, "E001"),
        ({"AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"]}, "E002"),
        ({"MIDDLEWARE": [OURS, *MIDDLEWARE]}, "E003"),
    ],
)
def test_settings_that_cannot_work(settings, code):
    """`manage.py check` says so, and the middleware is not made."""
    with override_settings(**settings):
        assert f"digest_http.{code}" in [error.id for error in checks.run_checks()]
        if code == "E001":
            with pytest.raises(ConfigurationError):
                ask_wsgi("GET", "/")


def test_good_settings():
    """Nothing is said."""
    assert [error for error in checks.run_checks() if str(error.id).startswith("digest_http")] == []


class _Awaited:
    """A store that has to be awaited, as Redis."""

    def __init__(self) -> None:
        from digest_http.stores import MemoryStore  # noqa: PLC0415 - here alone

        self._counts = MemoryStore()

    @property
    def epoch(self) -> bytes:
        return self._counts.epoch

    async def advance(self, *step: Any, lifetime: int) -> Any:
        """See NonceStore."""
        return self._counts.advance(*step, lifetime=lifetime)


def test_a_store_that_has_to_be_awaited():
    """Works where the whole chain awaits; where it blocks it is refused."""
    middlewares = [f"django.contrib.{name}" for name in ("sessions.middleware.SessionMiddleware",)]
    with override_settings(
        DIGEST_HTTP={"realm": REALM, "store": _Awaited(), "public": ["/one"]}, MIDDLEWARE=[*middlewares, OURS]
    ):
        assert ask_asgi("GET", "/awaited", auth=DigestAuth("alice", "s3cret")).status_code == 200
        assert ask_asgi("GET", "/one/awaited", auth=DigestAuth("alice", "s3cret")).status_code == 200
        with pytest.raises(ConfigurationError, match="asynchronous store"):
            ask_wsgi("GET", "/")


def test_preflights_and_a_rule_by_request():
    """A callable is given Django's request."""
    rule = {"realm": REALM, "protect": lambda request: request.path != "/awaited", "allow_preflight": True}
    cors = {"Origin": "http://x", "Access-Control-Request-Method": "PUT"}
    with override_settings(DIGEST_HTTP=rule):
        assert ask_wsgi("GET", "/").status_code == 401
        assert ask_wsgi("GET", "/awaited").status_code == 200
        assert ask_wsgi("OPTIONS", "/", headers=cors).status_code == 200
        assert isinstance(ask_wsgi("GET", "/", headers=cors), httpx.Response)
        assert ask_wsgi("GET", "/", headers=cors).status_code == 401
