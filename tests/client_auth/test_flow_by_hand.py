"""The flow without a client, by next and send; whole clients are in test_answers.py."""

import pytest

from digest_http.errors import WrongPrincipal

from .strict_server import parameters_of

CHALLENGE = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="n1", opaque="o"'


def test_one_call(plain):
    """The first yield is the request as it was, the second carries the answer, then the flow ends."""
    library = plain.library
    auth = plain.DigestAuth("Mufasa", "Circle of Life")
    request = library.Request("GET", "http://www.example.org/dir/index.html")
    flow = auth.sync_auth_flow(request)
    assert next(flow) is request
    assert "authorization" not in request.headers
    again = flow.send(library.Response(401, headers={"WWW-Authenticate": CHALLENGE}, request=request))
    assert again is request
    sent = parameters_of(request.headers["Authorization"])
    assert list(sent) == [
        "username", "realm", "nonce", "uri", "algorithm", "response", "opaque", "qop", "nc", "cnonce",
    ]  # fmt: skip
    with pytest.raises(StopIteration):
        flow.send(library.Response(200, request=request))


def test_responses_without_their_request(plain):
    """Responses made by hand may lack their request; they answer what was sent last."""
    library = plain.library
    auth = plain.DigestAuth("Mufasa", "Circle of Life")
    request = library.Request("GET", "http://www.example.org/")
    for _ in range(2):
        flow = auth.auth_flow(request)
        next(flow)
        if _ == 0:
            flow.send(library.Response(401, headers={"WWW-Authenticate": CHALLENGE}))
        with pytest.raises(StopIteration):
            flow.send(library.Response(200))
    assert parameters_of(request.headers["Authorization"])["nc"] == "00000002"


def test_flow_that_is_closed(plain):
    """A client that gives up closes the flow, at any point, without an exception."""
    library = plain.library
    auth = plain.DigestAuth("Mufasa", "Circle of Life")
    request = library.Request("GET", "http://www.example.org/")
    flow = auth.sync_auth_flow(request)
    flow.close()
    flow = auth.sync_auth_flow(request)
    next(flow)
    flow.close()
    flow = auth.sync_auth_flow(request)
    next(flow)
    flow.send(library.Response(401, headers={"WWW-Authenticate": CHALLENGE}, request=request))
    flow.close()
    assert list(flow) == []


def test_request_that_is_sent_again_by_its_owner(plain):
    """A Request object may be sent twice; the field of the first time is replaced, not added to."""
    library = plain.library
    auth = plain.DigestAuth("Mufasa", "Circle of Life")
    request = library.Request("GET", "http://www.example.org/", headers={"authorization": "Bearer x"})
    seen = []
    for status in (401, 200, 200):
        flow = auth.sync_auth_flow(request)
        next(flow)
        seen.append(request.headers.get_list("authorization"))
        headers = {"WWW-Authenticate": CHALLENGE} if status == 401 else {}
        try:
            flow.send(library.Response(status, headers=headers, request=request))
            flow.send(library.Response(200, request=request))
        except StopIteration:
            pass
    assert seen[0] == ["Bearer x"]
    assert [len(fields) for fields in seen] == [1, 1, 1]
    assert [parameters_of(field)["nc"] for (field,) in seen[1:]] == ["00000002", "00000003"]


def test_random_is_what_cnonces_are_made_of(plain):
    """The source of randomness is an argument: 128 bits of it are in each cnonce, and none is used twice."""
    asked = []

    def random(size):
        asked.append(size)
        return b"".join(number.to_bytes(16, "big") for number in range(size // 16))

    library = plain.library
    auth = plain.DigestAuth("Mufasa", "Circle of Life", random=random)
    seen: list[str] = []
    for _ in range(10):
        request = library.Request("GET", "http://www.example.org/")
        flow = auth.sync_auth_flow(request)
        next(flow)
        try:
            flow.send(library.Response(200 if seen else 401, headers={"WWW-Authenticate": CHALLENGE}, request=request))
            flow.send(library.Response(200, request=request))
        except StopIteration:
            pass
        seen.append(parameters_of(request.headers["Authorization"])["cnonce"])
    assert len(set(seen)) == 10
    assert {len(bytes.fromhex(cnonce)) for cnonce in seen} == {16}
    assert sum(asked) >= 160


def test_wrong_proof_leaves_the_flow(plain):
    """An error of ours comes out of send, where the client closes the response."""
    library = plain.library
    auth = plain.DigestAuth("Mufasa", "Circle of Life")
    request = library.Request("GET", "http://www.example.org/")
    flow = auth.sync_auth_flow(request)
    next(flow)
    flow.send(library.Response(401, headers={"WWW-Authenticate": CHALLENGE}, request=request))
    with pytest.raises(WrongPrincipal):
        flow.send(library.Response(200, headers={"Authentication-Info": 'rspauth="00"'}, request=request))


def test_drop_in_for_the_class_of_the_library(plain):
    """It is an Auth of its library, takes the same two arguments, also as octets, and goes where auth= goes."""
    library = plain.library
    assert isinstance(plain.DigestAuth("a", "b"), library.Auth)
    assert isinstance(plain.DigestAuth(b"a", b"b"), library.Auth)
    assert isinstance(plain.DigestAuth(username="a", password="b"), library.Auth)
    with library.Client(auth=plain.DigestAuth("a", "b")) as client:
        assert isinstance(client.auth, plain.DigestAuth)
