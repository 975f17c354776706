"""How often a call is sent again, and why."""

import pytest

from .conftest import served_by, session_of
from .strict_server import StrictServer

URL = "http://server.example/a"
#: Cold, signed, and two more for stale=true; the second of these is fetched afresh, which is one more, unsigned.
MOST_FOR_STALE = 5


@pytest.mark.obeys("stale-is-retried")
def test_stale_is_retried_with_the_new_nonce(caller):
    """stale=true means that the password was right: the call goes on with the new nonce, without asking anyone."""
    server = StrictServer()
    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), URL, auth=auth)
    server.forget()
    (answer,) = caller.get(served_by(server), URL, auth=auth)
    assert answer.status_code == 200
    assert server.statuses == [401, 200, 401, 200]
    assert server.pairs[-1] == ("nonce-2", "00000001")


@pytest.mark.parametrize("times", [1, 2])
def test_stale_on_the_first_answers(caller, times):
    """A nonce that is stale at once, once or twice, does not end the call."""
    server = StrictServer()
    server.stale_left = times
    (answer,) = caller.get(served_by(server), URL, auth=caller.DigestAuth("alice", "s3cret"))
    assert answer.status_code == 200


def test_stale_for_ever_is_given_up(caller):
    """A server that never lets in gets a bounded number of requests for each call, and the caller its last answer."""
    server = StrictServer()
    server.stale_left = 10**6
    auth = caller.DigestAuth("alice", "s3cret")
    for _ in range(3):
        before = len(server.requests)
        (answer,) = caller.get(served_by(server), URL, auth=auth)
        assert answer.status_code == 401
        assert len(server.requests) - before <= MOST_FOR_STALE
    assert len(set(server.pairs)) == len(server.pairs)


def test_wrong_password_is_sent_once(caller):
    """The first call costs two requests, later calls one: a refused password is not sent again and again."""
    server = StrictServer()
    auth = caller.DigestAuth("alice", "wrong")
    answers = caller.get(served_by(server), URL, URL, URL, auth=auth)
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len(server.requests) == 4
    assert len(server.signed) == 1


def test_refused_password_is_tried_again_after_a_minute(plain):
    """The server's users may have changed: after a minute the password gets another chance."""
    now = [0.0]
    server = StrictServer()
    auth = plain.DigestAuth("alice", "n3w", clock=lambda: now[0])
    plain.get(served_by(server), URL, auth=auth)
    server.users["alice"] = "n3w"
    assert plain.get(served_by(server), URL, auth=auth)[0].status_code == 401
    now[0] = 61.0
    assert plain.get(served_by(server), URL, auth=auth)[0].status_code == 200


def test_password_that_changes_costs_one_more_try(caller):
    """A password that was good and is not any more is sent with the old nonce, with a new one, and then given up."""
    server = StrictServer()
    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), URL, auth=auth)
    server.users["alice"] = "n3w"
    (answer,) = caller.get(served_by(server), URL, auth=auth)
    assert answer.status_code == 401
    assert server.statuses == [401, 200, 401, 401]


def test_nonce_forgotten_without_a_word(caller):
    """A server that forgets nonces and does not say stale=true is answered once more (curl#2136)."""
    server = StrictServer(says_stale=False)
    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), URL, auth=auth)
    server.forget()
    (answer,) = caller.get(served_by(server), URL, auth=auth)
    assert answer.status_code == 200
    assert server.statuses == [401, 200, 401, 200]


@pytest.mark.parametrize("weaker", [
    'Digest realm="api@example.org", nonce="n", qop="auth", algorithm=MD5, stale=true',
    'Digest realm="api@example.org", nonce="n", qop="auth", algorithm=MD5',
    'Digest realm="api@example.org", nonce="n", algorithm=SHA-256, stale=true',
    'Digest realm="other", nonce="n", qop="auth", algorithm=SHA-256, stale=true',
])  # fmt: skip
def test_weaker_challenge_later_on_is_refused(caller, weaker):
    """What a realm has accepted is not undercut: not in the hash, not in qop, not by a stale of another realm."""
    server = StrictServer()
    auth = caller.DigestAuth("alice", "s3cret", allow_rfc2069=True)
    caller.get(served_by(server), URL, auth=auth)
    seen = []

    def attacker(request, _):
        seen.append(request.headers.get("authorization"))
        return 401, [("WWW-Authenticate", weaker)], b""

    (answer,) = caller.get(attacker, URL, auth=auth)
    assert answer.status_code == 401
    assert len(seen) == 1


