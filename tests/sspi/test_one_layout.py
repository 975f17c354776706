"""One message layout: a request packed by HTTPMessage is what each client signs and each server checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from digest_http import buffers, sspi
from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage, SecBufferDesc
from digest_http.challenge import Challenge, parse_challenges
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.challenge_selection import Preference, choose
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.verdict import Verdict
from digest_http_client_auth import DigestAuth
from tests.attacks.driver import Server
from tests.attacks.signing import ha1
from tests.sspi.refusals import refused
from tests.sspi.wiring import HTTPPair, body_hash, client_handle, server_handle

USER, PASSWORD, REALM, TARGET = "alice", "s3cret", "wonder", b"/a?b=c"
BODY = body_hash("SHA-256", b"body")
SHA256 = by_name("SHA-256")
Sign = Callable[[bytes, SecBufferDesc], bytes]
Verify = Callable[[SecBufferDesc], bool]


def sign_by_sspi(challenge: bytes, request: SecBufferDesc) -> bytes:
    """initialize_security_context, which takes the values; make_signature on the array is below."""
    pair = HTTPPair(client_handle(PASSWORD))
    if request[3].count:
        pair.client_flags |= sspi.IscReq.ISC_REQ_INTEGRITY
    return pair.respond(challenge, request[1].data, request[2].data.decode(), request[3].data)


def sign_by_context(challenge: bytes, request: SecBufferDesc) -> bytes:
    """The context that the httpx flow signs with."""
    choice = choose(
        [c for c in parse_challenges([b"Digest " + challenge]) if isinstance(c, Challenge)],
        Preference(["SHA-256"], ("auth-int",) if request[3].count else ("auth",)),
        lambda _: None,
    )
    assert choice is not None
    context = ClientContext(Identity(USER, PASSWORD), choice.challenge.realm, choice.algorithm)
    message = HTTPMessage.from_buffers(request)
    assert context.make_signature(message, context.learn(choice)) is not None
    return message.padding


def sign_by_httpx(challenge: bytes, request: SecBufferDesc) -> bytes:
    """The flow, over a request of httpx with the packed method and target."""
    flow = DigestAuth(USER, PASSWORD).sync_auth_flow(
        httpx.Request(request[1].data.decode(), "http://test" + request[2].data.decode())
    )
    unsigned = next(flow)
    signed = flow.send(
        httpx.Response(401, headers=[(b"WWW-Authenticate", b"Digest " + challenge)], request=unsigned)
    )  # fmt: skip
    field = signed.headers["Authorization"].encode()
    flow.close()
    return field.removeprefix(b"Digest ")


def middleware() -> tuple[bytes, Verify]:
    """The ASGI middleware, which is sent what is packed."""
    server = Server(algorithms=["SHA-256"], realm=REALM, users={USER: PASSWORD})
    challenge = next(value for name, value in server.request().headers if name == b"www-authenticate")

    def verify(request: SecBufferDesc) -> bool:
        message = HTTPMessage.from_buffers(request)
        body = b"body" if message.hentity else b""
        return server.request(
            message.method.decode(), message.url, b"Digest " + message.token, body=body
        ).app_called  # fmt: skip

    return challenge.removeprefix(b"Digest "), verify


def acceptor() -> tuple[bytes, Verify]:
    """Acceptor and ServerContext."""
    source = NonceSource(REALM.encode(), [b"k" * 32], b"00000001")
    accepts = Acceptor(REALM, [SHA256], source, qop=("auth", "auth-int"))
    (challenge,) = accepts.challenges()

    def verify(request: SecBufferDesc) -> bool:
        context = accepts.open(request[0].data)
        verdict = context.verify_signature(
            HTTPMessage.from_buffers(request), ha1("SHA-256", USER, REALM, PASSWORD).encode(), context.nonces.now()
        )
        return verdict is Verdict.ACCEPTED

    return challenge.removeprefix(b"Digest "), verify


def sspi_names() -> tuple[bytes, Verify]:
    """accept_security_context, which takes the values; verify_signature on the array is below."""
    pair = HTTPPair(
        client_handle(PASSWORD), server_handle({USER: PASSWORD}, realm=REALM, algorithms=["SHA-256"]),
        server_flags=sspi.AscReq.ASC_REQ_INTEGRITY,
    )  # fmt: skip
    challenge = pair.challenge()

    def verify(request: SecBufferDesc) -> bool:
        message = HTTPMessage.from_buffers(request)
        accepted = pair.accept(
            message.token, pair.server, method=message.method, url=message.url, hentity=message.hentity
        )
        return accepted.status is sspi.NtStatus.SEC_E_OK

    return challenge, verify


@pytest.mark.parametrize(
    ("sign", "hentity"),
    [
        (sign_by_sspi, b""),
        (sign_by_sspi, BODY),
        (sign_by_context, b""),
        (sign_by_context, BODY),
        # httpx hashes the body itself, and takes auth where it is offered.
        (sign_by_httpx, b""),
    ],
)
@pytest.mark.parametrize("server", [middleware, acceptor, sspi_names])
def test_one_packed_request_at_every_door(sign: Sign, server: Callable[[], tuple[bytes, Verify]], hentity: bytes):
    """Packed once, signed by each client, checked by each server: the same five buffers; changed, it is refused."""
    challenge, verify = server()
    token = sign(challenge, HTTPMessage(b"", b"POST", TARGET, hentity).to_buffers())
    assert verify(HTTPMessage(token, b"POST", TARGET, hentity).to_buffers())
    challenge, verify = server()
    token = sign(challenge, HTTPMessage(b"", b"POST", TARGET, hentity).to_buffers())
    try:
        assert not verify(HTTPMessage(token, b"PUT", TARGET, hentity).to_buffers())
    except sspi.WindowsError as error:
        assert error.status is sspi.NtStatus.SEC_E_LOGON_DENIED  # noqa: PT017 - the doors differ in how they refuse


@pytest.mark.parametrize("length", [1, 5000])
def test_packed_arrays_are_what_the_sspi_functions_take(length: int):
    """make_signature and verify_signature take what to_buffers makes, as it is; a long target has room too."""
    pair = HTTPPair().login()
    url = b"/" + b"y" * length
    request = HTTPMessage(b"", b"GET", url).to_buffers()
    sspi.make_signature(pair.client, 0, request, 0)
    signed = HTTPMessage(request[4].data, b"GET", url)
    assert sspi.verify_signature(pair.server, signed.to_buffers(), 0) == 0
    with refused(sspi.NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.verify_signature(pair.server, signed.to_buffers(), 0)
    answer = HTTPMessage(b"", b"", b"").to_buffers()
    sspi.make_signature(pair.server, 0, answer, 0)
    proof: Any = HTTPMessage(answer[4].data, b"", b"")
    assert sspi.verify_signature(pair.client, proof.to_buffers(), 0) == 0


def test_there_is_one_type_of_each():
    """The kernel's buffers are those of the SSPI names."""
    for name in ("SecBuffer", "SecBufferDesc", "SecBufferType", "SecBufferFlags"):
        assert getattr(sspi, name) is getattr(buffers, name)
