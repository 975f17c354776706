"""The log of a refused uri names the setting that would have let it in; the client is not told."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http_middleware.fronts import Front
from digest_http_middleware.hints import MAX_PREFIX, hint
from tests.attacks.driver import Server

FIELD = "X-Original-URI"
BY_FIELD = {"original_target_header": FIELD}


def scope(target: str, **more: Any) -> dict[str, Any]:
    """As a server makes it."""
    return Server().scope("GET", target, **more)


@pytest.mark.parametrize(("settings", "uri", "target", "more", "said"), [
    ({}, "/svc/x", "/x", {}, "stripped_prefix='/svc'"),
    ({}, "/svc/", "/", {}, "stripped_prefix='/svc'"),
    ({}, "/a/b/x?q", "/x?q", {}, "stripped_prefix='/a/b'"),
    ({}, "http://server.example/svc/x", "/x", {}, "stripped_prefix='/svc'"),
    ({}, "/s%20c/x", "/x", {}, "stripped_prefix='/s%20c'"),
    ({}, "/svc/x%40y", "/x@y", {}, "stripped_prefix='/svc', rewritten_by='nginx' or stripped_prefix='/svc', rewritten"),
    ({}, "/x%40y", "/x@y", {}, "rewritten_by='nginx' or rewritten_by='apache'"),
    ({}, "/x%2Fy", "/x/y", {}, "paths: rewritten_by='nginx'"),
    ({}, "/x//y", "/x/y", {}, "rewritten_by='nginx' or rewritten_by='apache'"),
    ({}, "/x|y", "/x%7Cy", {}, "rewritten_by='caddy'"),
    ({}, "/x%2F./y", "/x%2F/y", {}, "original_target_header='X-Original-URI'"),
    ({}, "/x%2F%2Fy", "/x//y", {}, "original_target_header='X-Original-URI'"),
    ({"stripped_prefix": "/svc"}, "/svc/x%2Fy", "/x/y", {}, "paths: stripped_prefix='/svc', rewritten_by='nginx'"),
    ({"stripped_prefix": "/svc"}, "/svc/x//y", "/x/y", {}, "stripped_prefix='/svc', rewritten_by='caddy'"),
    ({"stripped_prefix": "/svc"}, "/x", "/x", {}, "nothing was removed from this target"),
    ({"stripped_prefix": "/svc"}, "/svc/x", "/svc/x", {"root_path": "/svc"}, "has '/svc' as its root path"),
    ({"stripped_prefix": "/svc"}, "/svc/v1/x", "/svc/v1/x", {"root_path": "/svc/v1"}, "has '/svc/v1' as its root path"),
    ({"stripped_prefix": "/svc"}, "/svcs/x", "/svcs/x", {"root_path": "/svcs"}, "nothing was removed"),
    ({"stripped_prefix": "/svc", "rewritten_by": "nginx"}, "/svc/x%40", "/svc/x@", {"root_path": "/svc"}, "root path"),
    ({"stripped_prefix": "/svc", "rewritten_by": "nginx"}, "/svc/x//y", "/x//y", {}, "leave rewritten_by out"),
    ({"rewritten_by": "nginx"}, "/x//y", "/x//y", {}, "leave rewritten_by out"),
    ({"rewritten_by": "nginx"}, "/svc/x%40", "/x@", {}, "stripped_prefix='/svc', rewritten_by='nginx'"),
    ({}, "http://other.example/x", "/x", {}, "another host"),
    ({}, "/x", "http://other.example/x", {}, "another host"),
    (BY_FIELD, "/x", "/x", {}, "x-original-uri stands 0 times"),
    (BY_FIELD, "/x", "/x", {"headers": [(b"x-original-uri", b"/x")] * 2}, "x-original-uri stands 2 times"),
    (BY_FIELD, "/x", "/x", {"headers": [(b"x-original-uri", b"GET /x HTTP/1.1")]}, "holds no target"),
    (BY_FIELD, "/x", "/x", {"headers": [(b"x-original-uri", b"http://other/x")]}, "holds no target"),
    (BY_FIELD, "/svc/x", "/x", {"headers": [(b"x-original-uri", b"/svc/x")]}, "stripped_prefix='/svc'"),
    (BY_FIELD, "/svc//x", "/x", {"headers": [(b"x-original-uri", b"/svc//x")]}, "stripped_prefix='/svc'"),
    (BY_FIELD, "/a/x", "/b/x", {"headers": [(b"x-original-uri", b"/a/x")]}, "no setting here can follow"),
    (BY_FIELD, "/a/x", "/x", {"headers": [(b"x-original-uri", b"/b/x")]}, None),
    ({**BY_FIELD, "stripped_prefix": "/svc"}, "/svc/x", "/svc/x",
     {"root_path": "/svc", "headers": [(b"x-original-uri", b"/svc/x")]}, "as its root path"),
    ({}, "/y", "/x", {}, None),
    ({}, "/svc/y", "/x", {}, None),
    ({}, "/x?a", "/x?b", {}, None),
    ({}, "/svc/x?a", "/x?b", {}, None),
    ({}, "ftp://server.example/svc/x", "/x", {}, None),
    ({}, "*", "/x", {}, None),
    ({}, "/x", "*", {}, None),
    ({}, "", "/x", {}, None),
    ({}, "/../x", "/x", {}, None),
    ({}, "/svc//x", "//x", {}, "stripped_prefix='/svc'"),
])  # fmt: skip
def test_what_would_have_helped(settings, uri, target, more, said):
    """One row for each setting, each reason, and for what no setting helps."""
    front = Front(**settings)
    assert not front.is_named_by(uri.encode(), scope(target, **more))
    found = hint(uri.encode(), scope(target, **more), front)
    if said is None:
        assert found is None
    else:
        assert said in (found or "")


def test_it_stands_in_the_log_and_nowhere_else(caplog):
    """The message ends with it, and a field has it; the answer, also one that the app makes itself, does not."""
    caplog.set_level(logging.INFO, "digest_http.middleware")
    told = []

    def answer(_scope, refusal):
        told.append(refusal)
        return "text/plain", refusal.text.encode()

    server = Server(answer=answer)
    response = server.request("GET", "/x?token=5ec4e7", server.signer().sign("GET", "/svc/x?token=5ec4e7"))
    record = caplog.records[-1]
    said = "if a proxy in front changes paths: stripped_prefix='/svc'"
    assert record.getMessage() == f'uri client=192.0.2.7 method=GET path="/x" user="alice" hint="{said}"'
    fields = vars(record)
    assert (fields["digest_reason"], fields["digest_hint"]) == ("uri", said)
    assert response.status == 400
    assert b"svc" not in response.body
    assert "svc" not in repr(response.headers)
    assert "svc" not in repr(told)


def test_no_hint_for_other_refusals(caplog):
    """The field is there, empty, so that a formatter can name it."""
    caplog.set_level(logging.DEBUG, "digest_http.middleware")
    server = Server()
    server.get(server.signer(password="wrong"))
    assert [vars(record)["digest_hint"] for record in caplog.records] == [None, None]


@given(
    st.text(st.sampled_from("/a.%2F@\n\r\x1b\u202e\xe9'\"\\{}?#"), max_size=40), st.sampled_from(["/a", "/", "/a/@"])
)
def test_a_stranger_writes_no_line(uri, target):
    """Whatever was signed, a hint is one printable line."""
    for front in (Front(), Front("/a"), Front("/a", "nginx"), Front(**BY_FIELD)):
        given_field = [(b"x-original-uri", uri.encode())]
        found = hint(uri.encode(), scope(target, headers=given_field), front)
        assert found is None or (found.isprintable() and len(found) < 10 * MAX_PREFIX)


def test_a_long_prefix_is_no_hint():
    """A line of the log is not for a stranger to fill."""
    short, long = "/" + "a" * (MAX_PREFIX - 1), "/" + "a" * MAX_PREFIX
    assert short in (hint(f"{short}/x".encode(), scope("/x"), Front()) or "")
    assert hint(f"{long}/x".encode(), scope("/x"), Front()) is None
