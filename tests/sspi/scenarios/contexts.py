"""Handles and contexts in the states that scenarios start from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from digest_http import sspi
from digest_http.httpauth.verdict import Verdict
from digest_http.sspi import AscReq, IscReq
from tests.sspi.scenarios.registry import Scenario
from tests.sspi.wiring import BINDINGS, INTEGRITY, PRIVACY, HTTPPair, SASLPair, client_handle, server_handle


class BrokenStore:
    """A store that fails once it is asked to count a second time."""

    epoch = b"00000001"

    def __init__(self) -> None:
        self.asked = 0

    def advance(self, *_: object, **__: object) -> Any:
        """Accept once."""
        self.asked += 1
        if self.asked > 1:
            raise OSError("down")
        return Verdict.ACCEPTED


def freed() -> sspi.CredHandle:
    """A handle that was freed."""
    handle = client_handle()
    sspi.free_credentials_handle(handle)
    return handle


def logged_in(**settings: Any) -> HTTPPair:
    """Both sides after the first request."""
    return HTTPPair(**settings).login()


def deleted() -> Any:
    """A context that was closed."""
    pair = HTTPPair().login()
    sspi.delete_security_context(pair.client)
    return pair.client


def use_up(pair: HTTPPair) -> HTTPPair:
    """Spend all counts of the client's nonce."""
    pair.client.digest_context._nonce.counter.last = 0xFFFFFFFF  # noqa: SLF001 - four milliard requests take too long
    return pair


def on_context(call: Callable[[HTTPPair], object], **settings: Any) -> Scenario:
    """A scenario that starts from both sides logged in."""
    return lambda: call(logged_in(**settings))


def store_down(call: Callable[[HTTPPair], object]) -> Scenario:
    """The same with a store that fails for the second request."""
    return lambda: call(logged_in(server_handle=server_handle(store=BrokenStore())))


def bound(call: Callable[[HTTPPair], object]) -> Scenario:
    """The same where the server requires bindings, which the client gives."""

    def scenario() -> object:
        blob = sspi.SecChannelBindings(application_data=b"tls").get_sec_buffer_copy().data
        pair = HTTPPair(client_handle(algorithms=["MD5"]), server_handle(algorithms=["MD5"]), server_flags=AscReq(0))
        response = pair.respond(pair.challenge(), extra=((BINDINGS, blob),))
        pair.server = pair.accept(response, pair.server, bindings=blob).context
        return call(pair)

    return scenario


def body_pair() -> HTTPPair:
    """Both sides after a first request with auth-int, the client going on with auth."""
    pair = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | INTEGRITY, server_flags=AscReq.ASC_REQ_INTEGRITY)
    challenge = pair.challenge()
    hentity = b"d41d8cd98f00b204e9800998ecf8427e"
    pair.server = pair.accept(pair.respond(challenge, hentity=hentity), pair.server, hentity=hentity).context
    pair.client_flags = IscReq.ISC_REQ_HTTP
    pair.respond(challenge)
    return pair


def unbound(token: bytes) -> bytes:
    """The token with another channel-binding than the cnonce bears out."""
    return token.replace(b'channel-binding="', b'channel-binding="00')


def sasl(flags: IscReq = PRIVACY) -> SASLPair:
    """Both sides of DIGEST-MD5."""
    return SASLPair(client_flags=flags).login()


def closed_sasl() -> Any:
    """A context of DIGEST-MD5 that was closed."""
    pair = sasl()
    sspi.delete_security_context(pair.client)
    return pair.client


def exported() -> bytes:
    """A blob."""
    return sspi.export_security_context(logged_in().client)
