"""Small parts of the client by themselves: files that can seek, cookies, and who a proxy is."""

from types import SimpleNamespace
from typing import Any

import pytest

from digest_http.errors import BodyNotReplayable
from digest_http.httpauth.origins import Origin
from digest_http_client_auth.request_bodies import Replay
from digest_http_client_auth.cookies import merge_cookies
from digest_http_client_auth.proxies import peer_of


class File:
    """A file that says and does what a test wants."""

    def __init__(self, seekable: Any = True, tell: Any = 7):
        self._seekable, self.place = seekable, tell
        self.sought: list[int] = []

    def read(self, _size=-1):
        return b""

    def seekable(self):
        if isinstance(self._seekable, Exception):
            raise self._seekable
        return self._seekable

    def tell(self):
        if isinstance(self.place, Exception):
            raise self.place
        return self.place

    def seek(self, offset):
        self.sought.append(offset)


def request_with(body) -> Any:
    """A request whose stream keeps this body, as the libraries do."""
    return SimpleNamespace(stream=SimpleNamespace(_stream=body))


def test_a_file_goes_back_to_where_it_stood():
    """To the offset at which it was handed over."""
    file = File(tell=7)
    request = request_with(file)
    replay = Replay(request)
    file.place = 99
    for _ in range(2):
        replay.restore(request)
    assert file.sought == [7, 7]


@pytest.mark.parametrize("file", [
    File(seekable=False), File(seekable=0), File(seekable=AttributeError()), File(seekable=OSError()),
    File(seekable=ValueError()), File(tell=None), File(tell=OSError()), File(tell="7"), SimpleNamespace(read=None),
], ids=range(9))  # fmt: skip
def test_files_that_cannot_go_back(file):
    """Whatever the reason, the body counts as used up."""
    request = request_with(file)
    with pytest.raises(BodyNotReplayable):
        Replay(request).restore(request)
    assert getattr(file, "sought", []) == []


@pytest.mark.parametrize(("sent", "added", "merged"), [
    (None, "a=1", "a=1"),
    (None, "", None),
    ("a=1", "", "a=1"),
    ("a=1; b=2", "b=3; c=4", "a=1; b=3; c=4"),
    ("a=x=y;b", "a=z", "a=z; b"),
    (" a=1 ;; b=2;", "b", "a=1; b"),
    ("a=1 2; b=3", "c=4", "a=1 2; b=3; c=4"),
])  # fmt: skip
def test_cookies_are_merged_by_name(plain, sent, added, merged):
    """New values take the place of old ones; what has no name stands for itself."""
    request = plain.library.Request("GET", "http://server.example/", headers={"Cookie": sent} if sent else {})
    merge_cookies(request, added)
    assert [value for name, value in request.headers.raw if name == b"Cookie"] == ([merged.encode()] if merged else [])


@pytest.mark.parametrize(("origin", "address", "peer"), [
    (("http", "server.example", 80), ("10.0.0.1", 3128), ("http", "10.0.0.1", 3128)),
    (("http", "server.example", 80), ("::1", 3128, 0, 0), ("http", "::1", 3128)),
    (("http", "server.example", 80), ("10.0.0.1", "3128"), ("http", "10.0.0.1", 3128)),
    (("http", "server.example", 80), None, ("http", "server.example", 80)),
    (("http", "server.example", 80), "/run/proxy.sock", ("http", "server.example", 80)),
    (("http", "server.example", 80), ("10.0.0.1",), ("http", "server.example", 80)),
    (("http", "server.example", 80), ("10.0.0.1", 80), None),
    (("https", "server.example", 443), ("10.0.0.1", 3128), None),
])  # fmt: skip
def test_who_a_proxy_is(origin, address, peer):
    """It is named by its address; where that is not told, the origin stands for it."""
    stream = SimpleNamespace(get_extra_info={"server_addr": address}.get)
    response: Any = SimpleNamespace(extensions={"network_stream": stream})
    reasons: list[str] = []
    assert peer_of(response, Origin(*origin), reasons.append) == peer
    assert len(reasons) == (peer is None)


def test_who_a_proxy_is_without_a_network_stream():
    """Transports need not tell."""
    response: Any = SimpleNamespace(extensions={})
    assert peer_of(response, Origin("http", "server.example", 80), print) == ("http", "server.example", 80)
