"""A websocket handshake through uvicorn, with a header worked out by hand."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.live.by_hand import authorization
from tests.live.peers import HOST
from tests.live.serving import PASSWORD, USER, Serve, Served

pytestmark = pytest.mark.live


def handshake(site: Served, header: str | None = None) -> AbstractContextManager[ClientConnection]:
    """Open /socket with ``header`` as the Authorization value."""
    headers = {} if header is None else {"Authorization": header}
    return connect(f"ws://{HOST}:{site.port}/socket", additional_headers=headers, proxy=None)


def refusal(site: Served, header: str | None = None) -> InvalidStatus:
    """Open /socket and return what kept it shut."""
    with pytest.raises(InvalidStatus) as caught, handshake(site, header):
        pass
    return caught.value


def challenge(site: Served) -> str:
    """The first challenge that a handshake without credentials gets, which is for SHA-256."""
    return refusal(site).response.headers.get_all("www-authenticate")[0]


def test_no_header_is_refused_with_a_challenge(served: Serve) -> None:
    """A handshake without credentials ends in 401 with the challenges, before the app sees it."""
    site = served()
    answer = refusal(site).response
    assert answer.status_code == 401
    assert len(answer.headers.get_all("www-authenticate")) == 2


def test_right_header_opens_the_socket_once(served: Serve) -> None:
    """The right header opens the socket; the same header again does not; the next count does."""
    site = served()
    offer = challenge(site)
    header = authorization(offer, "/socket", username=USER, password=PASSWORD)
    with handshake(site, header) as socket:
        socket.send("knock")
        assert socket.recv(timeout=10) == "knock"
    assert refusal(site, header).response.status_code == 401
    following = authorization(offer, "/socket", username=USER, password=PASSWORD, nc=2)
    with handshake(site, following) as socket:
        socket.send("knock again")
        assert socket.recv(timeout=10) == "knock again"
    assert [exchange.status for exchange in site.exchanges("/socket")] == [401, 101, 401, 101]


def test_wrong_password_is_refused(served: Serve) -> None:
    """A wrong password opens no socket."""
    site = served()
    header = authorization(challenge(site), "/socket", username=USER, password="wrong")
    assert refusal(site, header).response.status_code == 401


def test_header_for_another_target_is_refused(served: Serve) -> None:
    """A header made for a page opens no socket."""
    site = served()
    header = authorization(challenge(site), "/whoami", username=USER, password=PASSWORD)
    assert refusal(site, header).response.status_code == 400
