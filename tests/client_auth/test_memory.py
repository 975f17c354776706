"""What anybody on the way can answer costs the request it answers, and changes nothing that later requests go by."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.errors import DigestError

from .conftest import Caller, served_by, session_of
from .strict_server import StrictServer, parameters_of

HOME = "http://server.example"
URL = f"{HOME}/a/page"
INNER = f"{HOME}/in/page"

REALM = StrictServer.realm
BODY = b"forged"


def challenge(realm=REALM, nonce="forged", algorithm="SHA-256", qop="auth", **more):
    """A 401 with a challenge."""
    text = f'Digest realm="{realm}", nonce="{nonce}"'
    text += f", algorithm={algorithm}" * bool(algorithm) + f', qop="{qop}"' * bool(qop)
    text += "".join(f', {name}="{value}"' for name, value in more.items())

    def answer(request):
        # "{used}": the nonce that the request was signed with, else one like it.
        field = request.headers.get("authorization")
        used = parameters_of(field)["nonce"] if field is not None else "nonce-1"
        return 401, [("WWW-Authenticate", text.replace("{used}", used))], BODY

    return answer


def plain_answer(status, *fields):
    """An answer without a challenge."""
    return lambda _: (status, list(fields), BODY)


INFO = ("Authentication-Info", 'nextnonce="forged-next"')

#: What needs no knowledge at all, by name. None of it is below 400.
REFUSALS = {
    "plain": challenge(),
    "stale": challenge(stale="true"),
    "fresh stale": challenge(nonce="forged-2", stale="true"),
    "same nonce": challenge(nonce="{used}"),
    "same nonce, stale": challenge(nonce="{used}", stale="true"),
    "same nonce, other opaque": challenge(nonce="{used}", opaque="forged"),
    "same nonce, other domain": challenge(nonce="{used}", domain="/forged"),
    "same nonce, userhash and charset": challenge(nonce="{used}", opaque="0paque", userhash="true", charset="UTF-8"),
    "same nonce, auth-int": challenge(nonce="{used}", qop="auth-int"),
    "other realm": challenge("evil"),
    "like realm": challenge(REALM + " "),
    "inner realm": challenge("inner"),
    "other realm, stale": challenge("evil", stale="true"),
    "narrow domain": challenge(domain="/forged http://other.example/"),
    "stronger": challenge(algorithm="SHA-512-256"),
    "session": challenge(algorithm="SHA-256-sess"),
    "weaker": challenge(algorithm="MD5"),
    "weaker, other realm, stale": challenge("evil", algorithm="MD5", stale="true"),
    "no qop": challenge(qop=""),
    "RFC 2069": challenge("evil", algorithm="", qop=""),
    "proxy": lambda _: (407, [("Proxy-Authenticate", 'Digest realm="evil", nonce="n", qop="auth"')], BODY),
    "no challenge": plain_answer(401),
    "Basic": plain_answer(401, ("WWW-Authenticate", 'Basic realm="evil"')),
    "garbage": plain_answer(401, ("WWW-Authenticate", 'Digest realm="evil, nonce=\\"')),
    "refusal with nextnonce": plain_answer(401, INFO),
    "400": plain_answer(400), "403": plain_answer(403), "404": plain_answer(404), "407": plain_answer(407),
    "500": plain_answer(500), "503": plain_answer(503),
    "403 with nextnonce": plain_answer(403, INFO), "400 with nextnonce": plain_answer(400, INFO),
    "redirect away": plain_answer(302, ("Location", "http://other.example/")),
    "redirect": plain_answer(307, ("Location", "/a/other")),
}  # fmt: skip
#: What "if-present" has to take for accepted, and who demands a proof does not.
SUCCESSES = {
    "200": plain_answer(200), "200 with nextnonce": plain_answer(200, INFO), "204": plain_answer(204),
    "redirect nowhere": plain_answer(302), "304": plain_answer(304),
}  # fmt: skip


def logged_in(caller, server, verify, *, apart):
    """An object that was let in by two realms, with nonces that are not their first."""
    auth = caller.DigestAuth("alice", "s3cret", verify=verify)
    handler = honest(server)
    caller.get(handler, URL, INNER, URL, auth=auth)
    server.forget()
    caller.get(handler, URL, INNER, auth=auth)
    if apart:
        for context in contexts_of(auth):
            context.pool.make_exclusive()
        caller.get(handler, URL, INNER, auth=auth)
    return auth


class TwoRealms(StrictServer):
    """A server that proves itself, and whose folder /in/ is another realm."""

    def __init__(self):
        super().__init__()
        self.inner = StrictServer(realm="inner", prefix="inner")


def honest(server):
    """The handler of such a server."""
    inner = server.inner

    def handler(request, body):
        return served_by(inner if request.url.path.startswith("/in/") else server)(request, body)

    return handler


def contexts_of(auth):
    """The contexts that requests are signed by."""
    return [context for spaces in session_of(auth).spaces.all() for context in spaces.contexts()]


def memory_of(auth):
    """All that an object's later requests go by; idle nonces apart, since a refused one is not used again."""
    kept: list[object] = []
    idle: list[object] = []
    for spaces in session_of(auth).spaces.all():
        kept.append((spaces.origin, spaces.proxy, spaces.pin, spaces.floor, spaces.only))
        for space in spaces._spaces:  # noqa: SLF001  # what must not change is what the test looks into
            kept.append((space.context, dict(space.contexts), space.prefixes, set(space.seen)))
            for context in space.contexts.values():
                nonces = context.pool
                known = nonces._accepted.items()  # noqa: SLF001  # as above
                kept.append([(octets, nonce, nonce.choice, nonce.ha1, nonce.cnonce) for octets, nonce in known])
                kept.append((context.accepted_at > 0, nonces.exclusive, nonces._once, nonces.current))  # noqa: SLF001
                idle += nonces._idle  # noqa: SLF001  # as above
    return kept, idle


