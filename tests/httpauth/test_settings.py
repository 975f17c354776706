"""The settings of nonces, acceptors and clients: their defaults, and the sentence of each refusal."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.challenge import Challenge, parse_challenges
from digest_http.errors import ConfigurationError
from digest_http.guard.key_sources import KeyFile
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.challenge_selection import Preference
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.client_policy import ClientPolicy
from digest_http.httpauth.credential_sources import from_environment, from_netrc
from digest_http.httpauth.digest_client import DigestClient
from digest_http.httpauth.keys import checked_keys
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.proof import check_verify
from tests.httpauth.hand_made import acceptor_of

SHA = by_name("SHA-256")
KEY = b"k" * 32

FLAG = "write True or False, for instance"
SECONDS = "write seconds as a number over 0 and at most 10000000000, for instance"
KEYS = "write a list of octets, for instance keys=[bytes.fromhex(text)], or text of 'digest-http key new'"


def nonces(realm: Any = b"r", keys: Any = (KEY,), epoch: Any = b"00000001", **settings: Any) -> NonceSource:
    """A source of nonces."""
    return NonceSource(realm, keys, epoch, **settings)


def acceptor(realm: Any = "r", algorithms: Any = (SHA,), **settings: Any) -> Acceptor:
    """An acceptor."""
    return Acceptor(realm, algorithms, settings.pop("nonces", None) or nonces(), **settings)


#: What makes the object, the wrong settings, the sentence.
REFUSED: list[tuple[Callable[..., object], dict[str, Any], str]] = [
    (nonces, {"realm": "r"}, "realm is 'r'; write octets, for instance realm=b'Members'"),
    (
        nonces,
        {"epoch": "e"},
        "epoch is 'e'; write octets, or a function that gives them, for instance epoch=store.epoch",
    ),
    (nonces, {"lifetime": None}, f"nonce_lifetime is None; {SECONDS} nonce_lifetime=300"),
    (nonces, {"overtime": "1"}, f"overtime is '1'; {SECONDS} overtime=900"),
    (nonces, {"clock": 5}, "clock is 5; write a function of no arguments, for instance clock=time.time"),
    (
        nonces,
        {"clock": lambda one: one},
        (
            "clock is a function that cannot be called this way; "
            "write a function of no arguments, for instance clock=time.time"
        ),
    ),
    (nonces, {"random": 5}, "random is 5; write a function of one argument, for instance random=os.urandom"),
    (
        nonces,
        {"random": lambda: b""},
        (
            "random is a function that cannot be called this way; write a function of one argument, for instance "
            "random=os.urandom"
        ),
    ),
    (
        nonces,
        {"algorithm": "MD5"},
        "algorithm has 'MD5'; write a list of Algorithm objects, for instance algorithm=[by_name('SHA-256')]",
    ),
    (nonces, {"proxy": "no"}, f"proxy is 'no'; {FLAG} proxy=True"),
    (nonces, {"auth_only": 1}, f"auth_only is 1; {FLAG} auth_only=True"),
    (nonces, {"keys": "k" * 64}, f"keys is an object of the type str; {KEYS}"),
    (nonces, {"keys": 5}, f"keys is an object of the type int; {KEYS}"),
    (nonces, {"keys": [KEY, "s3cret"]}, f"keys has an object of the type str; {KEYS}"),
    (checked_keys, {"keys": KEY}, f"keys is an object of the type bytes; {KEYS}"),
    (checked_keys, {"keys": ()}, f"keys is empty: give one key at least, newest first; {KEYS}"),
    (acceptor, {"proxy": "no"}, f"proxy is 'no'; {FLAG} proxy=True"),
    (acceptor, {"allow_rfc2069": 0}, f"allow_rfc2069 is 0; {FLAG} allow_rfc2069=True"),
    (acceptor, {"userhash": "yes"}, f"userhash is 'yes'; {FLAG} userhash=True"),
    (acceptor, {"qop": "auth"}, "qop is 'auth'; write a list of words, for instance qop=['auth']"),
    (acceptor, {"qop": []}, "qop is empty; write one or more of 'auth', 'auth-int', for instance qop=['auth']"),
    (
        acceptor,
        {"qop": "", "allow_rfc2069": True},
        "qop is ''; write a list of words, for instance qop=['auth']",
    ),
    (
        acceptor,
        {"nonces": b"n"},
        "nonces has b'n'; write a list of NonceSource objects, for instance nonces=[NonceSource(...)]",
    ),
    (
        acceptor,
        {"algorithms": ["MD5"]},
        "algorithms has 'MD5'; write a list of Algorithm objects, for instance algorithms=[by_name('SHA-256')]",
    ),
    (
        KeyFile,
        {"path": 5},
        "path is 5; write the path of a file, for instance path='/etc/app/keys'",
    ),
    (
        KeyFile,
        {"path": "x", "seconds": 5},
        "seconds is 5; write a function of no arguments, for instance seconds=time.monotonic",
    ),
    (
        from_netrc,
        {"path": 5},
        "path is 5; write the path of a file, for instance path='/etc/robot.netrc'",
    ),
    (
        from_environment,
        {"username": None, "password": "P"},
        "username is None; write text, for instance username='API_USER'",
    ),
    (
        from_environment,
        {"username": "U", "password": 5},
        "password is 5; write text, for instance password='API_PASSWORD'",
    ),
    (
        check_verify,
        {"verify": "yes"},
        "verify is 'yes'; write one of 'off', 'if-present', 'required', 'always', for instance verify='off'",
    ),
    (Preference, {"allow_rfc2069": "no"}, f"allow_rfc2069 is 'no'; {FLAG} allow_rfc2069=True"),
]

#: The same for the client, which is always given a name and a password.
REFUSED_BY_CLIENT: list[tuple[dict[str, Any], str]] = [
    ({"allow_weaker": "no"}, f"allow_weaker is 'no'; {FLAG} allow_weaker=True"),
    ({"quote_all": 1}, f"quote_all is 1; {FLAG} quote_all=True"),
    ({"decimal_nc": None}, f"decimal_nc is None; {FLAG} decimal_nc=True"),
    ({"allow_rfc2069": 5}, f"allow_rfc2069 is 5; {FLAG} allow_rfc2069=True"),
    (
        {"cnonce": "c"},
        "cnonce is 'c'; write a function of no arguments, for instance cnonce=lambda: secrets.token_hex(16)",
    ),
    (
        {"cnonce": lambda one: one},
        (
            "cnonce is a function that cannot be called this way; write a function of no arguments, for instance "
            "cnonce=lambda: secrets.token_hex(16)"
        ),
    ),
    ({"clock": 7}, "clock is 7; write a function of no arguments, for instance clock=time.monotonic"),
    (
        {"clock": lambda one: one},
        (
            "clock is a function that cannot be called this way; write a function of no arguments, for instance "
            "clock=time.monotonic"
        ),
    ),
    (
        {"verify": "x"},
        "verify is 'x'; write one of 'off', 'if-present', 'required', 'always', for instance verify='off'",
    ),
    ({"qop": "auth"}, "qop is 'auth'; write a list of words, for instance qop=['auth']"),
    ({"prefer": "x"}, "prefer is 'x'; write one of 'strongest', 'server-order', for instance prefer='strongest'"),
    ({"charset": "x"}, "charset is 'x'; write a charset that Python has, for instance charset='latin-1'"),
    (
        {"field_charset": "x"},
        "field_charset is 'x'; write a charset that Python has, for instance field_charset='latin-1'",
    ),
    (
        {"credentials": from_environment("U", "P")},
        "credentials is given together with username or password: write only one of the two",
    ),
]

ANOTHER_LOGIN: list[tuple[dict[str, Any], str]] = [
    ({}, "username is None; write a user name as text, for instance 'alice'"),
    ({"username": "u"}, "password is of the type NoneType; write text or octets"),
    (
        {"credentials": ("u", "s3cret")},
        "credentials is of the type tuple; write a function, for instance from_netrc()",
    ),
    (
        {"credentials": lambda: None},
        (
            "credentials is a function that cannot be called this way; write a function of one argument, for instance "
            "credentials=from_netrc()"
        ),
    ),
    (
        {"credentials": lambda asked: asked, "username": "u"},
        "credentials is given together with username or password: write only one of the two",
    ),
    (
        {"credentials": lambda asked: asked, "password": "p"},
        "credentials is given together with username or password: write only one of the two",
    ),
    (
        {"credentials": lambda asked: asked, "charset": "x"},
        "charset is 'x'; write a charset that Python has, for instance charset='latin-1'",
    ),
    (
        {"credentials": lambda asked: asked, "field_charset": "x"},
        "field_charset is 'x'; write a charset that Python has, for instance field_charset='latin-1'",
    ),
]

ALL: list[tuple[Callable[..., object], dict[str, Any], str]] = [
    *REFUSED,
    *((DigestClient, {"username": "u", "password": "p", **settings}, text) for settings, text in REFUSED_BY_CLIENT),
    *((DigestClient, settings, text) for settings, text in ANOTHER_LOGIN),
]


@pytest.mark.parametrize(("make", "settings", "text"), ALL, ids=[f"{n}-{row[2][:30]}" for n, row in enumerate(ALL)])
def test_the_whole_sentence(make: Callable[..., object], settings: dict[str, Any], text: str) -> None:
    """What was given and what to write, when it is made; a secret is never quoted."""
    with pytest.raises(ConfigurationError) as caught:
        make(**settings)
    assert str(caught.value) == text


def test_nonces_of_which_nothing_is_said() -> None:
    """Five minutes, on a clock that is the wall's, from the system's randomness, for no challenge in particular."""
    source = nonces()
    assert (source.lifetime, source.kept) == (300_000_000, 300_000_000)
    assert abs(source.now() / 1e6 - time.time()) < 3600
    first, second = source.issue(), source.issue()
    assert first[22:46] != second[22:46]
    assert nonces(lifetime=1, overtime=0.5).kept == 1_500_000


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256-sess"])
def test_a_source_for_challenges_is_for_a_server_and_all_its_qops(algorithm: str) -> None:
    """Unless another role is named. Those of a proxy, and those for auth alone, are nonces of their own."""
    base, chosen = nonces(), by_name(algorithm)
    usual = base.for_challenge(chosen)
    nonce = usual.issue()
    same = [nonces(algorithm=chosen), base.for_challenge(chosen, proxy=False, auth_only=False)]
    others = [
        base,
        nonces(algorithm=chosen, proxy=True),
        nonces(algorithm=chosen, auth_only=True),
        base.for_challenge(chosen, proxy=True),
        base.for_challenge(chosen, auth_only=True),
        base.for_challenge(chosen, proxy=True, auth_only=True),
    ]
    assert [source.recognise(nonce) is not None for source in same] == [True, True]
    assert [source.recognise(nonce) is not None for source in others] == [False] * 6
    for place, source in enumerate(others):
        issued = source.issue()
        known = [other.recognise(issued) is not None for other in others]
        # The second and the fourth are one kind made in two ways, and so are the third and the fifth.
        assert known == [{0: 0, 1: 1, 2: 2, 3: 1, 4: 2, 5: 3}[n] == (0, 1, 2, 1, 2, 3)[place] for n in range(6)]


def test_a_source_for_challenges_goes_on_with_all_settings() -> None:
    """Clock, randomness, keys of now and epoch of now are those of the source that it was made from."""
    now, current, epoch = [1000.0], [KEY], [b"00000001"]
    base = nonces(
        keys=lambda: current,
        epoch=lambda: epoch[0],
        clock=lambda: now[0],
        random=lambda size: b"\x0a" * size,
        lifetime=7,
    )
    source = base.for_challenge(SHA)
    assert (source.lifetime, source.kept) == (7_000_000, 7_000_000)
    assert source.issue()[:46] == b"%014x" % 1_000_000_000 + b"00000001" + b"0a" * 12
    now[0], epoch[0] = 2000.0, b"00000002"
    nonce = source.issue()
    assert nonce[:22] == b"%014x" % 2_000_000_000 + b"00000002"
    current[:] = [b"o" * 32]
    assert source.recognise(nonce) is None
    assert nonces(keys=[b"o" * 32]).for_challenge(SHA).recognise(source.issue()) is not None


def test_an_acceptor_of_which_nothing_is_said() -> None:
    """It offers auth alone, takes no answer without qop, hashes no names, and is a server's."""
    made = acceptor()
    (challenge,) = parse_challenges(made.challenges())
    assert isinstance(challenge, Challenge)
    assert (challenge.qop, challenge.userhash, challenge.stale) == ((b"auth",), False, False)
    assert nonces(algorithm=SHA).recognise(challenge.nonce) is not None
    (challenge,) = parse_challenges(acceptor(proxy=True).challenges())
    assert isinstance(challenge, Challenge)
    assert nonces(algorithm=SHA).recognise(challenge.nonce) is None
    assert nonces(algorithm=SHA, proxy=True).recognise(challenge.nonce) is not None