def test_two_realms_in_one_origin(caller):
    """Each realm has its own nonces, and after one visit each path is signed for its own realm in advance."""
    servers = {"/one": StrictServer(realm="one"), "/two": StrictServer(realm="two")}

    def handler(request, body):
        return served_by(servers[request.url.path[:4]])(request, body)

    auth = caller.DigestAuth("alice", "s3cret")
    urls = [f"http://server.example{path}" for path in ("/one/x", "/two/x", "/one/y", "/two/y", "/one/z")]
    answers = caller.get(handler, *urls, auth=auth)
    assert {answer.status_code for answer in answers} == {200}
    assert servers["/one"].statuses[-2:] == servers["/two"].statuses[-1:] * 2 == [200, 200]
    assert len(servers["/one"].signed) == 3


@pytest.mark.obeys("nextnonce-is-used")
def test_nextnonce_is_taken_up(caller):
    """A server that takes each nonce once gets the next one without a 401 in between (ideal: one more request)."""
    server = StrictServer(one_time=True)
    answers = caller.get(served_by(server), *[URL] * 5, auth=caller.DigestAuth("alice", "s3cret"))
    assert {answer.status_code for answer in answers} == {200}
    assert server.statuses == [401] + [200] * 5
    assert len({nonce for nonce, _ in server.pairs}) == 5


def test_count_that_is_used_up_ends_the_nonce(caller):
    """After nc=ffffffff a nonce is over: the request goes out unsigned, and a 401 with that nonce is the caller's."""
    server = StrictServer(shared_nonce="only-one")
    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), URL, auth=auth)
    (spaces,) = session_of(auth).spaces.all()
    (context,) = spaces.contexts()
    context.pool.current.counter.last = 0xFFFFFFFE
    answers = caller.get(served_by(server), URL, URL, auth=auth)
    assert [answer.status_code for answer in answers] == [200, 401]
    assert server.pairs[-1] == ("only-one", "ffffffff")
    assert server.requests[-1][1] is None


def test_cookies_of_the_challenge_go_with_the_answer(caller):
    """Set-Cookie of the 401 is sent with the retry, beside or in place of other cookies (encode/httpx#2788)."""
    seen = []

    def handler(request, _):
        seen.append(request.headers.get("cookie"))
        if "authorization" in request.headers:
            return 200, [], b""
        headers = [("Set-Cookie", "backend=7; Path=/"), ("Set-Cookie", "other=1; Path=/elsewhere")]
        return 401, [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"'), *headers], b""

    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(handler, URL, auth=auth, headers={"Cookie": "backend=1; mine=2"})
    assert seen == ["backend=1; mine=2", "backend=7; mine=2"]
    seen.clear()
    caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret"))
    assert seen == [None, "backend=7"]


def test_cookies_of_another_place(caller):
    """What the 401 sets for another path is not sent here, and a request without cookies stays without."""
    seen = []

    def handler(request, _):
        seen.append(request.headers.get("cookie"))
        if "authorization" in request.headers:
            return 200, [], b""
        fields = [("Set-Cookie", "other=1; Path=/elsewhere"), ("Set-Cookie", "gone=; Path=/; Max-Age=0")]
        return 401, [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"'), *fields], b""

    caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret"))
    caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret"), headers={"Cookie": " a=1 ;; b=2"})
    assert seen == [None, None, " a=1 ;; b=2", " a=1 ;; b=2"]


def by_hand(caller, auth):
    """Start a call, which is signed if it can be; return its request and flow."""
    request = caller.library.Request("GET", URL)
    flow = auth.sync_auth_flow(request)
    next(flow)
    return request, flow


def end(flow, response):
    """Give a flow its last response."""
    with pytest.raises(StopIteration):
        flow.send(response)


@pytest.mark.parametrize("same_nonce", [True, False])
def test_request_that_was_overtaken(plain, same_nonce):
    """With the password known to be right, a plain 401 to a fresh nonce means that others came first: it goes on."""
    library = plain.library

    def challenge(request, nonce):
        return library.Response(
            401, headers={"WWW-Authenticate": f'Digest realm="r", nonce="{nonce}", qop="auth"'}, request=request
        )

    auth = plain.DigestAuth("alice", "s3cret")
    first, flow = by_hand(plain, auth)
    flow.send(challenge(first, "n"))
    end(flow, library.Response(200, request=first))
    slow, slow_flow = by_hand(plain, auth)
    slow_flow.send(challenge(slow, "n"))
    quick, quick_flow = by_hand(plain, auth)
    end(quick_flow, library.Response(200, request=quick))
    slow_flow.send(challenge(slow, "n" if same_nonce else "other"))
    if same_nonce:
        assert "nc=00000005" in slow.headers["Authorization"]
    else:
        assert "Authorization" not in slow.headers
        slow_flow.send(challenge(slow, "third"))
        assert 'nonce="third"' in slow.headers["Authorization"]
    end(slow_flow, library.Response(200, request=slow))


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("with_request", [False, True])
def test_bad_request(plain, warm, with_request):
    """A 400 to a signed request that was not redirected is the caller's, also if it does not name its request."""
    library = plain.library
    auth = plain.DigestAuth("alice", "s3cret")
    for status in [200, 400] if warm else [400]:
        request, flow = by_hand(plain, auth)
        if "Authorization" not in request.headers:
            flow.send(challenge_of(library, request))
        assert "Authorization" in request.headers
        end(flow, library.Response(status, request=request if with_request else None))


def challenge_of(library, request):
    """A 401 that can be answered."""
    return library.Response(
        401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}, request=request
    )


@pytest.mark.parametrize("goal", ["http://other.example/", "http://server.example/b"])
def test_bad_request_behind_a_redirect(caller, goal):
    """Where the goal is another origin, or got nothing from us, its 400 is the caller's."""
    seen = []

    def handler(request, _):
        seen.append((request.url.host, request.url.path, "authorization" in request.headers))
        return (302, [("Location", goal)], b"") if request.url.path == "/a" else (400, [], b"")

    (answer,) = caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret"), follow_redirects=True)
    assert answer.status_code == 400
    assert len(seen) == 2
    server = StrictServer()
    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), URL, auth=auth)
    seen.clear()
    (answer,) = caller.get(handler, URL, auth=auth, follow_redirects=True)
    assert answer.status_code == 400
    assert len(seen) == (2 if "other" in goal else 3)


