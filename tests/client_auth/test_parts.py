"""Small parts of the client by themselves: files that can seek, cookies, and who a proxy is."""

import gzip
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from digest_http.errors import BodyNotReplayable
from digest_http.httpauth.challenge_selection import Preference
from digest_http.httpauth.client_policy import ClientPolicy
from digest_http.httpauth.origins import Origin
from digest_http_client_auth.cookies import merge_cookies
from digest_http_client_auth.httpx_family import HttpxLibrary
from digest_http_client_auth.library import UNTOLD
from digest_http_client_auth.proxies import peer_of


class File:
    """A file that says and does what a test wants."""

    def __init__(self, seekable: Any = True, tell: Any = 7):
        self._seekable, self.place = seekable, tell
        self.sought: list[int] = []

    def __iter__(self):
        return iter(())

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

    def seek(self, offset, whence=0):
        if whence:  # how the libraries ask for the length
            raise OSError
        self.sought.append(offset)


def sent_once(plain, body) -> Any:
    """A request with this body that was sent once, and what is known of it."""
    request = plain.library.Request("PUT", "http://server.example/", content=body)
    replay = HttpxLibrary(plain.library).replay(request)
    b"".join(request.stream)
    return request, replay


def test_a_file_goes_back_to_where_it_stood(plain):
    """To the offset at which it was handed over."""
    file = File(tell=7)
    request, replay = sent_once(plain, file)
    file.place = 99
    for _ in range(2):
        replay.restore(request)
    assert file.sought == [7, 7]


@pytest.mark.parametrize("file", [
    File(seekable=False), File(seekable=0), File(seekable=AttributeError()), File(seekable=OSError()),
    File(seekable=ValueError()), File(tell=None), File(tell=OSError()), File(tell="7"),
], ids=range(8))  # fmt: skip
def test_files_that_cannot_go_back(plain, file):
    """Whatever the reason, the body counts as used up."""
    request, replay = sent_once(plain, file)
    with pytest.raises(BodyNotReplayable):
        replay.restore(request)
    assert file.sought == []


@pytest.mark.parametrize("attribute", ["stream", "_stream", "file", "fields", "anything"])
def test_streams_of_others_are_not_looked_into(plain, attribute):
    """A stream of the caller's own may do anything with the file that it holds, so it is not sent again."""
    library = plain.library
    stream = type("Own", (library.SyncByteStream,), {"__iter__": lambda _: iter([b"x"])})()
    setattr(stream, attribute, File() if attribute != "fields" else None)
    request = library.Request("PUT", "http://server.example/", stream=stream)
    replay = HttpxLibrary(library).replay(request)
    replay.restore(request)  # not begun: nothing is lost yet
    b"".join(request.stream)
    with pytest.raises(BodyNotReplayable):
        replay.restore(request)


def test_what_a_client_may_send_stays_told_by_its_class(plain):
    """A blocking body stays a blocking one, and an asynchronous one asynchronous."""
    library = plain.library
    blocking, asynchronous = library.SyncByteStream, library.AsyncByteStream
    kinds: list[tuple[Any, ...]] = [(blocking,), (asynchronous,), (blocking, asynchronous)]
    for bases in kinds:
        request = library.Request("PUT", "http://server.example/", stream=type("Own", bases, {})())
        HttpxLibrary(library).replay(request)
        HttpxLibrary(library).replay(request)  # sent again in another call: not wrapped twice
        for base in (blocking, asynchronous):
            assert isinstance(request.stream, base) is (base in bases)
        assert type(request.stream.stream).__name__ == "Own"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_that_was_read_is_withheld(plain, encoding):
    """Its text in any form, what decoded it, and the fields that describe it; all else stays."""
    fields = {"Content-Encoding": encoding, "Transfer-Encoding": "x", "Content-Type": "text/plain", "X-Other": "1"}
    content = gzip.compress(b"forged") if encoding == "gzip" else b"forged"
    request = plain.library.Request("GET", "http://server.example/")
    extensions = {"http_version": b"HTTP/1.0"}
    response = plain.library.Response(401, content=content, headers=fields, request=request, extensions=extensions)
    response.elapsed = timedelta(seconds=1)
    assert (response.text, response.content) == ("forged", b"forged")
    HttpxLibrary(plain.library).withhold(response)
    assert (response.text, response.content, response.read()) == ("", b"", b"")
    assert sorted(response.headers) == ["content-type", "x-other"]
    assert (response.status_code, response.request, response.extensions) == (401, request, extensions)
    assert (response.elapsed, response.next_request, response.is_closed) == (timedelta(seconds=1), None, True)