@pytest.mark.parametrize("proxy", [False, True])
@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("qop", [("auth", "auth-int"), ("auth-int", "auth"), ("auth",), ("auth-int",)])
def test_challenges_without_auth_int(qop: tuple[str, ...], stale: bool, proxy: bool) -> None:
    """auth-int can be left out where auth is offered beside it; the nonce tells, in each role. Else nothing changes."""
    made = acceptor(qop=qop, proxy=proxy)
    (usual,) = parse_challenges(made.challenges(stale=stale))
    (short,) = parse_challenges(made.challenges(stale=stale, auth_only=True))
    assert isinstance(usual, Challenge)
    assert isinstance(short, Challenge)
    both = len(qop) == 2
    words = tuple(word.encode() for word in qop)
    assert (usual.qop, short.qop) == (words, (b"auth",) if both else words)
    assert (usual.stale, short.stale) == (stale, stale)
    assert (usual.realm, short.realm, short.algorithm, short.utf8) == (b"r", b"r", b"SHA-256", True)
    told = nonces(algorithm=SHA, proxy=proxy, auth_only=True)
    assert (told.recognise(usual.nonce) is not None, told.recognise(short.nonce) is not None) == (False, both)


def test_an_acceptor_whose_challenges_name_no_qop() -> None:
    """With an empty list, as a list or a tuple, where answers without qop are allowed."""
    empty: tuple[Any, ...] = ([], ())
    for qop in empty:
        (challenge,) = parse_challenges(
            acceptor_of(time.time, algorithms=["MD5"], qop=qop, allow_rfc2069=True).challenges()
        )
        assert isinstance(challenge, Challenge)
        assert challenge.qop == ()


