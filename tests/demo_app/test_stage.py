"""The stage shows what was on the wire, and no secret."""

from __future__ import annotations

import html
import json
import re

import httpx
import pytest

from demo_app.app import LIFETIME, REALM, USERS
from demo_app.stage.attacks import ATTACKS
from digest_http import calculation
from digest_http.algorithms import available, by_name
from digest_http_client_auth import DigestAuth
from tests.demo_app.serving import ALICE
from tests.live.serving import parameter

# As in test_pages.py.
pytestmark = pytest.mark.once


def signed(answer: httpx.Response) -> str:
    """The Authorization value of the request that was answered."""
    return answer.request.headers["authorization"]


def text_of(page: str) -> str:
    """What a person reads on a page, blanks folded."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def news(client: httpx.Client) -> dict[str, str]:
    """The parts of the page in the first event of the stream."""
    with client.stream("GET", "/stage/live") as stream:
        line = next(line for line in stream.iter_lines() if line.startswith("data: "))
    parts: dict[str, str] = json.loads(line.removeprefix("data: "))
    return parts


def test_the_page_shows_the_request_that_it_answers(alice):
    """Each value of the answer, the two values that the request line gives, and the challenge that they came from."""
    challenge = alice.get("/stage", auth=None).headers.get_list("www-authenticate")
    assert challenge
    answer = alice.get("/stage?a=b&c")
    shown = text_of(answer.text)
    for name in ("nonce", "cnonce", "response", "nc", "uri", "realm", "username"):
        assert parameter(signed(answer), name) in shown
    assert "GET /stage?a=b&c HTTP/1.1" in shown
    (first,) = answer.history
    for offer in first.headers.get_list("www-authenticate"):
        assert parameter(offer, "nonce") in shown
    assert "of 2 offers: SHA-256, MD5" in shown


def test_the_computation_on_the_page_ends_in_what_was_sent_each_way(alice):
    """The response is that of the browser, and rspauth is that of the real Authentication-Info."""
    answer = alice.get("/stage")
    shown = text_of(answer.text)
    assert "equal to what your browser sent" in shown
    assert shown.count(parameter(signed(answer), "response")) == 2  # in the answer, and as a result
    assert shown.count(parameter("Digest " + answer.headers["authentication-info"], "rspauth")) == 2


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_the_algorithm_that_was_chosen_is_marked(demo_url, algorithm):
    """Whichever of the offers the browser takes."""
    auth = DigestAuth(*ALICE, algorithms=[algorithm])
    with httpx.Client(base_url=demo_url, auth=auth, trust_env=False) as client:
        page = client.get("/stage").text
    (chosen,) = re.findall(r'<div class="offer chosen">.*?</dl>', page, re.DOTALL)
    assert f'<dd class="k-algorithm">{algorithm}</dd>' in chosen
    assert f"Your browser chose {algorithm}" in text_of(page)
    assert "equal to what your browser sent" in text_of(page)


def test_the_five_buffers_are_those_of_the_layout(alice):
    """In their order, with their types, and with as many octets as they have."""
    answer = alice.get("/stage")
    found = re.findall(
        r"<b>(\w+)</b> <span class=\"type\">(\w+)</span> <span class=\"count\">(\d+) octets", answer.text
    )
    token = signed(answer).removeprefix("Digest ")
    info = answer.headers["authentication-info"]
    assert found == [
        ("TOKEN", "SECBUFFER_TOKEN", str(len(token))),
        ("Method", "SECBUFFER_PKG_PARAMS", "3"),
        ("URL", "SECBUFFER_PKG_PARAMS", "6"),
        ("HEntity", "SECBUFFER_PKG_PARAMS", "0"),
        ("PADDING", "SECBUFFER_PADDING", str(len(info))),
    ]


def test_no_page_shows_a_secret(alice):
    """Neither H(A1) of any user under any algorithm, nor the password of who looks, on any page or in any event."""
    shown = [alice.get("/stage").text, *news(alice).values()]
    shown += [alice.post(f"/stage/attack/{name}").text for name in ATTACKS]
    shown += [alice.post(f"/stage/attack/{name}", headers={"x-fragment": "1"}).text for name in ATTACKS]
    everything = "\n".join(shown)
    assert ALICE[1] not in everything
    realms = (REALM, "demo upload")
    for name, password in USERS.items():
        for algorithm in available():
            for realm in realms:
                secret = calculation.user_hash(algorithm, name.encode(), realm.encode(), password.encode())
                assert secret.hex() not in everything
    assert "0 times in the octets of this exchange" in text_of(shown[0])


#: Answers that are right, in spellings that no browser uses: the template, nc and cnonce.
SPELLINGS = {
    "lower case": (b'username="alice", algorithm=sha-256, qop=auth', b"00000001", b"c"),
    "in quotes": (b'username="alice", algorithm="SHA-256", qop="auth"', b"00000001", b"c"),
    "the last count": (b'username="alice", algorithm=SHA-256, qop=auth', b"FFFFFFFF", b"c"),
    "username*": (b"username*=UTF-8''alice, algorithm=SHA-256, qop=auth", b"00000001", b"c"),
    "no UTF-8": (b'username="alice", algorithm=SHA-256, qop=auth', b"00000001", b"\xff\xfe"),
    "markup": (b'username="alice", algorithm=SHA-256, qop=auth, x="<img>", opaque="<img>"', b"00000001", b"<img>"),
}


@pytest.mark.parametrize("path", ["/stage", *(f"/stage/attack/{name}" for name in ATTACKS)])
@pytest.mark.parametrize("name", SPELLINGS)
def test_an_unusual_answer_is_shown_too(stranger, name, path):
    """What the middleware accepts, the stage can take apart: no spelling makes an error page of it."""
    method = "GET" if path == "/stage" else "POST"
    challenge = stranger.request(method, path).headers.get_list("www-authenticate")[0]
    template, nc, cnonce = SPELLINGS[name]
    nonce, algorithm = parameter(challenge, "nonce").encode(), by_name("SHA-256")
    ha1 = calculation.hex_octets(calculation.user_hash(algorithm, b"alice", b"demo", b"s3cret"))
    ha2 = calculation.request_hash(algorithm, method.encode(), path.encode())
    response = calculation.response(algorithm, ha1, nonce, nc, cnonce, b"auth", ha2)
    rest = b'realm="demo", nonce="%b", uri="%b", nc=%b, cnonce="%b", response="%b"'
    field = b"Digest " + template + b", " + rest % (nonce, path.encode(), nc, cnonce, response)
    answer = stranger.request(method, path, headers={"authorization": field})
    assert answer.status_code == 200
    assert "<img" not in answer.text
    # Who attacks sees the page with the request of the button, which was right as well.
    assert "equal to what your browser sent" in text_of(answer.text)
    assert '<div class="offer chosen">' in answer.text


HOSTILE = '<img src="x" onerror="alert(1)">'


def test_what_strangers_send_is_shown_as_text(alice, stranger):
    """Names, programs and targets that are markup stay text."""
    forged = (
        f'Digest username="{HOSTILE.replace(chr(34), chr(92) + chr(34))}", realm="demo", nonce="n", uri="/api/whoami", '
    )
    forged += 'response="00", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"'
    answer = stranger.get("/api/whoami", headers={"authorization": forged, "user-agent": HOSTILE})
    assert answer.status_code == 401
    alice.get(f"/stage/ping?{HOSTILE}", headers={"user-agent": HOSTILE})
    for shown in (alice.get("/stage").text, *news(alice).values()):
        assert "<img" not in shown
    assert "&lt;img" in news(alice)["wire"]


def test_the_count_and_the_window_follow_each_request(alice):
    """nc is that of the newest request, and each count has its place."""
    alice.get("/stage")
    for _ in range(9):
        alice.get("/stage/ping")
    parts = news(alice)
    assert '<strong class="number k-nc" id="nc">11</strong>' in parts["now"]
    assert parts["window"].count('class="seen"') == 10
    assert parts["window"].count('class="last"') == 1
    assert "GET /stage/ping" in parts["wire"]
    assert "nc 11" in parts["people"]


def test_a_nonce_ends_and_is_renewed_without_a_question(alice):
    """After a minute of the demo's clock the next request meets stale=true, once, and goes on with a new nonce."""
    first = alice.get("/stage")
    assert alice.post("/stage/wait", headers={"x-fragment": "1"}).status_code == 204
    again = alice.get("/stage")
    assert [each.status_code for each in (*again.history, again)] == [401, 200]
    assert all("stale=true" in value for value in again.history[0].headers.get_list("www-authenticate"))
    assert parameter(signed(again), "nonce") != parameter(signed(first), "nonce")
    left = re.search(r'data-left="([\d.]+)"', again.text)
    assert left is not None
    assert 0 < float(left[1]) <= LIFETIME
    assert "nonce-expired" in again.text


def test_without_a_script_a_minute_passes_too(alice):
    """The form leads back to the page, which says what has happened, and says it no other time."""
    told = "A minute has passed"
    assert told not in alice.get("/stage").text
    answer = alice.post("/stage/wait", follow_redirects=True)
    assert answer.status_code == 200
    assert "Hello, alice" in answer.text
    assert told in answer.text


def test_the_stream_is_one_that_browsers_read(alice):
    """Server-sent events, kept by nobody."""
    with alice.stream("GET", "/stage/live") as stream:
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-store"
        assert next(stream.iter_lines()) == "retry: 500"
