"""Proxies: 407 for http URLs with proxy=True, and all the 407s that must not be answered."""

import pytest

URL = "http://server.example/page?x"
CHALLENGE = ("Proxy-Authenticate", 'Digest realm="proxy", nonce="n", qop="auth", algorithm=SHA-256')


class Stream:
    """The network stream of a transport, which knows the peer's address."""

    def __init__(self, address):
        self._address = address

    def get_extra_info(self, name):
        return self._address if name == "server_addr" else None


def behind(caller, log, address, *, status=407, fields=(CHALLENGE,)):
    """A transport that challenges until there are credentials; `log` gets the header fields."""
    library = caller.library

    def respond(request):
        log.append({name.decode().lower(): value.decode() for name, value in request.headers.raw})
        extensions = {"network_stream": Stream(address)} if address else {}
        if "proxy-authorization" in log[-1]:
            return library.Response(200, extensions=extensions)
        return library.Response(status, headers=list(fields), extensions=extensions)

    return library.MockTransport(respond)


def get(caller, transport, auth, *urls):
    """GET some URLs; return the statuses."""
    with caller.library.Client(transport=transport, auth=auth) as client:
        return [client.get(url).status_code for url in urls]


@pytest.mark.obeys("proxy-fields")
@pytest.mark.parametrize("address", [("10.0.0.1", 3128), ("::1", 8080, 0, 0), None, "/run/proxy.sock"])
def test_challenge_of_a_proxy_is_answered(plain, address):
    """With proxy=True a 407 is answered with Proxy-Authorization, and with nothing else."""
    log: list[dict[str, str]] = []
    auth = plain.DigestAuth("alice", "s3cret", proxy=True)
    assert get(plain, behind(plain, log, address), auth, URL) == [200]
    assert ["proxy-authorization" in fields for fields in log] == [False, True]
    assert not any("authorization" in fields for fields in log)
    assert 'uri="/page?x"' in log[1]["proxy-authorization"]


def test_nothing_is_sent_to_a_proxy_that_has_not_asked(plain):
    """Which proxy a request will meet is not known before, so each request waits for its 407 (CVE-2026-7168)."""
    auth = plain.DigestAuth("alice", "s3cret", proxy=True)
    for address in (("10.0.0.1", 3128), ("10.0.0.2", 3128), ("10.0.0.1", 3128)):
        log: list[dict[str, str]] = []
        assert get(plain, behind(plain, log, address), auth, URL) == [200]
        assert "proxy-authorization" not in log[0]


def test_counts_of_two_proxies_are_apart(plain):
    """Two proxies with one nonce have a count each; a proxy that repeats its nonce sees it go on."""
    auth = plain.DigestAuth("alice", "s3cret", proxy=True)
    counts = []
    for address in (("10.0.0.1", 3128), ("10.0.0.2", 3128), ("10.0.0.1", 3128)):
        log: list[dict[str, str]] = []
        get(plain, behind(plain, log, address), auth, URL)
        counts.append("nc=00000002" in log[1]["proxy-authorization"])
    assert counts == [False, False, True]


@pytest.mark.parametrize(("url", "address"), [
    ("https://server.example/", ("10.0.0.1", 3128)),
    ("http://10.0.0.1/", ("10.0.0.1", 80)),
    ("http://10.0.0.1:8080/", ("10.0.0.1", 8080)),
    ("http://[::1]/", ("0:0::1", 80, 0, 0)),
    ("http://server.example/", ("10.0.0.1", 80)),
])  # fmt: skip
def test_server_gets_no_credentials_of_a_proxy(plain, url, address):
    """A 407 inside https, or from the server itself, is the caller's (CVE-2023-32681 and its like)."""
    log: list[dict[str, str]] = []
    assert get(plain, behind(plain, log, address), plain.DigestAuth("a", "b", proxy=True), url) == [407]
    assert len(log) == 1


@pytest.mark.parametrize(("url", "address"), [
    ("http://10.0.0.2/", ("10.0.0.1", 80)), ("http://[::2]/", ("::1", 80, 0, 0)),
    ("http://10.0.0.1/", ("::1", 80, 0, 0)), ("http://10.0.0.1:8080/", ("10.0.0.1", 80)),
    ("http://server.example:8080/", ("10.0.0.1", 80)),
])  # fmt: skip
def test_another_address_or_port_is_a_proxy(plain, url, address):
    """Where the connection goes elsewhere than the URL says, it goes to a proxy, also one on port 80."""
    log: list[dict[str, str]] = []
    assert get(plain, behind(plain, log, address), plain.DigestAuth("a", "b", proxy=True), url) == [200]


def test_without_proxy_a_407_is_left_alone(plain):
    """Credentials of a server are for 401 only, those of a proxy for 407 only."""
    log: list[dict[str, str]] = []
    assert get(plain, behind(plain, log, ("10.0.0.1", 3128)), plain.DigestAuth("a", "b"), URL) == [407]
    unauthorized = [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')]
    transport = behind(plain, log, ("10.0.0.1", 3128), status=401, fields=unauthorized)
    assert get(plain, transport, plain.DigestAuth("a", "b", proxy=True), URL) == [401]
    mixed = behind(plain, log, None, status=401, fields=[CHALLENGE])
    assert get(plain, mixed, plain.DigestAuth("a", "b"), URL) == [401]
    assert len(log) == 3
    assert not any("authorization" in fields or "proxy-authorization" in fields for fields in log)
