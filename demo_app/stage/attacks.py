"""What somebody who reads the wire may try, for real: each attack opens a socket to this same server.

The header that is used is the one of the request that the button has just sent. It is right, and a moment old.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx
from starlette.requests import Request

from digest_http_client_auth import DigestAuth

from . import raw
from .exchanges import Exchanges
from .explained import Parameter, parameters
from .watching import target_of

__all__ = ["ATTACKS", "MARK", "Attack", "Attempt", "attempt"]

#: A request of the demo itself. If one ever passed, its own route must not send it again.
MARK: Final = "x-demo-sent-again"

#: What is signed, and what somebody makes of it. As long as each other: only the hash can tell.
HONEST_BODY: Final = b"pay 10 to bob"
FORGED_BODY: Final = b"pay 99 to eve"

_nc: Final = re.compile(r"(?<=\bnc=)[0-9a-f]{8}", re.IGNORECASE)

#: Statuses with which the middleware turns down what is not right.
_TURNED_DOWN: Final = frozenset({400, 401, 407})


@dataclass(frozen=True)
class Attack:
    """An attack as the page names it. `button` is an order, `story` says what is done, `moral` why it fails."""

    name: str
    button: str
    story: str
    moral: str


@dataclass(frozen=True)
class Attempt:
    """An attack that was tried: what was sent, and what came back."""

    attack: Attack
    request_line: str
    answer: tuple[Parameter, ...]
    body: str = ""
    status: int = 0
    reason: str = ""
    """What the log says. The client is told less."""
    fields: tuple[tuple[str, str], ...] = ()
    trouble: str = ""
    """Why there was no answer at all."""

    @property
    def refused(self) -> bool:
        """Whether the server did what it had to."""
        return self.status in _TURNED_DOWN


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "replay",
            "Send it again",
            "Somebody has read the header that your browser sent just now, and sends the same octets once more.",
            "The server has seen this count. A count is good once.",
        ),
        Attack(
            "address",
            "Use it elsewhere",
            "The same header, sent with a request for another page.",
            "The address is part of the hash, and part of the header: the two must be the same.",
        ),
        Attack(
            "count",
            "Raise the count",
            "The header again, with the next nc, so that it looks new.",
            "nc is part of the hash too. Whoever raises it needs H(A1) to compute a new response.",
        ),
        Attack(
            "body",
            "Change a signed body",
            f"A client signs “{HONEST_BODY.decode()}” with auth-int; on the way it becomes “{FORGED_BODY.decode()}”.",
            "With auth-int the hash of the body is part of the response. The app never saw the forged order.",
        ),
    )
}


async def attempt(name: str, request: Request, exchanges: Exchanges, users: Mapping[str, str]) -> Attempt:
    """Try the attack of this name with what the request has sent. KeyError for a name that is none."""
    attack = ATTACKS[name]
    method, target, body = request.method, target_of(request.scope), b""
    authorization = request.headers["authorization"]
    host, port = request.scope.get("server") or ("", None)
    if not isinstance(port, int):
        return Attempt(attack, "", (), trouble="This server does not say on which port it listens.")
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if name == "address":
        method, target = "GET", "/stage/ping?for=somebody-else"
    elif name == "count":
        authorization = _nc.sub(lambda nc: f"{(int(nc[0], 16) + 1) & 0xFFFFFFFF:08x}", authorization)
    elif name == "body":
        user = request.user.display_name
        method, target, body = "POST", "/upload/", FORGED_BODY
        try:
            authorization = await _signed_upload(f"http://{authority}", user, users[user])
        except httpx.HTTPError:
            return Attempt(attack, "", (), trouble="This server did not take an honest upload.")
    sent = Attempt(attack, f"{method} {target} HTTP/1.1", parameters(authorization.encode("latin-1")), body.decode())
    before = exchanges.last_number
    try:
        answer = await raw.send(host, port, _octets(method, target, authority, authorization, body))
    except raw.NoAnswer as error:
        return Attempt(attack, sent.request_line, sent.answer, sent.body, trouble=f"{error}.")
    given = authorization.encode("latin-1")
    reasons = [each.reason for each in exchanges.since(before) if each.authorization == given and each.target == target]
    shown = tuple(field for field in answer.fields if field[0] in {"www-authenticate", "authentication-info"})
    return Attempt(attack, sent.request_line, sent.answer, sent.body, answer.status, "".join(reasons[:1]), shown)


async def _signed_upload(base_url: str, user: str, password: str) -> str:
    """An Authorization value for the honest body, of a client that the area knows already."""
    auth = DigestAuth(user, password, verify="required")
    async with httpx.AsyncClient(base_url=base_url, trust_env=False) as client:
        (await client.post("/upload/", content=HONEST_BODY, auth=auth)).raise_for_status()
        # The flow signs without sending; then somebody in between changes the body.
        flow = auth.sync_auth_flow(client.build_request("POST", "/upload/", content=HONEST_BODY))
        authorization: str = next(flow).headers["Authorization"]
        flow.close()
    return authorization


def _octets(method: str, target: str, authority: str, authorization: str, body: bytes) -> bytes:
    lines = (
        f"{method} {target} HTTP/1.1",
        f"Host: {authority}",
        f"Authorization: {authorization}",
        f"{MARK}: 1",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body
