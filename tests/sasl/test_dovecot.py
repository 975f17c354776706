"""Dovecot with imaplib, over our client."""

from __future__ import annotations

import grp
import imaplib
import importlib
import os
import pwd

import pytest

from tests.live.peers import HOST, free_port, program, running, server_root, wait_until_listening

pytestmark = pytest.mark.live

USERS = {"chris": "secret", "zoë": "Gemüse", "и你": "пароль"}


@pytest.fixture(scope="module")
def dovecot():
    """The port of an IMAP server that offers DIGEST-MD5 only."""
    command = program("dovecot", package="dovecot-imapd")
    me = pwd.getpwuid(os.getuid()).pw_name
    as_root = os.getuid() == 0
    port = free_port()
    with server_root() as folder:
        mail = folder / "mail"
        mail.mkdir()
        mail.chmod(0o777)
        (folder / "users").write_text("".join(f"{name}:{{PLAIN}}{secret}\n" for name, secret in USERS.items()))
        owner = pwd.getpwnam("mail") if as_root else pwd.getpwuid(os.getuid())
        (folder / "dovecot.conf").write_text(
            f"""
base_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
listen = {HOST}
ssl = no
auth_mechanisms = digest-md5
auth_username_chars =
mail_location = maildir:{mail}/%n
first_valid_uid = 0
default_internal_user = {"dovecot" if as_root else me}
default_internal_group = {"dovecot" if as_root else grp.getgrgid(owner.pw_gid).gr_name}
default_login_user = {"dovenull" if as_root else me}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={mail}/%n
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
        )
        log = folder / "log"
        with running([command, "-F", "-c", str(folder / "dovecot.conf")], log) as process:
            wait_until_listening(process, port, log)
            yield port


def log_in(port, username, password):
    """The example's connection. Imported late: examples are no part of what is installed."""
    example = importlib.import_module("examples.sasl_imap")
    return example.log_in(HOST, port, username, password, name="mail.example.com")


@pytest.mark.parametrize(("username", "password"), USERS.items())
def test_imaplib_logs_in(dovecot, username, password):
    """Non-ASCII names too, since the example hashes them as Dovecot does."""
    connection = log_in(dovecot, username, password)
    assert connection.state == "AUTH"
    assert connection.select("INBOX")[0] == "OK"
    connection.logout()


def test_imaplib_with_a_wrong_password(dovecot):
    """imaplib's own error."""
    with pytest.raises(imaplib.IMAP4.error):
        log_in(dovecot, "chris", "wrong")
