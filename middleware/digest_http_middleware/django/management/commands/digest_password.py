"""manage.py digest_password: H(A1) of one user, made, deleted or listed."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digest_http.errors import ConfigurationError
from digest_http_middleware.django.hashes import delete_digest_password, set_digest_password
from digest_http_middleware.django.rows import digest_hashes, password_stamp
from digest_http_middleware.django.users import user_called

__all__ = ["Command"]


class Command(BaseCommand):
    """Ask for the password on the terminal, and keep H(A1) of it."""

    help = "Make H(A1) of a user, so that the user can log in with Digest. The password is asked for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See BaseCommand."""
        parser.add_argument("username", nargs="?", help="the user; left out with --list")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--delete", action="store_true", help="delete H(A1) of the user, in all realms")
        parser.add_argument("--list", action="store_true", help="list who has H(A1), and whether it still counts")

    def handle(self, *_arguments: Any, **options: Any) -> None:  # noqa: ANN401 - Django's own signature
        """See BaseCommand."""
        if options["list"]:
            self._list()
            return
        username: str | None = options["username"]
        user = user_called(username) if username else None
        if user is None:
            raise CommandError(f"there is no user {username!r}" if username else "say which user")
        if options["delete"]:
            self.stdout.write(f"{username}: {delete_digest_password(user)} hashes deleted")
            return
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else getpass(f"{username}: ")
        # Another one would be put in order by the next login, and until then two passwords were good.
        if user.has_usable_password() and not user.check_password(password):
            raise CommandError(f"this is not the password of {username}; change it with 'manage.py changepassword'")
        try:
            set_digest_password(user, password)
        except ConfigurationError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{username} can log in with Digest")

    def _list(self) -> None:
        for row in digest_hashes().select_related("user").order_by("user", "realm", "algorithm"):
            state = "" if row.password_stamp == password_stamp(row.user) else "  of an old password"
            self.stdout.write(f"{row.user.get_username()}  {row.realm}  {row.algorithm}{state}")