def test_a_response_made_by_hand_is_withheld(plain):
    """It lacks its request and was never closed by a client."""
    response = plain.library.Response(401, text="forged")
    HttpxLibrary(plain.library).withhold(response)
    assert response.text == ""
    with pytest.raises(RuntimeError):
        _ = response.request


@pytest.mark.parametrize(("sent", "added", "merged"), [
    ([], b"a=1", b"a=1"),
    ([], b"", b""),
    ([b"a=1"], b"", b"a=1"),
    ([b"a=1; b=2"], b"b=3; c=4", b"a=1; b=3; c=4"),
    ([b"a=x=y;b"], b"a=z", b"a=z; b"),
    ([b" a=1 ;; b=2;"], b"b", b"a=1; b"),
    ([b"a=1 2; b=3"], b"c=4", b"a=1 2; b=3; c=4"),
    ([b"a=1", b"b=2"], b"a=3", b"a=3; b=2"),
])  # fmt: skip
def test_cookies_are_merged_by_name(sent, added, merged):
    """New values take the place of old ones; what has no name stands for itself."""
    assert merge_cookies(sent, added) == merged


@pytest.mark.parametrize(("origin", "address", "peer"), [
    (("http", "server.example", 80), ("10.0.0.1", 3128), ("http", "10.0.0.1", 3128)),
    (("http", "server.example", 80), ("::1", 3128), ("http", "::1", 3128)),
    (("http", "server.example", 80), None, ("http", "server.example", 80)),
    (("http", "server.example", 80), ("10.0.0.1", 80), None),
    (("http", "10.0.0.1", 80), ("10.0.0.1", 80), None),
    (("http", "10.0.0.1", 80), ("10.0.0.2", 80), ("http", "10.0.0.2", 80)),
    (("https", "server.example", 443), ("10.0.0.1", 3128), None),
])  # fmt: skip
def test_who_a_proxy_is(origin, address, peer, caplog):
    """It is named by its address; where that is not told, the origin stands for it."""
    caplog.set_level("DEBUG", "digest_http.client")
    assert peer_of(UNTOLD, address, Origin(*origin), a_policy()) == peer
    assert len(caplog.records) == (peer is None)


@pytest.mark.parametrize("origin", [("http", "server.example", 80), ("https", "10.0.0.1", 443)])
@pytest.mark.parametrize("told", [None, Origin("http", "proxy.example", 80), Origin("https", "10.0.0.1", 443)])
def test_a_proxy_that_is_told(told, origin):
    """Where the library knows, nothing is guessed: a proxy is what it says, and without one a 407 is the server's."""
    for address in (None, ("10.0.0.1", 80), ("10.0.0.2", 3128)):
        assert peer_of(told, address, Origin(*origin), a_policy()) == told


@pytest.mark.parametrize(("host", "level"), [("server.example", "WARNING"), ("10.0.0.1", "DEBUG")])
def test_equal_ports(host, level, caplog):
    """A proxy on the port of the URL cannot be told from a server with a name: that is said where people look."""
    caplog.set_level("DEBUG", "digest_http.client")
    assert peer_of(UNTOLD, ("10.0.0.1", 8080), Origin("http", host, 8080), a_policy()) is None
    assert [record.levelname for record in caplog.records] == [level]


def a_policy() -> ClientPolicy:
    """Anybody's."""
    return ClientPolicy(Preference())


@pytest.mark.parametrize(("address", "told"), [
    (("10.0.0.1", 3128), ("10.0.0.1", 3128)), (("::1", 3128, 0, 0), ("::1", 3128)),
    (("10.0.0.1", "3128"), ("10.0.0.1", 3128)), (None, None), ("/run/proxy.sock", None), (("10.0.0.1",), None),
])  # fmt: skip
def test_the_other_end_of_a_connection(plain, address, told):
    """Its address and port, if the transport tells; transports need not tell, nor have a network stream."""
    library: Any = HttpxLibrary(plain.library)
    stream = SimpleNamespace(get_extra_info={"server_addr": address}.get)
    assert library.peer_address(plain.library.Response(407, extensions={"network_stream": stream})) == told
    assert library.peer_address(plain.library.Response(407)) is None
