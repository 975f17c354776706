"""A29, A45: what auth-int covers on the way in, and the proof on the way out."""

from typing import Any

import pytest

from tests.attacks.driver import Server

FORM = [(b"content-type", b"application/x-www-form-urlencoded")]
TRAILERS: dict[str, Any] = {"extensions": {"http.response.trailers": {}}, "headers": [(b"te", b"trailers")]}
ALGORITHMS = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]


def post(server, signer, signed, sent, nc=1, **keywords):
    """POST a body under a signature over another, or the same."""
    return server.request("POST", "/x", signer.sign("POST", "/x", nc, body=signed), body=sent, **keywords)


@pytest.mark.obeys("a2-formula")
@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        (b"amount=1", b"amount=9"),
        (b"amount=1", b""),
        (b"", b"amount=1"),
        (b"a", b"a\n"),
        (b"a\x00b", b"a"),
        (b"a", b"A"),
    ],
)
@pytest.mark.parametrize("headers", [[], FORM])
def test_a29_a_changed_body(server, signed, sent, headers):
    """Every changed body is refused before the app is called, forms too; the count is not used up."""
    signer = server.signer()
    response = post(server, signer, signed, sent, headers=headers)
    assert (response.status, response.stale, response.app_called) == (401, False, False)
    assert post(server, signer, signed, signed, headers=headers).status == 200
    assert server.app.bodies == [signed]


@pytest.mark.parametrize("body", [b"", b"a=1&b=%20", bytes(range(256)), b"x" * 100_000])
def test_a29_the_app_sees_the_same_octets(server, body):
    """A right body in one piece or many arrives unchanged, an empty one too."""
    pieces = [body[at : at + 999] for at in range(0, len(body), 999)]
    for nc, sent in enumerate((body, [*pieces, b""], [b"", *pieces, b""]), 1):
        signer = server.signer()
        assert post(server, signer, body, sent, nc, headers=FORM).status == 200
        assert server.app.bodies[-1] == body


def test_a29_an_empty_body_hash_covers_no_body(server):
    """A captured auth-int header of a GET is of no use for a POST with a body, nor as auth."""
    signer = server.signer()
    header = signer.sign("POST", "/x", body=b"")
    assert server.request("POST", "/x", header, body=b"amount=9").status == 401
    stripped = header.replace(b"qop=auth-int", b"qop=auth")
    assert server.request("POST", "/x", stripped, body=b"amount=9").status == 401


def test_a29_one_octet_over_the_limit():
    """413 for what auth-int may not hold in memory, from the length that is announced or the octets that come."""
    server = Server(max_body=1000, qop=["auth-int"])
    fits, over = b"x" * 1000, b"x" * 1001
    signer = server.signer()
    assert post(server, signer, fits, fits, headers=[(b"content-length", b"1000")]).status == 200
    for keywords in ({}, {"headers": [(b"content-length", b"1001")]}):
        response = post(server, signer, over, over, 2, **keywords)
        assert (response.status, response.app_called, response.challenges) == (413, False, [])
    assert post(server, signer, over, [over[:600], over[600:]], 2).status == 413
    assert post(server, signer, fits, [fits[:600], fits[600:]], 2).status == 200


def test_a29_an_announced_length_is_refused_unread():
    """Nothing is read of a body that says it is too large, and an odd length is not believed."""
    server = Server(max_body=10, qop=["auth-int"])
    for length in (b"11", b"99999999999999999999999", b"9" * 5000, b"0" * 5000 + b"11"):
        header = server.signer().sign("POST", "/x", body=b"")
        assert server.request("POST", "/x", header, headers=[(b"content-length", length)]).status == 413
    for length in (b"-1", b"abc", b"1e9", b"\xb2", b"", b"0" * 5000, b"0010"):
        header = server.signer().sign("POST", "/x", body=b"")
        assert server.request("POST", "/x", header, headers=[(b"content-length", length)]).status == 200


def test_a29_the_limit_is_auth_ints_alone():
    """With auth the body is the app's business, however large, and is not held back."""
    server = Server(max_body=10)
    header = server.signer().sign("POST", "/x")
    assert server.request("POST", "/x", header, body=[b"x" * 1000] * 3).status == 200
    assert server.app.bodies == [b"x" * 3000]


def test_a29_gone_in_mid_body(server):
    """Whoever goes away before the body is complete gets no answer, calls nothing and uses no count."""
    signer = server.signer()
    header = signer.sign("POST", "/x", body=b"amount=1")
    gone = server.request("POST", "/x", header, body=b"amount=", disconnect=True)
    assert (gone.messages, gone.app_called) == ([], False)
    assert server.request("POST", "/x", header, body=b"amount=1").status == 200


def test_a29_nothing_is_read_before_the_header_is_sound(server):
    """A malformed or missing header is answered without waiting for the body."""
    for header in (None, b"Digest x", server.signer().sign("POST", "/x", late={"algorithm": "MD4"}, body=b"")):
        response = server.request("POST", "/x", header, body=b"never complete", disconnect=True)
        assert response.status in (400, 401)


