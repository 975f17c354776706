"""What an origin has accepted is not undercut: the pin of its strength, through whole clients."""

import json

import pytest

from digest_http.errors import MalformedField

from .conftest import served_by, session_of
from .strict_server import StrictServer

HOME = "http://server.example"
URL = f"{HOME}/a"

REALMS = [StrictServer.realm, StrictServer.realm + " ", StrictServer.realm.upper(), "", "other"]
WEAKER = {
    "MD5": 'nonce="n", qop="auth", algorithm=MD5',
    "MD5 by default": 'nonce="n", qop="auth"',
    "MD5-sess": 'nonce="n", qop="auth", algorithm=MD5-sess',
    "MD5, stale": 'nonce="n", qop="auth", algorithm=MD5, stale=true',
    "MD5, auth-int": 'nonce="n", qop="auth-int", algorithm=MD5',
    "RFC 2069": 'nonce="n"',
    "no qop": 'nonce="n", algorithm=SHA-256',
    "no qop, stale": 'nonce="n", algorithm=SHA-256, stale=true',
}


class Attacker:
    """Challenges whatever comes, and writes down what it got."""

    def __init__(self, *challenges, then=None):
        self.challenges = challenges
        self.then = then
        self.seen = []

    def __call__(self, request, _):
        self.seen.append(request.headers.get("authorization"))
        if self.then is not None and self.seen[-1] is not None:
            return self.then
        return 401, [("WWW-Authenticate", f"Digest {challenge}") for challenge in self.challenges], b""

    @property
    def answered(self):
        """Whether anything that was signed for its challenges came in."""
        return any(field is not None and 'nonce="n"' in field for field in self.seen)


def logged_in(caller, server=None, **settings):
    """An object that a server has let in, with SHA-256 if nothing else is said."""
    auth = caller.DigestAuth("alice", "s3cret", allow_rfc2069=True, **settings)
    (answer,) = caller.get(served_by(server or StrictServer()), URL, auth=auth)
    assert answer.status_code == 200
    return auth


@pytest.mark.obeys("no-basic-fallback")
@pytest.mark.parametrize("weaker", WEAKER.values(), ids=WEAKER)
@pytest.mark.parametrize("realm", REALMS)
def test_weaker_challenge_is_not_answered(caller, weaker, realm):
    """Weaker in hash or qop, in the realm that was accepted or in any other: the 401 is the caller's."""
    attacker = Attacker(f'realm="{realm}", {weaker}')
    auth = logged_in(caller)
    (answer,) = caller.get(attacker, URL, auth=auth)
    assert answer.status_code == 401
    assert not attacker.answered
    assert len(attacker.seen) == 1


@pytest.mark.parametrize("realm", REALMS)
def test_refusals_do_not_take_the_pin_back(caller, realm):
    """However often the stronger digest is refused first, or the call ends otherwise, the weaker one is not sent."""
    auth = logged_in(caller)
    strong = f'realm="{StrictServer.realm}", nonce="s", qop="auth", algorithm=SHA-256'
    for before in (
        Attacker(strong), Attacker(strong + ", stale=true"), Attacker(strong, then=(400, [], b"")),
        Attacker(strong, then=(403, [], b"")), Attacker(strong, then=(407, [], b"")),
        Attacker(strong, then=(503, [], b"")), Attacker(), Attacker('realm="x'),
    ):  # fmt: skip
        caller.get(before, URL, URL, auth=auth)
        attacker = Attacker(f'realm="{realm}", nonce="n", qop="auth", algorithm=MD5')
        caller.get(attacker, URL, f"{HOME}/another/page", auth=auth)
        assert not attacker.answered


def test_pin_survives_floods(plain):
    """A flood of realms, nonces and algorithms at this origin, and of other origins, leaves the pin and the nonce."""
    server = StrictServer()
    auth = logged_in(plain, server)
    for number in range(300):
        flood = f'realm="{number % 100}", nonce="n{number}", qop="auth", algorithm=SHA-512-256'
        plain.get(Attacker(flood), URL, f"http://other-{number}.example/", auth=auth)
    attacker = Attacker('realm="x", nonce="n", qop="auth", algorithm=MD5')
    plain.get(attacker, URL, auth=auth)
    assert not attacker.answered
    (answer,) = plain.get(served_by(server), URL, auth=auth)
    assert (answer.status_code, answer.history) == (200, [])