def test_wrong_password_is_not_taken_for_overtaken(plain):
    """Many requests at once with one nonce and a wrong password: nobody was ever let in, so each sends it once."""
    library = plain.library
    auth = plain.DigestAuth("alice", "wrong")
    calls = [by_hand(plain, auth) for _ in range(3)]
    headers = {"WWW-Authenticate": 'Digest realm="r", nonce="shared", qop="auth"'}
    for request, flow in calls:
        assert "Authorization" in flow.send(library.Response(401, headers=headers, request=request)).headers
    # The first does not know what has come of the others, and looks again without a try of the password.
    (request, flow), *others = calls
    again = flow.send(library.Response(401, headers=headers, request=request))
    assert "Authorization" not in again.headers
    end(flow, library.Response(401, headers=headers, request=again))
    for request, flow in others:
        end(flow, library.Response(401, headers=headers, request=request))


def test_answer_behind_a_redirect_accepts_nothing(caller):
    """What another origin answers says nothing about the credentials that were signed for the first."""
    server = StrictServer()
    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), URL, URL, auth=auth)
    ((context,),) = [spaces.contexts() for spaces in session_of(auth).spaces.all()]
    before = context.accepted_at

    def handler(request, _):
        home = request.url.host == "server.example"
        return (302, [("Location", "http://other.example/")], b"") if home else (200, [], b"")

    (answer,) = caller.get(handler, URL, auth=auth, follow_redirects=True)
    assert answer.status_code == 200
    assert context.accepted_at == before


def test_page_behind_an_error_keeps_its_nonce(caller):
    """A 404 to a signed request is no refusal: the next request counts on, also where nonces are kept apart."""
    server = StrictServer(counting="exact")

    def handler(request, body):
        status, headers, content = served_by(server)(request, body)
        return (404, headers, content) if status == 200 else (status, headers, content)

    auth = caller.DigestAuth("alice", "s3cret")
    for apart in (False, True):
        answers = caller.get(handler, URL, URL, URL, auth=auth)
        assert {answer.status_code for answer in answers} == {404}
        assert server.statuses.count(401) == 1 + apart
        ((context,),) = [spaces.contexts() for spaces in session_of(auth).spaces.all()]
        context.pool.make_exclusive()


def test_redirect_with_the_last_count(plain):
    """A nonce that is used up in the middle of a call is not used again: the request goes on unsigned."""
    server = StrictServer(shared_nonce="only-one")

    def handler(request, body):
        return (302, [("Location", "/b")], b"") if request.url.path == "/a" else served_by(server)(request, body)

    auth = plain.DigestAuth("alice", "s3cret")
    plain.get(handler, "http://server.example/b", auth=auth)
    ((context,),) = [spaces.contexts() for spaces in session_of(auth).spaces.all()]
    context.pool.current.counter.last = 0xFFFFFFFE
    (answer,) = plain.get(handler, URL, auth=auth, follow_redirects=True)
    assert answer.status_code == 401
    assert server.statuses == [401, 200, 400, 401]
    assert [parameters is None for _, parameters, _ in server.requests] == [True, False, False, True]


def test_count_that_another_thread_used_up(plain):
    """A nonce that ends between the look and the signature is left out, and the request goes out unsigned."""
    server = StrictServer()
    auth = plain.DigestAuth("alice", "s3cret")
    plain.get(served_by(server), URL, auth=auth)
    ((context,),) = [spaces.contexts() for spaces in session_of(auth).spaces.all()]
    context.pool.current.counter.last = 0xFFFFFFFF
    (answer,) = plain.get(served_by(server), URL, auth=auth)
    assert answer.status_code == 200
    assert server.statuses == [401, 200, 401, 200]
