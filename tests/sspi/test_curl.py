"""curl against an HTTP server that knows Digest only through the SSPI functions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from digest_http import sspi
from digest_http.sspi import AscReq, NtStatus, WindowsError
from tests.live.commands import curl_digest
from tests.sspi.wiring import TOKEN, accept_input, buffers, server_handle

pytestmark = pytest.mark.live


class Handler(BaseHTTPRequestHandler):
    """The steps of .NET's HttpListener: accept, complete if it is a later request, answer."""

    protocol_version = "HTTP/1.1"
    credential: ClassVar[sspi.CredHandle]
    outcomes: ClassVar[list[NtStatus | None]]

    def do_GET(self) -> None:
        """One request."""
        token = self.headers.get("Authorization", "").partition("Digest ")[2].encode("latin-1")
        given = accept_input(token, self.command.encode(), self.path.encode())
        output = buffers((TOKEN, 4096))
        try:
            result = sspi.accept_security_context(self.credential, None, given, AscReq.ASC_REQ_HTTP, 0, output)
            if result.status is NtStatus.SEC_I_COMPLETE_NEEDED:
                sspi.complete_auth_token(result.context, given)
        except WindowsError as error:
            self.outcomes.append(error.status)
            self.answer(403, b"refused")
            return
        self.outcomes.append(result.status)
        if result.status is NtStatus.SEC_I_CONTINUE_NEEDED:
            self.answer(401, b"who is it?", output[0].data)
            return
        if self.path.startswith("/elsewhere"):
            self.answer(302, b"", location="/here")
            return
        name = sspi.query_context_attributes(result.context, sspi.SecPkgContextNames).username
        self.answer(200, f"hello {name}".encode())

    def answer(self, status: int, body: bytes, challenge: bytes = b"", location: str = "") -> None:
        """Send a response."""
        self.send_response(status)
        if challenge:
            self.send_header("WWW-Authenticate", f"Digest {challenge.decode('latin-1')}")
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture(params=["MD5", "MD5-sess", "SHA-256"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[NtStatus | None]]]:
    """The URL of a running server with one algorithm, and what became of its requests."""
    outcomes: list[NtStatus | None] = []
    handler = type("Bound", (Handler,), {
        "credential": server_handle({"alice": "s3cret"}, algorithms=[request.param]), "outcomes": outcomes
    })  # fmt: skip
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}", outcomes
        running.shutdown()
        thread.join()


def test_curl_logs_in_and_goes_on(server):
    """Challenge, response, then the target of a redirect on the same nonce, completed by its context."""
    url, outcomes = server
    run = curl_digest("alice", "s3cret", "--location", f"{url}/elsewhere?a=b")
    assert run.statuses == [200]
    assert run.body.endswith(b"hello alice")
    assert outcomes == [NtStatus.SEC_I_CONTINUE_NEEDED, NtStatus.SEC_E_OK, NtStatus.SEC_I_COMPLETE_NEEDED]


def test_curl_with_a_wrong_password(server):
    """One challenge, one refusal."""
    url, outcomes = server
    assert curl_digest("alice", "wrong", f"{url}/").statuses == [403]
    assert outcomes == [NtStatus.SEC_I_CONTINUE_NEEDED, NtStatus.SEC_E_LOGON_DENIED]
