"""Two-sided exchanges: what each side tells, checks and refuses, and that a failed object is dead."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.errors import (
    ConfigurationError,
    ContextExpired,
    DigestError,
    FieldTooLarge,
    LogonDenied,
    MalformedField,
    MessageAltered,
    MessageTooLarge,
    OutOfSequence,
    QopNotSupported,
    SourceUnavailable,
    WrongPrincipal,
)
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.sasl.directives import Challenge

HA1 = calculation.user_hash(by_name("MD5"), b"chris", b"example.com", b"secret")


def assert_dead(end):
    """Nothing works any more, and nothing is left inside."""
    assert not end.complete
    for call in (
        end.step,
        end.session_key,
        lambda: end.wrap(b""),
        lambda: end.unwrap(b""),
        lambda: end.sign(b""),
        lambda: end.verify(b"", b""),
        lambda: end.seal(b""),
        lambda: end.seal_in_place(bytearray()),
        lambda: end.unseal_in_place(bytearray()),
        lambda: end.wrap_parts(b""),
    ):
        with pytest.raises(ContextExpired):
            call()


def test_both_ends_learn_the_same(pair):
    """qop, cipher, names and the peer's maxbuf are values on both sides."""
    both = pair("3des", client={"maxbuf": 2000, "authzid": "chris"}, server={"maxbuf": 3000}).login()
    for end in (both.client, both.server):
        assert (end.qop, end.cipher, end.username, end.realm, end.authzid) == (
            "auth-conf",
            "3des",
            "chris",
            "example.com",
            "chris",
        )
    assert both.client.peer_maxbuf == 3000
    assert both.server.peer_maxbuf == 2000
    assert both.client.session_key() == both.server.session_key()
    assert both.client.digest_uri == "imap/example.com"
    assert both.client.challenge is not None
    assert both.server.response is not None
    assert both.client.mechanism == both.server.mechanism == "DIGEST-MD5"


def test_an_empty_token_after_the_end_is_answered_empty(pair):
    """IMAP and others ask for one, since they cannot send data with their word of success."""
    both = pair().login()
    assert both.client.step(b"") == both.server.step(b"") == b""


def test_a_token_after_the_end_kills(pair):
    """Nothing may follow success."""
    both = pair().login()
    for end in both.client, both.server:
        with pytest.raises(OutOfSequence):
            end.step(b"rspauth=00")
        assert_dead(end)


def test_a_client_that_gets_no_challenge_gives_up(pair):
    """One empty token asks for an initial response, a second one is a fault."""
    client = pair().client
    assert client.step() == b""
    with pytest.raises(MalformedField):
        client.step(b"")
    assert_dead(client)


def test_nothing_works_before_the_end(pair):
    """A layer exists once both proofs hold, not when it is agreed."""
    both = pair("auth-int")
    response = both.client.step(both.server.step())
    for end in both.client, both.server:
        assert end.max_message is None
        for call in (lambda end=end: end.wrap(b"m"), lambda end=end: end.unwrap(b"m"), end.session_key):
            with pytest.raises(OutOfSequence):
                call()
    both.client.step(both.server.step(response))
    assert both.server.unwrap(both.client.wrap(b"m")) == b"m"


def test_auth_has_no_layer(pair):
    """wrap() never hands out clear text as if it were protected."""
    both = pair().login()
    for call in (both.client.wrap, both.client.unwrap, both.server.wrap, both.server.sign):
        with pytest.raises(QopNotSupported):
            call(b"m")
    assert both.client.complete


# --- proofs ---


@pytest.mark.parametrize(
    ("token", "error"),
    [
        (b"rspauth=00000000000000000000000000000000", WrongPrincipal),
        (b"rspauth=", MalformedField),
        (b'rspauth=""', WrongPrincipal),
        (b"", MalformedField),
        (b'realm="r",nonce="n",algorithm=md5-sess', MalformedField),
        (b"\xff", MalformedField),
    ],
)
def test_a_server_that_does_not_prove_itself(pair, token, error):
    """No rspauth, or a wrong one: the client is dead and never was complete."""
    both = pair("auth-int")
    both.client.step(both.server.step())
    with pytest.raises(error):
        both.client.step(token)
    assert_dead(both.client)


def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nobody(pair):
    """One text, one reason."""
    errors = []
    for settings in ({"password": "wrong"}, {"username": "nobody"}, {"username": "empty"}):
        both = pair(client=settings, server={"users": {"chris": "secret", "empty": ""}})
        response = both.client.step(both.server.step())
        with pytest.raises(LogonDenied) as caught:
            both.server.step(response)
        assert_dead(both.server)
        errors.append((str(caught.value), caught.value.reason))
    assert len(set(errors)) == 1