@pytest.mark.parametrize("weaker", WEAKER.values(), ids=WEAKER)
def test_the_users_word(caller, weaker):
    """allow_weaker=True answers what is weaker, in each realm; what is stronger goes first all the same."""
    for realm in REALMS:
        attacker = Attacker(f'realm="{realm}", {weaker}')
        caller.get(attacker, URL, auth=logged_in(caller, allow_weaker=True))
        assert attacker.answered or "stale" in weaker  # stale in another realm is never answered
    attacker = Attacker(f'realm="x", {weaker}', 'realm="x", nonce="n", qop="auth", algorithm=SHA-512-256')
    caller.get(attacker, URL, auth=logged_in(caller, allow_weaker=True))
    assert "stale" in weaker or "SHA-512-256" in attacker.seen[1]


def test_other_origins_have_pins_of_their_own(caller):
    """What one server accepted says nothing of another one."""
    auth = logged_in(caller)
    for url in ("http://other.example/", "https://server.example/", "http://server.example:8080/"):
        server = StrictServer(algorithms=("MD5",))
        assert caller.get(served_by(server), url, auth=auth)[0].status_code == 200


@pytest.mark.parametrize("status", [400, 403, 404, 407, 500])
def test_only_what_was_accepted_is_pinned(caller, status):
    """A stronger challenge that a stranger sends and nobody accepts does not lock the real server out."""
    server = StrictServer(algorithms=("MD5",))
    auth = logged_in(caller, server)
    strong = f'realm="{StrictServer.realm}", nonce="s", qop="auth", algorithm=SHA-512-256'
    caller.get(Attacker(strong), URL, auth=auth)
    caller.get(Attacker(strong, then=(status, [], b"")), URL, auth=auth)
    (answer,) = caller.get(served_by(server), URL, auth=auth)
    assert answer.status_code == 200


@pytest.mark.parametrize("status", [400, 403, 404, 407, 500])
def test_error_with_a_proof_is_pinned(caller, status):
    """Who proves that it knows the password has accepted the digest, whatever it answers."""
    server = StrictServer(prefix="proving")

    def error(request, body):
        answered, headers, content = served_by(server)(request, body)
        return status if answered == 200 else answered, headers, content

    auth = caller.DigestAuth("alice", "s3cret")
    assert caller.get(error, URL, auth=auth)[0].status_code == status
    assert caller.get(served_by(StrictServer(algorithms=("MD5",))), URL, auth=auth)[0].status_code == 401


def test_weaker_realm_that_was_visited_before(caller):
    """A realm that was let in with MD5 is not signed for any more once its origin has accepted SHA-256."""
    weak, strong = StrictServer(realm="weak", algorithms=("MD5",)), StrictServer(realm="strong")

    def handler(request, body):
        return served_by(weak if request.url.path.startswith("/weak/") else strong)(request, body)

    for allowed in (False, True):
        weak.requests.clear()
        auth = caller.DigestAuth("alice", "s3cret", allow_weaker=allowed)
        urls = [f"{HOME}/{path}" for path in ("weak/x", "weak/x", "strong/x", "weak/x", "strong/x")]
        answers = caller.get(handler, *urls, auth=auth)
        assert [answer.status_code for answer in answers] == [200, 200, 200, 200 if allowed else 401, 200]
        assert (weak.requests[-1][1] is not None) is allowed
        assert len(auth.export_learnt()) == 1 + allowed


