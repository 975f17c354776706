"""Django's tables keep the contracts that every source of users keeps."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping
from threading import current_thread, main_thread
from typing import Any, TypeVar

import pytest
from django.contrib import auth
from django.db import connections
from django.test.utils import override_settings

from digest_http.httpauth.protocols import LogoutUsers, Users
from digest_http.testing import LogoutsContract, UsersContract
from digest_http_middleware.django.users import DjangoUsers

T = TypeVar("T")


def make_users(passwords: Mapping[str, str]) -> DjangoUsers:
    """These users in Django's table, with H(A1) beside."""
    model: Any = auth.get_user_model()
    for name, password in passwords.items():
        user = model(username=name)
        user.set_password(password)
        user.save()
    return DjangoUsers()


@pytest.fixture(autouse=True)
def no_users() -> Iterator[None]:
    """The tables are empty again after each test."""
    with override_settings(DIGEST_HTTP={"realm": "Staff area"}):
        yield
        auth.get_user_model().objects.all().delete()


class TestUsers(UsersContract):
    """H(A1) beside Django's own passwords."""

    def open_users(self, passwords: Mapping[str, str], realm: str) -> Users:
        """See UsersContract."""
        assert realm == "Staff area"
        return make_users(passwords)


class TestLogouts(LogoutsContract):
    """The table of logouts."""

    def open_logouts(self) -> LogoutUsers:
        """See LogoutsContract."""
        return make_users({"alice": "s3cret", "Zoë": "b0b"})

    def settle(self, answer: T | Awaitable[T]) -> T:
        """See LogoutsContract. Each thread has a connection of its own, which nobody else closes."""
        try:
            return super().settle(answer)
        finally:
            if current_thread() is not main_thread():
                connections.close_all()