def attack(caller, auth, answers, **settings):
    """One call that only strangers answer, in this order and then with 403."""
    left = list(answers)

    def handler(request, _):
        if request.url.host != "server.example":
            return 200, [], BODY
        return left.pop(0)(request) if left else (403, [], BODY)

    with suppress(DigestError):
        (answer,) = caller.get(handler, URL, auth=auth, **settings)
        return answer
    return None


def without_current(memory):
    """The same but for the nonce in use, which a refusal without a usable challenge takes away."""
    nonces = [part[:3] if isinstance(part, tuple) and len(part) == 4 else part for part in memory]
    return [part for part in nonces if part is not None]


#: Refusals that do not say what to sign with.
UNUSABLE = {"no qop", "RFC 2069", "no challenge", "Basic", "garbage", "refusal with nextnonce"}


def check(caller, verify, apart, answers, *, dropped=False):
    """Attack an object that is logged in; its memory is as it was, and honest requests go on."""
    server = TwoRealms()
    auth = logged_in(caller, server, verify, apart=apart)
    before, idle = memory_of(auth)
    answer = attack(caller, auth, answers, follow_redirects=True)
    if verify == "always":
        assert answer is None
    if verify == "required":
        assert answer is None or (answer.status_code, answer.content) == (401, b"")
        assert answer is None or all(hop.content == b"" for hop in answer.history)
    after, idle_after = memory_of(auth)
    if dropped:
        after, before = (without_current(memory) for memory in (after, before))
    assert after == before
    assert [nonce for nonce in idle_after if nonce not in idle] == []
    for url, realm in ((URL, server), (INNER, server.inner), (URL, server), (INNER, server.inner)):
        sent = len(realm.requests)
        (honest_answer,) = caller.get(honest(server), url, auth=auth)
        assert honest_answer.status_code == 200
        # At most one more round trip for what the attack left, and nothing of it in what is sent the second time.
        assert len(realm.requests) - sent <= 2
    assert server.statuses[-1] == server.inner.statuses[-1] == 200
    assert server.signed[-1]["algorithm"] == "SHA-256"
    sent = len(server.requests)
    caller.get(honest(server), URL, auth=auth)
    assert len(server.requests) - sent == 1


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("apart", [False, True], ids=["shared", "apart"])
@pytest.mark.parametrize("verify", ["if-present", "required"])
def test_one_answer(plain, verify, apart, name):
    """Any answer of a stranger, and the same once more to what it brings about, leaves the memory as it was."""
    check(plain, verify, apart, [REFUSALS[name]], dropped=name in UNUSABLE)
    check(plain, verify, apart, [REFUSALS[name]] * 5, dropped=name in UNUSABLE)