def test_upgrade_of_a_server(caller):
    """A server that learns SHA-256 is followed in the same realm, and from then on held to it."""
    server = StrictServer(algorithms=("MD5",))
    auth = logged_in(caller, server)
    server.algorithms = ("MD5", "SHA-256")
    server.forget()
    (answer,) = caller.get(served_by(server), URL, auth=auth)
    assert answer.status_code == 200
    assert server.signed[-1]["algorithm"] == "SHA-256"
    server.algorithms = ("MD5",)
    server.forget()
    assert caller.get(served_by(server), URL, auth=auth)[0].status_code == 401


def test_server_order_gives_way_to_the_pin(plain):
    """With prefer="server-order" the server's first is answered, unless it has accepted something stronger."""
    server = StrictServer(algorithms=("SHA-256", "MD5"))
    auth = logged_in(plain, server, prefer="server-order")
    server.algorithms = ("MD5", "SHA-256")
    server.forget()
    (answer,) = plain.get(served_by(server), URL, auth=auth)
    assert answer.status_code == 200
    assert server.signed[-1]["algorithm"] == "SHA-256"
    server.forget()
    auth = plain.DigestAuth("alice", "s3cret", prefer="server-order")
    plain.get(served_by(server), URL, auth=auth)
    assert server.signed[-1]["algorithm"] == "MD5"


def test_pin_of_a_proxy(plain):
    """A proxy has a pin of its own, which no server's 401 and no realm of the proxy's gets around."""
    library = plain.library
    auth = plain.DigestAuth("alice", "s3cret", proxy=True)
    offers = ["SHA-256"]
    seen = []

    def respond(request):
        seen.append(request.headers.get("proxy-authorization"))
        if seen[-1] is not None:
            return library.Response(200)
        value = f'Digest realm="{len(seen)}", nonce="n", qop="auth", algorithm={offers[-1]}'
        return library.Response(407, headers={"Proxy-Authenticate": value})

    with library.Client(transport=library.MockTransport(respond), auth=auth) as client:
        assert client.get(URL).status_code == 200
        offers.append("MD5")
        assert client.get(URL).status_code == 407


# -- what was learnt and stored ---------------------------------------------------------------------------------------


def test_pin_comes_back_with_what_was_stored(caller):
    """What the user takes in counts as accepted: a weaker challenge is not answered by the new object either."""
    stored = json.dumps(logged_in(caller).export_learnt())
    auth = caller.DigestAuth("alice", "s3cret")
    for entry in json.loads(stored):
        auth.learn(**entry)
    attacker = Attacker('realm="x", nonce="n", qop="auth", algorithm=MD5')
    assert caller.get(attacker, URL, auth=auth)[0].status_code == 401
    assert not attacker.answered


def test_weaker_challenge_is_not_taken_in(plain):
    """After a stronger one a weaker one is refused with the way out, and taken in where the user has said so."""
    challenges = [f'Digest realm="r", nonce="n", qop="auth", algorithm={name}' for name in ("MD5", "SHA-256", "MD5")]
    auth = plain.DigestAuth("alice", "s3cret")
    for challenge in challenges[:2]:
        auth.learn(HOME, challenge)
    with pytest.raises(MalformedField, match="allow_weaker=True"):
        auth.learn(HOME, challenges[2])
    assert ["SHA-256" in entry["challenge"] for entry in auth.export_learnt()] == [True]
    auth = plain.DigestAuth("alice", "s3cret", allow_weaker=True)
    for challenge in challenges:
        auth.learn(HOME, challenge)
    assert ["MD5" in entry["challenge"] for entry in auth.export_learnt()] == [True]


def test_what_is_taken_in_is_no_proof_of_the_password(plain):
    """A learnt challenge pins, but a wrong password is still told from a request that others have overtaken."""
    server = StrictServer()
    auth = plain.DigestAuth("alice", "wrong")
    auth.learn(HOME, 'Digest realm="api@example.org", nonce="old", qop="auth", algorithm=SHA-256, opaque="0paque"')
    assert plain.get(served_by(server), URL, auth=auth)[0].status_code == 401
    (spaces,) = session_of(auth).spaces.all()
    assert [context.accepted_at for context in spaces.contexts()] == [0]
    assert len(server.signed) == 2
