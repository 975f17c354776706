"""What was reported of the client's core in direct use, input by input; the kinds are tested in tests/httpauth."""

from __future__ import annotations

import re
import sys
from collections.abc import Generator
from hashlib import md5
from threading import Event, Thread

import httpx
import pytest

from digest_http.httpauth import DigestClient
from digest_http_client_auth import DigestAuth

CHALLENGE = 'Digest realm="r", nonce="n1", qop="auth", algorithm=SHA-256'


@pytest.fixture
def eager_switches() -> Generator[None]:
    """Threads change places as often as Python lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("eager_switches")
@pytest.mark.parametrize("signers", [3], ids=["house-1.3"])
def test_counts_while_a_challenge_is_learnt(signers: int) -> None:
    """Three threads sign, a fourth takes in the same challenge in a loop: no count goes out twice."""
    auth = DigestAuth("a", "p")
    auth.learn("http://h/", CHALLENGE)
    done, fields = Event(), list[str]()

    def sign() -> None:
        for _ in range(4000):
            flow = auth.sync_auth_flow(httpx.Request("GET", "http://h/x"))
            fields.append(next(flow).headers["Authorization"])
            flow.close()

    def learn() -> None:
        while not done.is_set():
            auth.learn("http://h/", CHALLENGE)

    threads = [Thread(target=sign) for _ in range(signers)]
    learning = Thread(target=learn)
    for thread in (learning, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    learning.join()
    assert len({re.findall("nc=([0-9a-f]+)", field)[0] for field in fields}) == signers * 4000


@pytest.mark.parametrize(("offer", "qop"), [
    ("", ""), (", algorithm=MD5", ""), (", algorithm=md5", ""), (", stale=FALSE", ""), (', qop=""', ""),
    (', opaque=""', ""), (', qop="auth,auth-int"', "auth"), (', qop="auth-int"', "auth-int"),
], ids="programs-B {}".format)  # fmt: skip
@pytest.mark.parametrize(("method", "target"), [
    ("REGISTER", "sip:example.org"), ("DESCRIBE", "rtsp://camera/stream"), ("OPTIONS", "*"),
])  # fmt: skip
def test_challenges_of_phones_and_cameras(method: str, target: str, offer: str, qop: str) -> None:
    """Signed in one call each, with no list of inner modules; a body is not asked for where there is none."""
    client = DigestClient("alice", "s3cret")
    assert client.challenged(f'Digest realm="example.org", nonce="n1"{offer}', None)
    for _ in range(2):  # programs-5: signed in advance, though nobody said that the first was accepted
        signed = client.authorization(method, target)
        assert signed is not None
        given = signed.parameters
        a1, a2 = "alice:example.org:s3cret", f"{method}:{target}"
        if qop == "auth-int":
            a2 += ":" + md5(b"").hexdigest()
        middle = f"{given['nc']}:{given['cnonce']}:{qop}:" if qop else ""
        h1, h2 = (md5(text.encode()).hexdigest() for text in (a1, a2))
        assert given["response"] == md5(f"{h1}:n1:{middle}{h2}".encode()).hexdigest()
        assert given.get("qop", "") == qop