@pytest.mark.once
@pytest.mark.parametrize("name", REFUSALS | SUCCESSES)
def test_one_answer_in_either_way(caller, name):
    """The same for blocking and asynchronous clients of both libraries, where every answer needs a proof."""
    dropped = name in UNUSABLE
    check(caller, "required", False, [REFUSALS["plain"], (REFUSALS | SUCCESSES)[name]], dropped=dropped)
    check(caller, "always", False, [(REFUSALS | SUCCESSES)[name]], dropped=dropped)


@given(
    st.lists(st.sampled_from(sorted(REFUSALS)), max_size=8),
    st.sampled_from(["off", "if-present", "required", "always"]),
    st.booleans(),
    st.sampled_from(sorted(SUCCESSES)),
)
def test_many_answers(names, verify, apart, last):
    """Any order of answers."""
    answers = [REFUSALS[name] for name in names]
    if verify in {"required", "always"}:
        answers.append(SUCCESSES[last])
    check(Caller("httpx", blocking=True), verify, apart, answers, dropped=not UNUSABLE.isdisjoint(names))


def test_a_forged_refusal_does_not_lock_out(caller):
    """Two plain refusals mean a wrong password; if it was accepted before, the next call tries it all the same."""
    for apart in (False, True):
        server = TwoRealms()
        auth = logged_in(caller, server, "if-present", apart=apart)
        answer = attack(caller, auth, [challenge(), challenge(nonce="forged-2"), challenge(nonce="forged-3")])
        assert answer.status_code == 401
        assert any(context.refused for context in contexts_of(auth))
        (answer,) = caller.get(honest(server), URL, auth=auth)
        assert answer.status_code == 200
        assert not any(context.refused for context in contexts_of(auth))


def test_an_error_that_proves_nothing_keeps_its_new_nonce(caller):
    """A page that is not there is no refusal: the next request counts on with the nonce that the call was given."""
    server = StrictServer(prove=False)

    def handler(request, body):
        status, headers, content = served_by(server)(request, body)
        return (404, headers, content) if status == 200 else (status, headers, content)

    auth = caller.DigestAuth("alice", "s3cret")
    for _ in range(3):  # nothing was accepted; nonces have become stale; one that was accepted has become stale
        server.forget()
        before = len(server.requests)
        answers = caller.get(handler, URL, URL, URL, auth=auth)
        assert {answer.status_code for answer in answers} == {404}
        assert len(server.requests) - before == 4
        (answer,) = caller.get(served_by(server), URL, auth=auth)
        assert answer.status_code == 200
        assert server.statuses[-2:] == [200, 200]


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_only_a_new_nonce_is_tried_once_more(plain, status):
    """An error leaves a nonce that was accepted where it is, and after a 400 a new one is not tried again."""
    server = StrictServer(prove=False)

    def handler(request, body):
        answer, headers, content = served_by(server)(request, body)
        return status if answer == 200 else answer, headers, content

    auth = plain.DigestAuth("alice", "s3cret")
    plain.get(handler, URL, auth=auth)
    (spaces,) = session_of(auth).spaces.all()
    assert len(spaces.offers) == (status != 400)
    plain.get(served_by(server), URL, auth=auth)
    assert spaces.offers == ()
    (context,) = spaces.contexts()
    current = context.pool.current
    plain.get(handler, URL, URL, auth=auth)
    assert spaces.offers == ()
    assert context.pool.current is current


def test_only_a_call_that_ends_accepted_keeps_requests_apart(caller):
    """stale twice over makes requests use nonces of their own from then on, if the server let the call in."""
    server = StrictServer()
    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), URL, auth=auth)
    (context,) = contexts_of(auth)
    server.stale_left = 10
    caller.get(served_by(server), URL, auth=auth)
    assert not context.pool.exclusive
    server.stale_left = 2
    (answer,) = caller.get(served_by(server), URL, auth=auth)
    assert answer.status_code == 200
    assert context.pool.exclusive


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_right_proof_counts_on_an_error_too(caller, status):
    """An error page with rspauth comes from the server: what it brings is taken up like that of a success."""
    server = StrictServer(one_time=True)

    def handler(request, body):
        answer, headers, content = served_by(server)(request, body)
        return (status if answer == 200 else answer), headers, content

    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(handler, URL, URL, URL, auth=auth)
    assert server.statuses == [401, 200, 200, 200]
    (spaces,) = session_of(auth).spaces.all()
    assert spaces.pin == (1, True)
