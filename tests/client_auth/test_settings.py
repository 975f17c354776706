"""The settings of DigestAuth: what each does, what none does, and which are refused."""

import inspect
import os
import pickle
import re
import time
from types import SimpleNamespace

import pytest

import digest_http_client_auth
from digest_http.algorithms import available, by_name
from digest_http.credentials import Credentials
from digest_http.errors import ConfigurationError

from .conftest import PLUGS, served_by, session_of
from .strict_server import StrictServer

URL = "http://server.example/a"


def policy_of(auth):
    """What an object goes by, as one dictionary."""
    session = session_of(auth)
    preference = session.policy.preference
    return {
        "verify": session.verify,
        "demands_proof": session.demands_proof,
        "algorithms": set(preference.algorithms),
        "qop": preference.qop,
        "prefer": preference.prefer,
        "allow_rfc2069": preference.allow_rfc2069,
        "charset": session.logins.fixed.charset,
        "allow_weaker": session.spaces_at(StandIn, StandIn.origin).allow_weaker,
        "proxy": (session.proxy, session.status),
        "fields": (session.challenge_name, session.authorization_name, session.info_name),
    }


class StandIn:
    """The part of a request that a look-up takes."""

    url = SimpleNamespace(scheme="http", raw_host=b"server.example", port=None)
    origin = ("http", "server.example", 80)


ALL, SHA = set(available()), {by_name("SHA-256")}
BOTH = (b"auth", b"auth-int")
USUAL = {
    "verify": "if-present",
    "demands_proof": False,
    "algorithms": ALL,
    "qop": BOTH,
    "allow_rfc2069": None,
    "prefer": "strongest",
    "charset": "utf-8",
    "allow_weaker": False,
    "proxy": (False, 401),
    "fields": (b"www-authenticate", b"authorization", b"authentication-info"),
}


@pytest.mark.parametrize(("settings", "changes"), [
    ({}, {}),
    ({"verify": "off"}, {"verify": "off"}),
    ({"verify": "required"}, {"verify": "required", "demands_proof": True}),
    ({"verify": "always"}, {"verify": "always", "demands_proof": True}),
    ({"algorithms": ["SHA-256"]}, {"algorithms": SHA}),
    ({"qop": ["auth-int"]}, {"qop": (b"auth-int",)}),
    ({"allow_rfc2069": True}, {"allow_rfc2069": True}),
    ({"prefer": "server-order"}, {"prefer": "server-order"}),
    ({"charset": "latin-1"}, {"charset": "iso8859-1"}),
    ({"allow_weaker": True}, {"allow_weaker": True}),
    ({"challenge_header": "X-Challenge"},
     {"fields": (b"x-challenge", b"authorization", b"authentication-info")}),
    ({"proxy": True}, {
        "proxy": (True, 407),
        "fields": (b"proxy-authenticate", b"proxy-authorization", b"proxy-authentication-info"),
    }),
])  # fmt: skip
def test_each_setting_changes_what_it_says(plain, settings, changes):
    """And nothing else; without one it is as docs/client.md says."""
    assert policy_of(plain.DigestAuth("alice", "s3cret", **settings)) == USUAL | changes


def test_settings_of_contexts(plain):
    """quote_all, random and clock reach what is signed; without them it is unquoted, random and the steady clock."""
    server = StrictServer(realm="r")
    auth = plain.DigestAuth("alice", "s3cret", quote_all=True, random=bytes, clock=lambda: 7.0)
    sent = []

    def handler(request, body):
        sent.append(request.headers.get("authorization", ""))
        return served_by(server)(request, body)

    plain.get(handler, URL, auth=auth)
    assert 'qop="auth"' in sent[1]
    assert 'algorithm="SHA-256"' in sent[1]
    assert Credentials.parse(sent[1].removeprefix("Digest ").encode()).cnonce == b"0" * 32
    (context,) = session_of(auth).spaces.all()[0].contexts()
    assert context._clock() == 7.0  # noqa: SLF001 - it shows after a minute only
    auth = plain.DigestAuth("alice", "s3cret")
    plain.get(handler, URL, auth=auth)
    assert "qop=auth" in sent[3]
    (context,) = session_of(auth).spaces.all()[0].contexts()
    assert context._clock is time.monotonic  # noqa: SLF001 - as above
    assert context._cnonces.__self__._random is os.urandom  # noqa: SLF001 - what is random does not show


VERIFY = "write one of 'off', 'if-present', 'required', 'always', for instance verify='off'"


@pytest.mark.parametrize(("settings", "text"), [
    ({"verify": "yes"}, f"verify is 'yes'; {VERIFY}"),
    ({"verify": True}, f"verify is True; {VERIFY}"),
    ({"allow_weaker": "no"}, "allow_weaker is 'no'; write True or False, for instance allow_weaker=True"),
    ({"allow_weaker": None}, "allow_weaker is None; write True or False, for instance allow_weaker=True"),
    ({"challenge_header": "X Challenge"},
     "challenge_header is 'X Challenge'; write the name of a field, for instance 'X-WWW-Authenticate'"),
    ({"challenge_header": "X-Challenge\n"},
     r"challenge_header is 'X-Challenge\n'; write the name of a field, for instance 'X-WWW-Authenticate'"),
    ({"prefer": "weakest"},
     "prefer is 'weakest'; write one of 'strongest', 'server-order', for instance prefer='strongest'"),
    ({"qop": "auth"}, "qop is 'auth'; write a list of words, for instance qop=['auth']"),
    ({"charset": "utf-12"}, "charset is 'utf-12'; write a charset that Python has, for instance charset='latin-1'"),
])  # fmt: skip
def test_settings_that_cannot_work(plain, settings, text):
    """Each is refused when it is made, with what to write instead."""
    with pytest.raises(ConfigurationError) as caught:
        plain.DigestAuth("alice", "s3cret", **settings)
    assert str(caught.value) == text


def test_both_plugs_are_one_text():
    """But for the library's name and what to install, so that what is tried with one holds for the other."""
    ours, other = (inspect.getsource(PLUGS[name]) for name in ("httpx", "httpx2"))
    assert re.sub(r"\bhttpx\b", "httpx2", ours).replace("[client]", "[client2]") == other


def test_what_an_object_says_of_itself(plain):
    """The user's name in ASCII; why it is not pickled; which name a package lacks."""
    auth = plain.DigestAuth("\u00e9", "s3cret")
    assert repr(auth) == r"<DigestAuth of '\xe9'>"
    assert repr(session_of(auth)) == r"<Session of '\xe9'>"
    with pytest.raises(TypeError) as caught:
        pickle.dumps(auth)
    assert str(caught.value) == (
        "DigestAuth cannot be pickled: a pickle would contain the password. Make a new one from your settings"
    )
    with pytest.raises(AttributeError) as missing:
        digest_http_client_auth.Nothing  # noqa: B018 - the look-up is the test
    assert str(missing.value) == "module 'digest_http_client_auth' has no attribute 'Nothing'"
