"""An answer that is a list of one piece goes a shorter way than others: what comes of it is the same."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest_http_middleware.wsgi import DigestAuthMiddleware
from tests.attacks.driver import Clock
from tests.attacks.signing import parameters
from tests.wsgi.test_wsgi import Site

LIMIT = 12


class Closed(list[bytes]):
    """A list that is to be closed."""

    closed = 0

    def close(self) -> None:
        """Count."""
        self.closed += 1


def answer(returned: Any, *written: bytes) -> tuple[Any, Any, bytes, Any]:
    """Status and fields as they went out, the body, and the signer of the request."""
    began: list[tuple[str, Any]] = []
    bodies: list[bytes] = []

    def app(_environ: Any, start_response: Any) -> Any:
        write = start_response("201 Made", [("X-A", "1"), ("Authentication-Info", "mine"), ("X-B", "2")])
        for each in written:
            write(each)
        return returned

    def start_response(status: str, headers: Any, *_: Any) -> Any:
        began.append((status, headers))
        return bodies.append

    site = Site()
    site.middleware = DigestAuthMiddleware(
        app, users={"alice": "s3cret"}, realm="wonder", clock=Clock(), qop=["auth-int"], max_body=LIMIT
    )
    signer = site.signer()
    environ: dict[str, Any] = {
        "wsgi.input": io.BytesIO(), "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/x",
        "QUERY_STRING": "", "REQUEST_URI": "/x",
        "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_AUTHORIZATION": signer.sign(body=b"").decode(),
    }  # fmt: skip
    given_back = site.middleware(environ, start_response)
    bodies.extend(given_back)
    close = getattr(given_back, "close", None)
    if close is not None:
        close()
    ((status, headers),) = began
    return status, headers, b"".join(bodies), signer


@settings(max_examples=40)
@given(st.binary(max_size=LIMIT + 3))
def test_a_list_of_one(body: bytes) -> None:
    """Status, fields and body are those of an answer in pieces, and so is the proof, or that there is none."""
    seen = []
    for returned, written in (([body], ()), ((body,), ()), (iter([body]), ()), ([body[:2], body[2:]], ()),
                              ([body[2:]], (body[:2],)), (Closed([body]), ())):  # fmt: skip
        status, headers, octets, signer = answer(returned, *written)
        info = parameters(dict(headers)["Authentication-Info"].encode())
        assert info.get("rspauth") == (signer.rspauth(body) if len(body) <= LIMIT else None)
        seen.append((status, [pair for pair in headers if pair[0] != "Authentication-Info"], octets))
    assert seen == [("201 Made", [("X-A", "1"), ("X-B", "2")], body)] * 6


@pytest.mark.parametrize("pieces", [[], [b""], [b"ab"], [b"a", b"b"]])
def test_what_is_to_be_closed(pieces: list[bytes]) -> None:
    """A list with a method close() is closed, once."""
    returned = Closed(pieces)
    _, _, body, _ = answer(returned)
    assert (body, returned.closed) == (b"".join(pieces), 1)


def test_an_app_that_never_begins() -> None:
    """A body without a status is a fault of the app, in one piece too."""
    site = Site()
    site.middleware = DigestAuthMiddleware(
        lambda _environ, _start_response: [b"ab"], users={"alice": "s3cret"}, realm="wonder", qop=["auth-int"]
    )
    signed = site.signer().sign(body=b"")
    with pytest.raises(AssertionError, match=r"^the app has given a body before it called start_response$"):
        site.ask(field=signed)