def test_the_stand_in_for_a_missing_password_opens_nothing(pair):
    """Whoever reads the source cannot log in with what is hashed for unknown names."""
    both = pair(client={"username": "nobody", "password": "nobody has this password"})
    with pytest.raises(LogonDenied):
        both.server.step(both.client.step(both.server.step()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"qop=auth-int", b"qop=auth"),
        (b'username="chris"', b'username="Chris"'),
        (b"nc=00000001", b"nc=00000002"),
        (b"digest-uri=", b'authzid="",digest-uri='),
        (b'realm="example.com"', b'realm="other"'),
        (b'realm="example.com"', b'x="y"'),
        (b'cnonce="', b'cnonce="x'),
        (b'nonce="', b'nonce="x'),
    ],
)
def test_a_response_changed_on_the_way(pair, old, new):
    """Each value is under the digest or checked beside it."""
    both = pair("auth-int", server={"qop": ("auth", "auth-int")})
    response = both.client.step(both.server.step())
    assert old in response
    with pytest.raises(LogonDenied):
        both.server.step(response.replace(old, new, 1))
    assert_dead(both.server)


def test_a_response_to_another_server_object(pair):
    """A response replayed to a fresh challenge fails on its nonce."""
    both = pair()
    response = both.client.step(both.server.step())
    other = pair().server
    other.step()
    with pytest.raises(LogonDenied) as caught:
        other.step(response)
    assert caught.value.reason == "nonce"


def test_a_first_response_that_counts_from_two(pair):
    """Right digest, wrong nc: a count of its own choice is not a client's to make."""
    both = pair()
    challenge = Challenge.parse(both.server.step())
    response = both.client._respond(challenge, 2)  # noqa: SLF001  # a client that counts wrongly
    with pytest.raises(LogonDenied) as caught:
        both.server.step(response)
    assert caught.value.reason == "nc"


# --- digest-uri ---


@pytest.mark.parametrize(
    ("client", "server"),
    [
        ({}, {}),
        ({"service": "IMAP", "host": "EXAMPLE.com"}, {}),
        ({"host": "b"}, {"host": ("a", "b"), "realms": "r"}),
        ({"service": "x", "host": "y"}, {"service": None, "host": None, "realms": "r"}),
        ({"serv_name": "Replica"}, {"serv_name": "replica"}),
        ({}, {"serv_name": "replica"}),
        ({"service": "null", "host": "default"}, {"service": "null", "host": "default"}),
        ({"service": "", "host": "default"}, {"service": "", "host": "default"}),
    ],
)
def test_services_that_match(pair, client, server):
    """Letter case apart; a third part only where it is configured; Hadoop's and Thrift's odd names."""
    pair(client=client, server=server).login()


@pytest.mark.parametrize(
    "client",
    [{"service": "ldap"}, {"host": "example.org"}, {"serv_name": "other"}, {"service": "", "host": ""}],
)
def test_services_that_do_not_match(pair, client):
    """A response made for another service is refused, password or not."""
    both = pair(client=client)
    response = both.client.step(both.server.step())
    with pytest.raises(LogonDenied) as caught:
        both.server.step(response)
    assert caught.value.reason == "digest-uri"


@pytest.mark.parametrize("uri", [b"imap", b"", b"imap/example.com/a/b"])
def test_a_digest_uri_of_another_shape(pair, uri):
    """One or two slashes."""
    both = pair()
    response = both.client.step(both.server.step())
    with pytest.raises(MalformedField):
        both.server.step(response.replace(b"imap/example.com", uri))


# --- realms ---


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        (("a", "b"), None, "a"),
        (("a", "b"), "b", "b"),
        (("a", "b"), lambda realms: realms[-1], "b"),
        ((), None, None),
        ((), lambda _realms: None, None),
        ("", None, ""),
        ("Königreich", None, "Königreich"),
    ],
)
def test_realm_choice(pair, offered, wanted, chosen):
    """The first, the one named, or what a callable picks; none is fine where none is offered."""
    both = pair(client={"realm": wanted}, server={"realms": offered}).login()
    assert both.client.realm == chosen
    assert both.server.realm == (chosen or "")


