"""WWW-Authenticate: the values, and the tolerance that real servers need (RFC 7616 §3.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http import challenge as module
from digest_http.challenge import (
    MAX_REPEATED_OCTETS,
    MAX_WORDS,
    Challenge,
    UnusableChallenge,
    parse_challenges,
)
from digest_http.errors import MalformedField
from tests.kernel.strategies import challenges, wild_octets

SIMPLE = Challenge(realm=b"a", nonce=b"n")


def only(octets):
    """The single Digest challenge of a field value."""
    (found,) = parse_challenges([octets])
    return found


@given(challenges)
def test_round_trip(challenge):
    """parse(serialise(x)) = x."""
    assert only(challenge.serialize()) == challenge


@pytest.mark.obeys("several-challenges")
@given(st.lists(challenges, max_size=4), st.booleans())
def test_several_challenges_in_order(several, one_line):
    """Challenges keep their order, in one field line and in many, with other schemes between them."""
    lines = [challenge.serialize() for challenge in several]
    with_others = [
        b"Negotiate",
        *(part for line in lines for part in (line, b'Basic realm="x, y=z"', b"NTLM TlRM+/==")),
    ]
    assert parse_challenges([b", ".join(with_others)] if one_line else with_others) == several


@given(st.lists(wild_octets, max_size=4))
def test_any_octets_give_a_value(lines):
    """Reading a stranger's field never raises."""
    for found in parse_challenges(lines):
        assert isinstance(found, Challenge | UnusableChallenge)
        if isinstance(found, Challenge):
            assert only(found.serialize()).nonce == found.nonce


@pytest.mark.obeys("challenge-quoting")
def test_quoting_follows_the_rfc():
    """RFC 7616 §3.3: stale, algorithm, charset and userhash are bare, all others quoted."""
    full = Challenge(
        realm=b'the "realm"',
        nonce=b"n",
        algorithm=b"SHA-256",
        qop=(b"auth", b"auth-int"),
        opaque=b"",
        domain=(b"/a", b"http://other.example/b"),
        stale=True,
        utf8=True,
        userhash=True,
    )
    assert full.serialize() == (
        rb'Digest realm="the \"realm\"", domain="/a http://other.example/b", nonce="n", opaque="", stale=true, '
        rb'algorithm=SHA-256, qop="auth,auth-int", charset=UTF-8, userhash=true'
    )
    assert only(full.serialize()) == full


@pytest.mark.obeys("unknown-parameters")
@pytest.mark.parametrize(
    "octets",
    [
        b'Digest realm="a", nonce="n"',
        b'Digest realm="a",nonce="n"',
        b'digest REALM="a", NONCE="n"',
        b'DIGEST realm = "a" , nonce\t=\t"n"',
        b'Digest\trealm="a",\tnonce="n"',
        b'  Digest   realm="a"  ,  nonce="n"  ',
        b',, Digest realm="a",, ,nonce="n",,',
        b'Digest ,realm="a", nonce="n"',
        b'Digest , , realm="a", nonce="n"',
        b"Digest realm=a, nonce=n",
        b'Digest realm="a" nonce="n"',
        b'Digest realm="a", strange, nonce="n"',
        b'Digest realm="a", x-extension="1", nonce="n"',
        rb'Digest realm="\a", nonce="n"',
        b'Digest realm="a", nonce="n", realm="a"',
        b'Digest @ realm="a", nonce="n"',
        b'Digest realm="a", nonce="n", stale=false, userhash=false',
        b'Digest realm="a", nonce="n", stale=, charset=, userhash=maybe',
        b'Digest realm="a", nonce="n", qop="", domain=""',
    ],
)
def test_spellings_of_one_challenge(octets):
    """What peers are known to send for one and the same challenge."""
    assert only(octets) == SIMPLE


@pytest.mark.obeys("several-challenges")
@pytest.mark.parametrize(
    "octets",
    [
        b'Basic realm="b", Digest realm="a", nonce="n"',
        b'Negotiate, Digest realm="a", nonce="n"',
        b'Negotiate, NTLM, Digest realm="a", nonce="n", Negotiate',
        b'Negotiate abc==, Digest realm="a", nonce="n"',
        b'Bearer, Basic realm=b, Digest realm="a", nonce="n"',
        b'Basic realm=, Digest realm="a", nonce="n"',
        b'Digest realm="a", nonce="n", Basic realm="b"',
        b'Digest realm="a", nonce="n", Negotiate',
        b'Digest realm="a", nonce="n", NTLM abc=',
        b'Bearer error="x", error_description="Digest realm=\\"b\\", nonce=\\"m\\"", Digest realm="a", nonce="n"',
        b'Basic realm="it\'s Digest, or not", Digest realm="a", nonce="n"',
        b'NewScheme a=b c, Digest realm="a", nonce="n"',
        b'Digest realm="a", nonce="n", DigestX realm="b", nonce="m"',
        b'XDigest realm="b", nonce="m", Digest realm="a", nonce="n"',
        b'Basic realm="b", Digest, realm="a", nonce="n"',
        b'Negotiate, Digest , realm="a", nonce="n"',
        b'Digest realm="a", nonce="n", Negotiate Digest, realm="b", nonce="m"',
        b'Negotiate abc/digest/def==, Digest realm="a", nonce="n"',
        b' Bearer, Basic realm=b, Digest realm="a", nonce="n"',
    ],
)
def test_other_schemes_are_passed_over(octets):
    """RFC 9110 §11.6.1: a line may hold several schemes; theirs are not ours, not even inside quotes."""
    assert only(octets) == SIMPLE


