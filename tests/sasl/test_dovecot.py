"""Dovecot with imaplib, poplib and smtplib, over our client."""

from __future__ import annotations

import grp
import imaplib
import importlib
import os
import poplib
import pwd
import smtplib
import socketserver
import threading
from typing import Any, ClassVar

import pytest

from digest_http.errors import WrongPrincipal
from digest_http.sasl import DigestMD5Client
from digest_http.sasl.libraries.mail import imap_login, pop_login, smtp_login
from tests.live.peers import HOST, free_port, peer_file, program, running, server_root, wait_until_listening
from tests.sasl.pages import block

pytestmark = pytest.mark.live

USERS = {"chris": "secret", "zoë": "Gemüse", "и你": "пароль"}


class Relay(socketserver.StreamRequestHandler):
    """Where Dovecot takes mail on: it says yes to everything and keeps what it was given."""

    mail: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        """RFC 5321, as little as one message takes."""
        self.wfile.write(b"220 relay\r\n")
        while line := self.rfile.readline():
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                self.mail.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            self.wfile.write(b"250 yes\r\n")
            if line.upper().startswith(b"QUIT"):
                return


@pytest.fixture(scope="module")
def relay():
    """The port of a relay."""
    with socketserver.ThreadingTCPServer((HOST, 0), Relay) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def ports(relay):
    """The ports of one server for IMAP, POP and submission, which offers DIGEST-MD5 only."""
    command = program("dovecot", package="dovecot-imapd")
    for name, package in (("pop3-login", "dovecot-pop3d"), ("submission-login", "dovecot-submissiond")):
        peer_file(f"/usr/lib/dovecot/{name}", f"/usr/libexec/dovecot/{name}", package=package)
    me = pwd.getpwuid(os.getuid()).pw_name
    as_root = os.getuid() == 0
    ports = {name: free_port() for name in ("imap", "pop3", "submission")}
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
protocols = imap pop3 submission
hostname = mail.example.com
submission_relay_host = {HOST}
submission_relay_port = {relay}
listen = {HOST}
ssl = no
auth_mechanisms = digest-md5
auth_username_chars =
auth_failure_delay = 0
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
    port = {ports["imap"]}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {ports["pop3"]}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {ports["submission"]}
  }}
}}
service anvil {{
  chroot =
  # Failed logins slow down nobody here.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""
        )
        log = folder / "log"
        with running([command, "-F", "-c", str(folder / "dovecot.conf")], log) as process:
            for port in ports.values():
                wait_until_listening(process, port, log)
            yield ports


def log_in(port, username, password):
    """The example's connection. Imported late: examples are no part of what is installed."""
    example = importlib.import_module("examples.sasl_imap")
    return example.log_in(HOST, port, username, password, name="mail.example.com")


@pytest.mark.parametrize(("username", "password"), USERS.items())
def test_imaplib_logs_in(ports, username, password):
    """Non-ASCII names too, since the example hashes them as Dovecot does."""
    connection = log_in(ports["imap"], username, password)
    assert connection.state == "AUTH"
    assert connection.select("INBOX")[0] == "OK"
    connection.logout()


def test_imaplib_with_a_wrong_password(ports):
    """imaplib's own error."""
    with pytest.raises(imaplib.IMAP4.error):
        log_in(ports["imap"], "chris", "wrong")


def client(service: str, username: str, password: str, kind: type[DigestMD5Client] = DigestMD5Client):
    """A login as Dovecot hashes it."""
    return kind(username, password, service=service, host="mail.example.com", downgrade=False)


@pytest.mark.parametrize(("username", "password"), USERS.items())
def test_poplib_logs_in(ports, username, password):
    """Names beyond ASCII too."""
    connection = poplib.POP3(HOST, ports["pop3"])
    pop_login(connection, client("pop", username, password))
    assert connection.stat() == (0, 0)
    connection.quit()


@pytest.mark.parametrize(("username", "password"), USERS.items())
def test_smtplib_logs_in(ports, username, password):
    """Names beyond ASCII too, which smtplib's own auth() cannot write, and mail goes out."""
    connection = smtplib.SMTP(HOST, ports["submission"], local_hostname="client.example.com")
    smtp_login(connection, client("smtp", username, password))
    body = f"To: somebody\r\n\r\nfrom {username}\r\n".encode()
    connection.sendmail("chris@example.com", ["somebody@example.com"], body)
    connection.quit()
    assert f"from {username}".encode() in Relay.mail[-1]


class Forged(DigestMD5Client):
    """A client that meets a server which does not know the password: one digit of its proof is changed."""

    def step(self, token=None):
        """Spoil the proof on its way in."""
        if token and token.startswith(b"rspauth="):
            token = token[:-1] + (b"1" if token[-1:] == b"0" else b"0")
        return super().step(token)


LIBRARIES: dict[str, tuple[Any, Any, type[Exception]]] = {
    "pop3": (poplib.POP3, pop_login, poplib.error_proto),
    "submission": (smtplib.SMTP, smtp_login, smtplib.SMTPAuthenticationError),
}


@pytest.mark.parametrize("kind", LIBRARIES)
@pytest.mark.parametrize(("password", "made"), [("wrong", DigestMD5Client), ("secret", Forged)])
def test_logins_that_fail(ports, kind, password, made):
    """The library's own error for a wrong password, ours for a server without proof; the connection is closed."""
    make, log, own = LIBRARIES[kind]
    connection = make(HOST, ports[kind])
    login = client("pop" if kind == "pop3" else "smtp", "chris", password, made)
    with pytest.raises(WrongPrincipal if made is Forged else own):
        log(connection, login)
    assert login.ended
    assert connection.sock is None


@pytest.mark.parametrize(
    ("heading", "make", "call"),
    [("IMAP", imaplib.IMAP4, imap_login), ("POP", poplib.POP3, pop_login), ("SMTP", smtplib.SMTP, smtp_login)],
)
def test_as_the_page_says(ports, heading, make, call):
    """Two lines."""
    port = ports[{"IMAP": "imap", "POP": "pop3", "SMTP": "submission"}[heading]]
    connection = make(HOST, port)
    source = block(heading)
    assert len(source.splitlines()) == 2
    names = {"connection": connection, "name": "mail.example.com", "DigestMD5Client": DigestMD5Client}
    exec(source, names | {call.__name__: call})  # noqa: S102  # running the page is the test
    if heading == "IMAP":
        connection.logout()
    else:
        connection.quit()