def test_realms_in_another_normal_form(pair):
    """Ours go out in Normalization Form C; a server's go back as they came."""
    both = pair(server={"realms": "e\u0301"}).login()
    assert both.server.realm == "\u00e9"
    client = pair().client
    challenge = b'realm="e\xcc\x81",nonce="n",algorithm=md5-sess,charset=utf-8'
    assert b'realm="e\xcc\x81"' in client.step(challenge)


def test_an_empty_realm_may_be_left_out(pair):
    """JDK does."""
    pair(client={"realm": lambda _realms: None}, server={"realms": ""}).login()


def test_a_realm_in_latin1_is_known(pair):
    """A client that passes over charset sends the realm as it reads it."""
    both = pair(server={"realms": "Königreich"})
    token = both.server.step().replace(b"charset=utf-8,", b"").replace("ö".encode(), b"\xf6")
    both.client.step(both.server.step(both.client.step(token)))
    assert both.server.realm == "Königreich"


@pytest.mark.parametrize("wanted", ["c", "", lambda _realms: None])
def test_a_realm_that_was_not_offered(pair, wanted):
    """Only what was offered counts."""
    both = pair(client={"realm": wanted}, server={"realms": ("a", "b")})
    with pytest.raises(LogonDenied) as caught:
        both.server.step(both.client.step(both.server.step()))
    assert caught.value.reason == "realm"


# --- authorization identity ---


@pytest.mark.parametrize("authzid", [None, "", "chris"])
def test_acting_as_oneself(pair, authzid):
    """Absent, empty and one's own name need no policy."""
    both = pair(client={"authzid": authzid}).login()
    assert both.server.authzid == authzid


def test_acting_as_another_needs_a_policy(pair):
    """Refused by default, in a way that is not the password's."""
    both = pair(client={"authzid": "root"})
    with pytest.raises(LogonDenied) as caught:
        both.server.step(both.client.step(both.server.step()))
    assert caught.value.reason == "authzid"
    assert_dead(both.server)


@pytest.mark.parametrize(("answer", "allowed"), [(True, True), (False, False), ("yes", False), (None, False)])
def test_the_policy_decides(pair, answer, allowed):
    """Asked with user, realm and authzid; only True is a yes."""
    asked = []

    def authorize(*arguments):
        asked.append(arguments)
        return answer

    both = pair(client={"authzid": "Ω"}, server={"authorize": authorize})
    response = both.client.step(both.server.step())
    if allowed:
        both.client.step(both.server.step(response))
        assert both.server.authzid == "Ω"
    else:
        with pytest.raises(LogonDenied):
            both.server.step(response)
    assert asked == [("chris", "example.com", "Ω")]


def test_the_policy_may_refuse_oneself(pair):
    """With a policy, a named identity is always asked about."""
    both = pair(client={"authzid": "chris"}, server={"authorize": lambda *_: False})
    with pytest.raises(LogonDenied):
        both.server.step(both.client.step(both.server.step()))


def test_the_policy_is_not_asked_about_a_wrong_password(pair):
    """A stranger learns nothing of it."""
    both = pair(client={"authzid": "root", "password": "no"}, server={"authorize": lambda *_: pytest.fail("asked")})
    with pytest.raises(LogonDenied):
        both.server.step(both.client.step(both.server.step()))


def test_a_policy_that_fails_refuses(pair):
    """An exception is not a yes."""
    both = pair(client={"authzid": "root"}, server={"authorize": lambda *_: 1 / 0})
    with pytest.raises(SourceUnavailable):
        both.server.step(both.client.step(both.server.step()))


# --- where passwords come from ---


class HashedUsers:
    """Users of the HTTP side."""

    def ha1(self, username, realm, algorithm):
        """See Users.ha1."""
        assert algorithm.name == "MD5"
        return calculation.hex_octets(HA1) if (username, realm) == ("chris", "example.com") else None


@pytest.mark.parametrize(
    "users",
    [
        {"chris": "secret"},
        {"chris": HA1},
        {"chris": HA1.hex().encode()},
        lambda username, realm: {"chris@example.com": "secret"}.get(f"{username}@{realm}"),
        HashedUsers(),
    ],
    ids=["passwords", "raw", "hex", "callable", "object"],
)
@pytest.mark.parametrize(
    "secret",
    [{}, *({"password": None, "ha1": ha1} for ha1 in (HA1, HA1.hex(), HA1.hex().encode()))],
    ids=["password", "raw", "text", "hex"],
)
def test_passwords_and_hashes(pair, users, secret):
    """Either side may keep H(A1) instead of the password."""
    pair(client=secret, server={"users": users}).login()
    both = pair(client={**secret, "username": "nobody"}, server={"users": users})
    with pytest.raises(LogonDenied):
        both.server.step(both.client.step(both.server.step()))


