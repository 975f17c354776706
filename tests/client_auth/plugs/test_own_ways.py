"""What one library does and others do not: requests that are kept, pickles, retries of urllib3, a missing library."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys

import pytest
import urllib3

from digest_http_client_auth.requests import DigestAuth
from digest_http_client_auth.urllib3 import DigestAuth as Urllib3DigestAuth
from digest_http_client_auth.urllib3 import DigestPoolManager
from digest_http_client_auth.wire_targets import wire_target, with_path

from .site import Site

FAMILY = ["requests", "niquests"]


@pytest.fixture(params=FAMILY)
def opened(request, site):
    """A session of requests, or niquests, with one page fetched."""
    library = importlib.import_module(request.param)
    plug = importlib.import_module(f"digest_http_client_auth.{request.param}")
    with library.Session() as session:
        session.trust_env = False
        session.auth = plug.DigestAuth("alice", "s3cret")
        assert session.get(f"{site.url}/", timeout=20).status_code == 200
        session.library = library
        yield session


@pytest.mark.live
def test_prepared_request_sent_twice(opened, site):
    """A prepared request that is sent again carries no count that was used."""
    prepared = opened.prepare_request(opened.library.Request("GET", f"{site.url}/kept"))
    assert [opened.send(prepared, timeout=20).status_code for _ in range(3)] == [200] * 3
    assert len(set(site.strict.pairs)) == len(site.strict.pairs)
    assert "Authorization" not in prepared.headers


@pytest.mark.live
def test_response_shows_what_was_sent(opened, site):
    """The request of a response, and that of the challenge before it, have the fields that they were sent with."""
    site.strict.forget()
    response = opened.get(f"{site.url}/shown", timeout=20)
    fields = [hop.request.headers["Authorization"] for hop in (*response.history, response)]
    assert fields == [sent["authorization"] for sent in site.fields[-2:]]


@pytest.mark.live
def test_pickled_response(opened, site):
    """A pickled response holds no password."""
    response = opened.get(f"{site.url}/", timeout=20)
    octets = pickle.dumps(response)
    assert b"s3cret" not in octets
    assert pickle.loads(octets).status_code == 200  # noqa: S301  # our own octets


@pytest.mark.live
def test_settings_of_the_first_sending(opened, site):
    """The second sending has the settings of the first."""
    seen = []

    def send(adapter, request, **settings):
        seen.append({name: settings[name] for name in ("stream", "timeout", "verify", "cert", "proxies")})
        return base.send(adapter, request, **settings)

    opened.get_adapter(site.url).close()
    base = opened.library.adapters.HTTPAdapter
    opened.mount("http://", type("Adapter", (base,), {"send": send})())
    site.strict.forget()
    response = opened.get(f"{site.url}/", timeout=(19, 20), stream=True, verify=False)
    assert response.content == b"hello alice"
    assert len(seen) == 2
    assert seen[0] == seen[1]


@pytest.mark.live
def test_retries_of_urllib3(serve):
    """What urllib3 sends again by itself is signed again: no count goes out twice."""
    site: Site = serve()
    answer = site.answer
    left = [2]

    def failing(method, target, fields, body):
        status, headers, content = answer(method, target, fields, body)
        if status == 200 and left[0]:
            left[0] -= 1
            return 503, [], b"later"
        return status, headers, content

    site.answer = failing  # type: ignore[method-assign]  # a server that is busy
    retries = urllib3.Retry(5, status_forcelist=[503], backoff_factor=0)
    with DigestPoolManager(Urllib3DigestAuth("alice", "s3cret")) as manager:
        response = manager.request("GET", f"{site.url}/", retries=retries, timeout=20)
    assert (response.status, response.data) == (200, b"hello alice")
    assert len(site.strict.pairs) == 3
    assert len(set(site.strict.pairs)) == 3


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/a?b=c", b"/a?b=c"),
        ("/%c3%a9", b"/%C3%A9"),
        ("/\u00e9", b"/%C3%A9"),
        ("/a b", b"/a%20b"),
        ("/a?b=%zz", b"/a?b=%25zz"),
        ("/%20?b=%zz", b"/%20?b=%25zz"),
        ("/a#f", b"/a"),
        ("/a?", b"/a?"),
        ('/a"b?[', b"/a%22b?%5B"),
    ],
)
def test_wire_targets(target, sent):
    """The target that is signed is the one that urllib3 makes of it."""
    assert wire_target(target) == sent


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("http://a", "http://a/"),
        ("http://a:1", "http://a:1/"),
        ("http://a?b=/", "http://a/?b=/"),
        ("http://a#/", "http://a/#/"),
        ("http://[::1]:8", "http://[::1]:8/"),
        ("http://a/", "http://a/"),
        ("http://a/b?c", "http://a/b?c"),
    ],
)
def test_urls_for_proxies(url, written):
    """They have the path that is signed."""
    assert with_path(url) == written


@pytest.mark.parametrize("name", ["requests", "niquests", "urllib3"])
def test_without_the_library(name):
    """Without its library a plug says what to install."""
    code = (
        f"import sys; sys.modules['{name}'] = None\n"
        f"try: import digest_http_client_auth.{name}\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    script = f"import sys; sys.path[:0] = {sys.path!r}\n{code}"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert f"pip install 'digest-http[{name}]'" in said


def test_shown():
    """What is shown of the objects is the name."""
    assert repr(DigestAuth("alice", "s3cret")) == "<DigestAuth of 'alice'>"


@pytest.mark.live
def test_a_probe_that_urllib3_sends_again(serve):
    """What comes of it is the probe's outcome: the request itself follows."""
    failures = [503]
    site = serve(lambda *_: (failures.pop(), [], b"") if failures else None)
    retries = urllib3.Retry(5, status_forcelist=[503], backoff_factor=0)
    with DigestPoolManager(Urllib3DigestAuth("alice", "s3cret", probe=True)) as manager:
        response = manager.request("PUT", f"{site.url}/", body=iter([b"one", b"two"]), retries=retries, timeout=20)
    assert (response.status, response.data) == (200, b"hello alice")
    assert site.strict.accepted[-1] == ("/", b"onetwo")


@pytest.mark.live
@pytest.mark.parametrize("name", FAMILY)
def test_a_probe_that_gets_no_answer(name, serve, tmp_path):
    """A prepared request that is sent again after that is the request still, with its method and its body."""
    failures = [ConnectionError()]

    def rule(*_):
        if failures:
            raise failures.pop()

    site, library = serve(rule), importlib.import_module(name)
    (tmp_path / "file").write_bytes(b"content")
    auth = importlib.import_module(f"digest_http_client_auth.{name}").DigestAuth("alice", "s3cret", probe=True)
    with library.Session() as session, (tmp_path / "file").open("rb") as file:
        prepared = session.prepare_request(library.Request("PUT", f"{site.url}/", data=file, auth=auth))
        with pytest.raises(library.RequestException):
            session.send(prepared, timeout=20)
        assert session.send(prepared, timeout=20).content == b"hello alice"
        assert prepared.method == "PUT"
    assert site.strict.accepted == [("/", b"content")]