@pytest.mark.obeys("several-challenges")
@pytest.mark.parametrize("octets", [b'Negotiate Digest, realm="a", nonce="n"', b'NTLM Digest== , realm="a", nonce="n"'])
def test_credentials_of_another_scheme_begin_no_challenge(octets):
    """A token68 that reads "Digest" is what another scheme was given (RFC 9110 §11.2); what follows is not ours."""
    assert parse_challenges([octets]) == []


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("long", ["realm", "nonce", "opaque"])
def test_what_answers_repeat_is_bounded(long, size):
    """Realm, nonce and opaque together: whatever is longer would be sent, and remembered, with each request."""
    values = {"realm": "r", "nonce": "n", "opaque": "o"}
    values[long] = "x" * (MAX_REPEATED_OCTETS - 2 + size)
    (found,) = parse_challenges([("Digest " + ", ".join(f'{k}="{v}"' for k, v in values.items())).encode()])
    assert isinstance(found, UnusableChallenge) == bool(size)


def test_lists_are_bounded():
    """Of qop and domain the first words count, as many as any server sends."""
    (found,) = parse_challenges([b'Digest realm="r", nonce="n", qop="%b", domain="%b"' % (b"a " * 99, b"/ " * 99)])
    assert isinstance(found, Challenge)
    assert (len(found.qop), len(found.domain)) == (MAX_WORDS, MAX_WORDS)


def test_values_that_are_left_out():
    """A name with "=" and nothing behind it has an empty value, whatever its letter case."""
    assert only(b"Digest realm=, nonce=n, opaque=") == Challenge(realm=b"", nonce=b"n", opaque=b"")
    assert only(b"Digest Realm=, nonce=n, OPAQUE=, domain=") == Challenge(realm=b"", nonce=b"n", opaque=b"")


def test_no_realm_is_an_empty_one():
    """Devices that leave it out mean that."""
    assert only(b"Digest nonce=n") == Challenge(realm=b"", nonce=b"n")


def test_parameters_do_not_leak_between_challenges():
    """Each of two challenges in one line has its own parameters."""
    found = parse_challenges(
        [b'Digest realm="a", nonce="1", algorithm=SHA-256, opaque="x", Digest realm="b", nonce="2", qop="auth"']
    )
    assert found == [
        Challenge(realm=b"a", nonce=b"1", algorithm=b"SHA-256", opaque=b"x"),
        Challenge(realm=b"b", nonce=b"2", qop=(b"auth",)),
    ]


@pytest.mark.parametrize(
    ("octets", "qop"),
    [
        (b'qop="auth"', (b"auth",)),
        (b"qop=auth", (b"auth",)),
        (b'qop="AUTH"', (b"auth",)),
        (b'qop="auth "', (b"auth",)),
        (b'qop="auth-int, auth"', (b"auth-int", b"auth")),
        (b'qop="auth,,auth-int,"', (b"auth", b"auth-int")),
        (b'qop="auth\tauth-int"', (b"auth", b"auth-int")),
        (b'qop="auth-conf,auth"', (b"auth-conf", b"auth")),
    ],
)
def test_qop_lists(octets, qop):
    """The offered qualities in order, lower case, however they are separated."""
    found = only(b'Digest realm="a", nonce="n", ' + octets)
    assert isinstance(found, Challenge)
    assert found.qop == qop


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"Digest", "nonce"),
        (b"Digest ", "nonce"),
        (b'Digest realm="a"', "nonce"),
        (b'Digest realm="a", nonce=""', "nonce"),
        (b'Digest realm="a", nonce=', "nonce"),
        (b"Digest abc==", "nonce"),
        (b'Basic realm="b", Digest', "nonce"),
        (b'Basic realm="b", DIGEST , Negotiate', "nonce"),
        (b'Digest realm="a", nonce="n', "close"),
        (b'Digest realm="a", nonce="n\x00"', "close"),
        (b'Digest realm="a", nonce="n", nonce="m"', "twice"),
        (b'Digest realm="a", nonce="n", REALM="b"', "twice"),
        (b'Digest realm=a\\b", nonce="n"', "nonce"),
        (b'Digest realm="a", nonce="n", opaque="' + b"x" * module.MAX_CHALLENGE_OCTETS + b'"', "longer"),
    ],
)
def test_unusable_challenges(octets, reason):
    """A Digest challenge that cannot be answered is returned with the reason, not raised."""
    found = only(octets)
    assert isinstance(found, UnusableChallenge)
    assert reason in found.reason