@pytest.mark.parametrize(
    "users", [lambda *_: 1 / 0, lambda *_: 5, lambda *_: b"short", lambda *_: b"\xff" * 32, lambda *_: b"g" * 32]
)
def test_a_source_that_fails_lets_nobody_in(pair, users):
    """An error of ours, never a pass."""
    both = pair(server={"users": users})
    response = both.client.step(both.server.step())
    with pytest.raises(SourceUnavailable):
        both.server.step(response)
    assert_dead(both.server)


@pytest.mark.parametrize(
    "settings",
    [
        {"password": None},
        {"ha1": HA1},
        {"password": None, "ha1": b"short"},
        {"password": None, "ha1": "no hex"},
        {"password": None, "ha1": "\u00e9" * 32},
        {"qop": "auth-all"},
        {"qop": ()},
        {"qop": "auth-conf", "ciphers": ()},
        {"qop": "auth-conf", "ciphers": "aes"},
        {"service": "imap/x"},
        {"host": "a/b"},
        {"host": "a\nb"},
        {"serv_name": "\ud800"},
        {"maxbuf": 16},
        {"maxbuf": 1 << 24},
    ],
)
def test_client_settings_that_cannot_work(pair, settings):
    """Refused where they are made."""
    with pytest.raises(ConfigurationError):
        pair(client=settings)


@pytest.mark.parametrize("settings", [{"users": None}, {"users": 5}, {"host": None}, {"host": ()}, {"qop": "x"}])
def test_server_settings_that_cannot_work(pair, settings):
    """Refused where they are made."""
    with pytest.raises(ConfigurationError):
        pair(server=settings)


# --- negotiation ---


@pytest.mark.parametrize(
    ("client", "server", "chosen"),
    [
        (("auth-conf", "auth-int", "auth"), ("auth", "auth-int", "auth-conf"), ("auth-conf", "3des")),
        (("auth-int", "auth-conf"), ("auth-conf", "auth-int"), ("auth-int", None)),
        (("auth-conf", "auth"), ("auth", "auth-int"), ("auth", None)),
    ],
)
def test_the_client_takes_its_best(pair, client, server, chosen):
    """Its own order, among what is offered."""
    both = pair(client={"qop": client}, server={"qop": server}).login()
    assert (both.client.qop, both.client.cipher) == (both.server.qop, both.server.cipher) == chosen


@pytest.mark.parametrize(
    "token",
    [
        b'nonce="n",algorithm=md5-sess',
        b'nonce="n",algorithm=md5-sess,qop="auth"',
        b'nonce="n",algorithm=md5-sess,qop=""',
        b'nonce="n",algorithm=md5-sess,qop="auth,auth-int,auth-conf"',
        b'nonce="n",algorithm=md5-sess,qop="auth-conf",cipher="des,rc4-40,aes"',
        b'nonce="n",algorithm=md5-sess,qop="auth-all"',
    ],
)
def test_nothing_less_than_asked_for(pair, token):
    """A client that asks for auth-conf never falls back."""
    client = pair("3des").client
    with pytest.raises(QopNotSupported):
        client.step(token)
    assert_dead(client)


@pytest.mark.parametrize(
    ("layer", "token"),
    [
        ("auth-int", b'nonce="n",algorithm=md5-sess,qop="auth"'),
        ("auth-int", b'nonce="n",algorithm=md5-sess,qop="auth,auth-conf",cipher="3des"'),
        ("auth", b'nonce="n",algorithm=md5-sess,qop="auth-int"'),
        ("3des", b'nonce="n",algorithm=md5-sess,qop="auth-int",cipher="3des"'),
    ],
)
def test_nothing_that_was_not_offered(pair, layer, token):
    """A client never takes what the server did not name."""
    with pytest.raises(QopNotSupported):
        pair(layer).client.step(token)


@pytest.mark.parametrize(
    ("old", "new"), [(b"qop=auth-conf", b"qop=auth-int"), (b"cipher=rc4", b"cipher=des"), (b"cipher=rc4", b"x=y")]
)
def test_a_server_takes_only_what_it_offered(pair, old, new):
    """qop and cipher both."""
    both = pair("rc4")
    response = both.client.step(both.server.step())
    assert old in response
    with pytest.raises(QopNotSupported):
        both.server.step(response.replace(old, new))


