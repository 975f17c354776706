"""Calls of requests that are signed in advance: the short way does what the long one does, whatever is answered."""

from __future__ import annotations

import copy
import pickle
import re
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

requests = pytest.importorskip("requests")
urllib3 = pytest.importorskip("urllib3")

from digest_http import calculation  # noqa: E402  # behind what may be missing
from digest_http.algorithms import by_name  # noqa: E402
from digest_http.errors import DigestError  # noqa: E402
from digest_http_client_auth import requests as plug  # noqa: E402
from digest_http_client_auth.requests import DigestAuth  # noqa: E402

URL = "https://host.example/a?b=c"
CHALLENGE = 'Digest realm="r", qop="auth", algorithm=SHA-256, nonce="n%d"'
NC = re.compile(r"nc=([0-9a-f]+)")
PARAMETER = re.compile(r'(\w+)="([^"]*)"')

#: What a server may answer to a request that was signed in advance.
ANSWERS = [
    "ok",
    "proven",
    "next",
    "unproven",
    "garbled",
    "stale",
    "error",
    "bad",
    "moved",
    "away",
    "other realm",
    "open",
    "replayed",
]

#: Those to a request without a field; one has the proof of the request before.
OPEN = {"open", "replayed"}


def proof(field: str, more: str = "") -> str:
    """Authentication-Info for a request with that field."""
    given, count = dict(PARAMETER.findall(field)), NC.findall(field)[0].encode()
    algorithm = by_name("SHA-256")
    ha1 = algorithm.hexdigest(b"alice:r:s3cret")
    ha2 = calculation.request_hash(algorithm, b"", given["uri"].encode())
    nonce, cnonce = given["nonce"].encode(), given["cnonce"].encode()
    rspauth = calculation.response(algorithm, ha1, nonce, count, cnonce, b"auth", ha2).decode()
    return f'qop=auth, rspauth="{rspauth}", cnonce="{given["cnonce"]}", nc={count.decode()}{more}'


class Server(requests.adapters.HTTPAdapter):  # type: ignore[misc,name-defined]  # a library that is optional here
    """Answers by `answers`, then with a success.

    It challenges what comes without a field, unless the next answer is that of an open page.
    """

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers = list(answers)
        self.fields: list[str | None] = []
        self.raws: list[Any] = []
        self.nonces = 0
        self.last = ""

    def send(self, request: Any, **_: object) -> Any:
        field = request.headers.get("Authorization")
        if field is not None and not field.startswith("Digest "):
            field = None
        self.fields.append(field and field.partition("response")[0] + NC.findall(field)[0])
        is_next = self.answers and (field is not None or self.answers[0] in OPEN)
        status, fields = self.answer(field, self.answers.pop(0) if is_next else "ok")
        self.last = field or self.last
        self.raws.append(urllib3.HTTPResponse(BytesIO(b"ok"), fields, status, preload_content=False))
        return self.build_response(request, self.raws[-1])

    def answer(self, field: str | None, kind: str) -> tuple[int, dict[str, str]]:
        if kind in OPEN:
            return 200, {"Authentication-Info": proof(self.last)} if kind == "replayed" else {}
        if field is None or kind in {"stale", "other realm"}:
            self.nonces += 1
            challenge = CHALLENGE % self.nonces + (", stale=true" if kind == "stale" else "")
            return 401, {"WWW-Authenticate": challenge.replace('"r"', '"s"') if kind == "other realm" else challenge}
        return {
            "ok": (200, {}),
            "proven": (200, {"Authentication-Info": proof(field)}),
            "next": (200, {"authentication-info": proof(field, ', nextnonce="m"')}),
            "unproven": (200, {"Authentication-Info": proof(field).replace("rspauth=", 'cnonce="x", rspauth=')}),
            "garbled": (200, {"Authentication-Info": "rspauth=,"}),
            "error": (500, {}),
            "bad": (400, {}),
            "moved": (302, {"Location": "/moved"}),
            "away": (302, {"Location": "https://other.example/"}),
        }[kind]


def told(kinds: list[str], own: str | None, verify: Any) -> list[Any]:
    """What a caller sees of some calls, two for each answer; and what the server saw."""
    server, seen = Server("proven", "proven", *kinds), list[Any]()
    with requests.Session() as session:
        session.trust_env = False
        session.auth = DigestAuth("alice", "s3cret", verify=verify)
        session.mount("https://", server)
        session.get(URL)
        session.get(URL)
        prepared: Any = None
        for turn in range(2 * len(kinds)):
            if turn % 2 == 0:  # else it is sent once more
                fields = {} if own is None else {"Authorization": own}
                prepared = session.prepare_request(requests.Request("GET", URL, headers=fields))
            try:
                response = session.send(prepared)
            except DigestError as error:
                told_of: Any = error
                seen.append((type(error).__mro__[1:3], str(error), told_of.request is prepared))
            else:
                shown = response.request.headers.get("Authorization")
                seen.append((response.status_code, shown and NC.findall(shown), response.url, response.text))
                seen += [hop.request.headers.get("Authorization") is None for hop in response.history]
                assert response.request is not prepared
                assert response.request.headers is not prepared.headers
            seen.append(prepared.headers.get("Authorization"))
    return [*seen, server.fields, [raw.closed for raw in server.raws]]


@given(
    st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=4),
    st.sampled_from([None, "Basic eA=="]),
    st.sampled_from(["off", "if-present", "required", "always"]),
)
def test_both_ways_do_the_same(kinds: list[str], own: str | None, verify: str) -> None:
    """Errors, what the response shows, what is left of the caller's request, and each request that is sent."""
    short = told(kinds, own, verify)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plug, "begin_plain", lambda *_: None)
        assert told(kinds, own, verify) == short


@pytest.fixture
def known() -> Any:
    """A session whose server is known."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = DigestAuth("alice", "s3cret")
        session.mount("https://", Server())
        session.get(URL)
        session.get(URL)
        yield session


def test_the_short_way_is_gone(known: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would be of no use, and nothing else would tell."""
    monkeypatch.setattr(plug, "Call", None)
    assert known.get(URL).status_code == 200


def test_a_request_is_sent_again(known: Any) -> None:
    """The second sending is challenged anew: no count goes out twice."""
    prepared = known.prepare_request(requests.Request("GET", URL))
    assert [known.send(prepared).status_code for _ in range(3)] == [200] * 3
    fields = [field for field in known.get_adapter(URL).fields if field is not None]
    assert len(set(fields)) == len(fields)
    assert "Authorization" not in prepared.headers


def pickled(response: Any) -> Any:
    """What comes out of a pickle."""
    return pickle.loads(pickle.dumps(response))  # noqa: S301  # our own octets


@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
def test_responses_are_copied(known: Any, again: Any) -> None:
    """With their request; no password is in a pickle, whose hooks do nothing."""
    response = known.get(URL)
    made = again(response)
    assert made.request.headers == response.request.headers
    assert "Authorization" in made.request.headers
    assert made.request.hooks["response"][0](made) is made or again is not copy.copy
    assert b"s3cret" not in pickle.dumps(response)


def test_a_target_that_no_field_can_carry(known: Any) -> None:
    """The error is that of the library too, and tells the request."""
    request = requests.Request("GET", URL).prepare()
    request.method = "GE\x7fT"
    with pytest.raises(DigestError) as caught:
        known.auth(request)
    assert isinstance(caught.value, requests.RequestException)
    assert caught.value.request is request