def test_control_octets_make_a_challenge_unusable():
    """What could not be written back into a field is not answered (a bare value may not hold controls at all)."""
    assert isinstance(only(b'Digest realm="a", nonce="a\x7fb"'), UnusableChallenge)


def test_an_algorithm_that_is_no_token():
    """What would begin another parameter when it is echoed makes a challenge unusable."""
    found = only(b'Digest realm="a", nonce="n", algorithm="MD5, uri=/evil"')
    assert isinstance(found, UnusableChallenge)
    assert "algorithm" in found.reason


def test_long_lines_count_too():
    """A thousand field lines that are too long are not a thousand findings."""
    assert len(parse_challenges([b"x" * (module.MAX_CHALLENGE_OCTETS + 1)] * 1000)) <= module.MAX_CHALLENGES


def test_an_open_quote_ends_the_field_but_not_the_answer():
    """Nothing after an unclosed quote is believed, while other field lines are."""
    found = parse_challenges([b'Digest realm="a", nonce="n, Digest realm=b, nonce=m', b'Digest realm="a", nonce="n"'])
    assert isinstance(found[0], UnusableChallenge)
    assert found[1:] == [SIMPLE]


def test_number_of_challenges_is_limited():
    """An answer with a thousand challenges costs no more than one with 32."""
    assert len(parse_challenges([b'Digest realm="a", nonce="n"'] * 1000)) == module.MAX_CHALLENGES
    assert len(parse_challenges([b", ".join([b'Digest realm="a", nonce="n"'] * 500)])) == module.MAX_CHALLENGES


def test_what_is_read_at_most():
    """The longest field that is read, and how many fields are asked for."""
    head = b'Digest realm="a", nonce="n", x="'
    octets = head + b"x" * (module.MAX_CHALLENGE_OCTETS - len(head) - 1) + b'"'
    assert isinstance(only(octets), Challenge)
    assert isinstance(only(octets + b" "), UnusableChallenge)
    fields = iter([b"Basic"] * 100)
    parse_challenges(fields)
    assert len(list(fields)) == 100 - module.MAX_CHALLENGES


def test_a_long_line_does_not_hide_the_others():
    """Only the line that is too long is passed over."""
    lines = [b"Basic " + b"x" * module.MAX_CHALLENGE_OCTETS, SIMPLE.serialize()]
    assert parse_challenges(lines)[1:] == [SIMPLE]


@pytest.mark.parametrize("octet", [b"\r", b"\n", b"\x00", b"\x1b"])
@pytest.mark.parametrize("field", ["realm", "nonce", "opaque"])
def test_control_characters_are_refused_on_output(field, octet):
    """A36: a realm that would split the response is refused."""
    arguments = {"realm": b"a", "nonce": b"n", "opaque": b"o"} | {field: b"a" + octet + b"b"}
    with pytest.raises(MalformedField):
        Challenge(**arguments).serialize()


def test_an_empty_value_behind_the_scheme():
    """It is the value of a parameter: no scheme word is followed by credentials here, in whatever letter case."""
    for scheme in (b"Digest", b"digest", b"DIGEST"):
        found = only(scheme + b' opaque=, realm="a", nonce="n"')
        assert isinstance(found, Challenge)
        assert (found.opaque, found.nonce) == (b"", b"n")


def test_the_first_words_of_a_list_count():
    """Those beyond the limit are left out one by one, and do not run together."""
    names = " ".join(f"/{number}" for number in range(MAX_WORDS + 6))
    found = only(f'Digest realm="a", nonce="n", domain="{names}"'.encode())
    assert isinstance(found, Challenge)
    assert found.domain == tuple(b"/%d" % number for number in range(MAX_WORDS))


def test_what_is_said_of_long_values():
    """The limit, and of what."""
    found = only(b'Digest realm="a", nonce="n", opaque="%b"' % (b"x" * MAX_REPEATED_OCTETS))
    assert found == UnusableChallenge("realm, nonce and opaque have more than 4096 octets together")