def test_a_cipher_beside_another_qop_means_nothing(pair):
    """As for JDK and Cyrus."""
    both = pair()
    both.server.step(both.client.step(both.server.step()) + b",cipher=des")
    assert both.server.complete
    assert both.server.cipher is None


def test_a_response_that_would_be_too_long(pair):
    """Refused by the sender, since the receiver must."""
    client = pair(client={"username": "u" * 4096}).client
    with pytest.raises(FieldTooLarge):
        client.step(b'nonce="n",algorithm=md5-sess,charset=utf-8')


def test_randomness_comes_from_outside(pair):
    """30 octets each, in base64, and used as given."""
    asked = []

    def random(count):
        asked.append(count)
        return bytes(range(count))

    both = pair(client={"random": random}, server={"random": random}).login()
    assert asked == [30, 30]
    assert both.server.response is not None
    assert both.server.response.cnonce == both.server.response.nonce == b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"


def test_randomness_differs_each_time(pair):
    """The default source is not a constant."""
    tokens = {pair().server.step() for _ in range(20)}
    assert len(tokens) == 20


def test_directives_of_protocols_on_top(pair):
    """Both sides can add directives and read the other's; the mechanism passes over them."""
    both = pair(
        client={"directives": lambda challenge: {b"channel-binding": challenge.others[b"x-offer"]}},
        server={"directives": {b"x-offer": b"1"}},
    ).login()
    assert both.server.response is not None
    assert both.server.response.others == {b"channel-binding": b"1"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MalformedField, 0x80090308),
        (QopNotSupported, 0x8009030A),
        (LogonDenied, 0x8009030C),
        (MessageAltered, 0x8009030F),
        (OutOfSequence, 0x80090310),
        (ContextExpired, 0x80090317),
        (MessageTooLarge, 0x80090321),
        (WrongPrincipal, 0x80090322),
        (SourceUnavailable, 0x80090311),
    ],
)
def test_each_error_has_its_sspi_status(error, status):
    """The codes of winerror.h, one for each meaning."""
    assert error.sspi_status == status
    assert error("text").reason == error.default_reason


# --- secrets ---


@pytest.mark.parametrize("copier", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_exchange_cannot_be_copied(pair, copier):
    """Two copies would use one key stream twice."""
    both = pair("rc4").login()
    for end in both.client, both.server:
        with pytest.raises(TypeError):
            copier(end)


def test_repr_shows_no_secret(pair):
    """Names and state only."""
    both = pair("rc4")
    seen = repr(both.client) + repr(both.server)
    both.login()
    seen += repr(both.client) + repr(both.server)
    both.client.close()
    seen += repr(both.client)
    assert "secret" not in seen
    assert both.server.session_key().hex() not in seen
    assert "closed" in seen


@pytest.mark.parametrize("secret", [{"password": "secret"}, {"password": None, "ha1": HA1}])
def test_the_password_is_dropped_at_the_end(pair, secret):
    """After success and after failure the client holds neither the password nor its hash."""
    for finish in (lambda both: both.login(), lambda both: both.client.close()):
        both = pair("auth-int", client=secret)
        held = vars(both.client).values()
        assert "secret" in held or HA1 in held
        finish(both)
        assert "secret" not in held
        assert HA1 not in held


def test_closing_drops_the_keys(pair):
    """close() ends the context."""
    both = pair("rc4").login()
    both.client.close()
    assert_dead(both.client)
    assert both.server.complete


@given(st.lists(st.binary(max_size=80), max_size=3), st.sampled_from([DigestMD5Client, DigestMD5Server]))
def test_any_tokens_end_in_an_error_of_ours(tokens, kind):
    """No octets raise anything else, and none complete an exchange."""
    end = (
        kind("chris", "secret", service="imap", host="h")
        if kind is DigestMD5Client
        else kind({"chris": "secret"}, service="imap", host="h")
    )
    for token in tokens:
        try:
            end.step(token)
        except DigestError:
            continue
    assert not end.complete


@given(position=st.integers(0, 400), octet=st.integers(0, 255))
def test_a_response_with_one_octet_changed(position, octet):
    """Every change is an error of ours or makes no difference to who logged in."""
    server = DigestMD5Server({"chris": "secret"}, service="imap", host="h", qop=("auth", "auth-int"))
    client = DigestMD5Client("chris", "secret", service="imap", host="h", qop="auth-int")
    response = bytearray(client.step(server.step()))
    response[position % len(response)] = octet
    try:
        server.step(response)
    except DigestError:
        assert not server.complete
    else:
        assert server.username == "chris"
        assert server.session_key()
