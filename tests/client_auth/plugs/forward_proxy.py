"""A proxy that wants Digest. It forwards nothing and ends tunnels itself, by TLS, so that what came can be seen."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.client_auth.strict_server import StrictServer

HOST = "127.0.0.1"


def certificate(folder: Path) -> Path:
    """A file with a key and a certificate for `HOST`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class Proxy:
    """The running proxy. `strict` has what came to it; `inside` the fields that came through tunnels."""

    def __init__(self) -> None:
        self.strict = StrictServer(mismatch=401)
        self.inside: list[dict[str, str]] = []
        self.forwarded: list[dict[str, str]] = []
        self.port = 0

    @property
    def url(self) -> str:
        """Its URL."""
        return f"http://{HOST}:{self.port}"


@contextmanager
def proxying(pem: Path) -> Iterator[Proxy]:  # noqa: C901  # one small server
    """A proxy in threads of its own."""
    proxy = Proxy()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def fields(self) -> dict[str, str]:
            return {name.lower(): value for name, value in self.headers.items()}

        def asked(self, target: str) -> bool:
            """Whether the credentials are right; answers if not."""
            fields = self.fields()
            given = fields.get("proxy-authorization", "")
            status, headers, _ = proxy.strict.answer(self.command, target, {"authorization": given}, b"")
            if status == 200:
                return True
            self.send_response(407)
            for name, value in headers:
                self.send_header(name.replace("WWW-", "Proxy-"), value)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False

        def do_CONNECT(self) -> None:  # as http.server calls it
            if not self.asked(self.path):
                self.close_connection = True
                return
            self.connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with context.wrap_socket(self.connection, server_side=True) as secure, secure.makefile("rb") as lines:
                while lines.readline().strip():
                    fields = {}
                    while line := lines.readline().strip():
                        name, _, value = line.decode("latin-1").partition(":")
                        fields[name.lower()] = value.strip()
                    proxy.inside.append(fields)
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecure")
            self.close_connection = True

        def do_GET(self) -> None:  # as http.server calls it
            if self.asked("/" + self.path.split("/", 3)[3]):
                proxy.forwarded.append(self.fields())
                self.send_response(200)
                self.send_header("Content-Length", "5")
                self.end_headers()
                self.wfile.write(b"plain")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name that it has there
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that closes its connection is no error."""

    server = Server((HOST, 0), Handler)
    proxy.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
