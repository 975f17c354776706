"""Redirects: signed anew inside the origin, and nothing for another one."""

from __future__ import annotations

import pytest

from digest_http.errors import BodyNotReplayable, WrongPrincipal

from .site import HOST

pytestmark = pytest.mark.live


def test_inside_the_origin(session, site, caller):
    """A page behind a redirect is reached, with credentials for its own target, cold and warm."""
    for _ in range(2):
        outcome = session.send("GET", f"{site.url}/to/%2Fb%3Fc")
        assert (outcome.status, outcome.body) == (200, b"hello alice")
    if not caller.follows_beneath:
        assert 400 not in site.strict.statuses
        assert len(set(site.strict.pairs)) == len(site.strict.pairs)


def test_body_behind_a_redirect(session, site, tmp_path):
    """A file goes along with a redirect that keeps the method."""
    (tmp_path / "file").write_bytes(b"content" * 100)
    for _ in range(2):
        with (tmp_path / "file").open("rb") as file:
            assert session.send("PUT", f"{site.url}/to/%2Fb", body=file).status == 200
    assert [body for target, body in site.strict.accepted if target == "/b"] == [b"content" * 100] * 2


def test_used_up_body_behind_a_redirect(session, site, caller):
    """A generator does not go along with a redirect as an empty body under a valid signature."""
    assert session.send("GET", f"{site.url}/").status == 200
    with pytest.raises((BodyNotReplayable, caller.errors)):
        session.send("PUT", f"{site.url}/to/%2Fb", body=iter([b"one", b"two"]))
    assert ("/b", b"") not in site.strict.accepted


def evil_rule(_method, _target, _fields, _body):
    """A server that would like to have credentials."""
    return 401, [("WWW-Authenticate", 'Digest realm="evil", nonce="chosen", qop="auth"')], b"log in here"


@pytest.mark.parametrize("warm", [False, True])
def test_to_another_origin(warm, session, site, serve, caller):
    """Another origin gets no credentials, neither ahead nor when it asks; what was learnt stays."""
    evil = serve(evil_rule)
    if warm:
        assert session.send("GET", f"{site.url}/").status == 200
    outcome = session.send("GET", f"{site.url}/to/http%3A%2F%2F{HOST}:{evil.port}%2Fx")
    assert (outcome.status, outcome.body) == (401, b"log in here")
    assert [fields.get("authorization") for fields in evil.fields] == [None]
    # The redirect itself, which nobody gets to see there, accepts nothing.
    assert session.send("GET", f"{site.url}/").history == ([401] if caller.follows_beneath and not warm else [])


def test_known_origin_behind_a_redirect(session, site, serve):
    """A redirect does not spend the credentials at another origin, even one that they were used at before."""
    other = serve()
    assert session.send("GET", f"{other.url}/").status == 200
    assert session.send("GET", f"{site.url}/to/http%3A%2F%2F{HOST}:{other.port}%2Fx").status == 401
    assert len(other.strict.signed) == 1


def test_unproved_redirect(open_session, serve, caller):
    """With verify="required" a redirect that nobody has proved is not followed."""
    site = serve(prove=False)
    session = open_session(verify="required")
    with pytest.raises(WrongPrincipal) as caught:
        session.send("GET", f"{site.url}/to/%2Fb")
    assert isinstance(caught.value, caller.errors)
    assert caller.follows_beneath or "/b" not in site.targets


def test_redirect_away_where_a_proof_is_demanded(open_session, site, serve):
    """With verify="required" no answer of another origin is handed out: it proves nothing."""
    other = serve(lambda *_: (200, [], b"trust me"))
    session = open_session(verify="required")
    with pytest.raises(WrongPrincipal):
        session.send("GET", f"{site.url}/to/http%3A%2F%2F{HOST}:{other.port}%2Fx")


def test_two_origins(session, serve):
    """One object serves two origins; neither gets what was learnt of the other."""
    first, second = serve(prefix="first"), serve(prefix="second")
    assert session.send("GET", f"{first.url}/").status == 200
    assert session.send("GET", f"{second.url}/").history == [401]
    assert "authorization" not in second.fields[0]
    assert [session.send("GET", f"{each.url}/").history for each in (first, second)] == [[], []]