@pytest.mark.obeys("info-on-success")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("body", [None, b"question"], ids=["auth", "auth-int"])
@pytest.mark.parametrize("answer", [[], [b""], [b"hello"], [b"hel", b"", b"lo"]], ids=str)
def test_a45_every_accepted_answer_proves_itself(algorithm, body, answer):
    """Authentication-Info with the right rspauth, over the body as sent with auth-int, and the same nc and cnonce."""
    server = Server(algorithms=ALGORITHMS)
    server.app.answer = answer
    signer = server.signer(algorithm=algorithm)
    for nc in (1, 2):
        response = server.request("POST", "/x", signer.sign("POST", "/x", nc, body=body), body=body or b"")
        assert response.status == 200
        assert response.body == b"".join(answer)
        assert response.info == {
            "rspauth": signer.rspauth(None if body is None else response.body),
            "qop": signer.fields["qop"],
            "nc": signer.fields["nc"],
            "cnonce": signer.fields["cnonce"],
        }


@pytest.mark.obeys("info-in-any-answer")
@pytest.mark.parametrize("status", [200, 204, 206, 304, 404, 500])
@pytest.mark.parametrize("body", [None, b""], ids=["auth", "auth-int"])
def test_a45_whatever_the_status(server, status, body):
    """An app's errors are proved as well: the server knows the password all the same."""
    server.app.status, server.app.answer = status, [] if status in (204, 304) else [b"x"]
    signer = server.signer()
    response = server.get(signer, body=body)
    assert response.status == status
    assert response.info["rspauth"] == signer.rspauth(None if body is None else response.body)


@pytest.mark.parametrize("body", [None, b""], ids=["auth", "auth-int"])
def test_a45_the_app_cannot_double_it(server, body):
    """A field of that name from the app is replaced, so that nothing contradicts the proof."""
    server.app.extra = [(b"authentication-info", b'rspauth="0"'), (b"Authentication-Info", b'nextnonce="evil"')]
    signer = server.signer()
    response = server.get(signer, body=body)
    assert sum(name.lower() == b"authentication-info" for name, _ in response.headers) == 1
    assert response.info["rspauth"] == signer.rspauth(body if body is None else b"hello")
    assert (b"content-type", b"text/plain") in response.headers


def test_a45_refusals_prove_nothing(server):
    """No 401 carries a proof, whoever makes it: the middleware, or the app for a user it does not like."""
    assert server.request().info == {}
    signer = server.signer()
    assert server.get(signer, late={"response": "0" * 64}).info == {}
    server.app.status = 401
    for body in (None, b""):
        response = server.get(server.signer(), body=body)
        assert (response.status, response.info, response.app_called) == (401, {}, True)


def test_a45_head_with_auth_int(server):
    """A HEAD has no body on the wire, so the proof is over none."""
    signer = server.signer()
    response = server.request("HEAD", "/x", signer.sign("HEAD", "/x", body=b""))
    assert response.info["rspauth"] == signer.rspauth(b"")


def test_a45_head_of_a_long_answer():
    """What a HEAD would send is not held back, however long, and the proof is in the header all the same."""
    server = Server(max_body=10, qop=["auth-int"])
    server.app.answer = [b"x" * 20, b"y"]
    signer = server.signer()
    response = server.request("HEAD", "/x", signer.sign("HEAD", "/x", body=b""))
    assert response.info["rspauth"] == signer.rspauth(b"")


def test_a45_a_long_answer_with_trailers():
    """Over the limit the proof follows the body as a trailer, where the server sends trailers."""
    server = Server(max_body=10, qop=["auth-int"])
    server.app.answer = [b"x" * 8, b"y" * 8, b"z" * 8]
    signer = server.signer()
    response = server.request("GET", "/x", signer.sign(body=b""), **TRAILERS)
    assert response.body == b"x" * 8 + b"y" * 8 + b"z" * 8
    assert response.values(b"authentication-info") == []
    assert response.values(b"trailer") == [b"authentication-info"]
    ((name, value),) = response.trailers
    assert name == b"authentication-info"
    assert f'rspauth="{signer.rspauth(response.body)}"'.encode() in value
    assert response.messages[0]["trailers"] is True
    assert response.messages[-1]["more_trailers"] is False


def test_a45_a_long_answer_without_trailers():
    """Where the server sends none, rspauth is left out and the rest is said; never a proof over a part."""
    server = Server(max_body=10, qop=["auth-int"])
    server.app.answer = [b"x" * 8, b"y" * 8]
    signer = server.signer()
    response = server.get(signer, body=b"")
    assert response.body == b"x" * 8 + b"y" * 8
    assert response.info == {"qop": "auth-int", "nc": "00000001", "cnonce": signer.fields["cnonce"]}
    assert response.trailers == []


def test_a45_an_answer_of_exactly_the_limit():
    """The last size that is held back."""
    server = Server(max_body=10, qop=["auth-int"])
    server.app.answer = [b"x" * 5, b"y" * 5]
    signer = server.signer()
    response = server.get(signer, body=b"")
    assert response.info["rspauth"] == signer.rspauth(b"xxxxxyyyyy")