def test_a_decoy_looks_like_a_digest() -> None:
    """What an unknown user is checked against: hex, as long as the hash, another one each time."""
    decoys = [acceptor(algorithms=[SHA, by_name("MD5")]).decoys for _ in range(2)]
    for algorithm, length in ((SHA, 64), (by_name("MD5"), 32)):
        first, second = (each[algorithm] for each in decoys)
        assert len(first) == len(second) == length
        assert first != second
        assert bytes.fromhex(first.decode())


def test_a_policy_of_which_nothing_is_said() -> None:
    """Words are not quoted, nc is hex, a cnonce is drawn, the clock is the system's; it is shown by its order."""
    policy = ClientPolicy(Preference())
    assert repr(policy) == "<ClientPolicy 'strongest'>"
    context = policy.make_context(Identity("u", "p"), b"r", SHA)
    choice = policy.choose(parse_challenges([b'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"']))
    assert choice is not None
    nonce = context.learn(choice)
    assert nonce is not None
    nonce.counter.last = 9
    message = HTTPMessage(b"", b"GET", b"/")
    signature = context.make_signature(message, nonce)
    assert signature is not None
    assert b"algorithm=SHA-256" in message.padding
    assert b"qop=auth, nc=0000000a" in message.padding
    assert len(signature.cnonce) == 32
    context.refuse(tried=True)
    assert context.refused


def test_os_randomness_is_the_default() -> None:
    """Nobody has to say it."""
    assert nonces(random=os.urandom).issue() != nonces().issue()
