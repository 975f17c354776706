"""The story that `make demo` tells: our client against the demo app, each step checked, nothing simulated."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
from httpx import codes

from digest_http_client_auth import DigestAuth

from .app import BRIEF_LIFETIME

__all__ = ["Step", "Wait", "walk"]

Headers = list[tuple[str, str]]

#: Called with seconds and a reason; returns when they are over.
Wait = Callable[[float, str], None]

_SHOWN = ("www-authenticate", "authentication-info")
_SENT = "demo_app.authorization"


@dataclass
class Step:
    """One request and what it had to show. `headers` are the real fields of the request and its answer."""

    title: str
    request: str
    status: int
    passed: bool
    shows: str
    headers: Headers


def _silently(seconds: float, _reason: str) -> None:
    time.sleep(seconds)


def walk(base_url: str, wait: Wait = _silently) -> Iterator[Step]:
    """Every step, in order; `passed` says whether the step did what it had to. `wait` is told why it waits."""
    with httpx.Client(base_url=base_url, event_hooks={"response": [_keep_what_was_sent]}) as client:
        yield from _counting(client)
        yield from _body(client)
        yield from _renewal(client, wait)


def _counting(client: httpx.Client) -> Iterator[Step]:
    auth = DigestAuth("alice", "s3cret", verify="required")
    first = client.get("/api/whoami", auth=auth)
    challenged = first.history[0] if first.history else first
    yield _step(
        "A stranger is challenged",
        challenged,
        challenged.status_code == codes.UNAUTHORIZED,
        "two challenges: SHA-256, MD5",
    )
    yield _step("The client answers", first, _nc(first) == 1, f"nc=0000000{_nc(first)}; rspauth verified")
    second = client.get("/api/whoami", auth=auth)
    counted = not second.history and _nc(second) == _nc(first) + 1
    yield _step("The next request", second, counted, f"nc=0000000{_nc(second)} at once, without a new 401")
    replay = client.get("/api/whoami", headers={"Authorization": second.request.headers["Authorization"]})
    yield _step(
        "The same header again", replay, replay.status_code == codes.UNAUTHORIZED, "refused: that count is spent"
    )
    wrong = client.get("/api/whoami", auth=DigestAuth("alice", "guess"))
    yield _step("A wrong password", wrong, wrong.status_code == codes.UNAUTHORIZED, "refused, and no stale=true")


def _body(client: httpx.Client) -> Iterator[Step]:
    auth = DigestAuth("alice", "s3cret", verify="required")
    posted = client.post("/upload/", content=b"pay 10 to bob", auth=auth)
    signed = posted.is_success and posted.json()["octets"] == len(b"pay 10 to bob")
    yield _step("A signed body (auth-int)", posted, signed, "body and answer are both under a hash")
    # The flow signs without sending; then somebody in between changes the body.
    flow = auth.sync_auth_flow(client.build_request("POST", "/upload/", content=b"pay 10 to bob"))
    authorization = next(flow).headers["Authorization"]
    flow.close()
    changed = client.post("/upload/", content=b"pay 99 to eve", headers={"Authorization": authorization})
    yield _step(
        "The body changed on the way",
        changed,
        changed.status_code == codes.UNAUTHORIZED,
        "refused; the app never saw it",
    )


def _renewal(client: httpx.Client, wait: Wait) -> Iterator[Step]:
    auth = DigestAuth("alice", "s3cret", verify="required")
    client.get("/brief/", auth=auth)
    wait(BRIEF_LIFETIME * 0.85, "until a nonce that lives two seconds is near its end")
    handed = client.get("/brief/", auth=auth)
    offered = "nextnonce" in handed.headers["Authentication-Info"] and not handed.history
    yield _step("Late in a nonce's life", handed, offered, "Authentication-Info hands over a nextnonce")
    wait(BRIEF_LIFETIME * 0.3, "until it is past its end")
    renewed = client.get("/brief/", auth=auth)
    taken = not renewed.history and _nc(renewed) == 1
    yield _step("After its end", renewed, taken, "the client took the next nonce: no 401, nc=00000001")


def _keep_what_was_sent(response: httpx.Response) -> None:
    # A flow signs one and the same request object again, so what it held for this answer must be kept now.
    response.extensions[_SENT] = response.request.headers.get("Authorization")


def _nc(response: httpx.Response) -> int:
    return int(response.json()["nc"]) if response.is_success else 0


def _step(title: str, response: httpx.Response, passed: bool, shows: str) -> Step:  # noqa: FBT001 - a row, in order
    headers = [(name, value) for name, value in response.headers.multi_items() if name in _SHOWN]
    if response.extensions[_SENT] is not None:
        headers.insert(0, ("authorization", response.extensions[_SENT]))
    request = f"{response.request.method} {response.request.url.path}"
    return Step(title, request, response.status_code, passed, shows, headers)
