"""The client's context over the HTTP layout: vectors, counts, proofs, nextnonce."""

import dataclasses
import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage, SecBufferType
from digest_http.challenge import Challenge
from digest_http.credentials import Credentials
from digest_http.errors import MalformedField, WrongPrincipal
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.cnonce_source import CnonceSource
from tests.httpauth.vector_contexts import context_for, message_for
from tests.vectors import vectors

RESPONSES = [(given, row) for given, row in vectors.http_rows("results") if row["value"] == "response"]
PROOFS = [(given, row) for given, row in vectors.http_rows("results") if row["value"] == "rspauth"]
REFUSED = [(given, row) for given, row in vectors.http_rows("refused") if row["value"] in ("response", "userhash")]


@pytest.mark.obeys("examples")
@pytest.mark.parametrize(("given", "row"), RESPONSES, ids=[vectors.title(row) for _, row in RESPONSES])
def test_published_responses(given, row):
    """make_signature gives the published and computed responses, as the standards' errata correct them."""
    message = message_for(given)
    context_for(given).make_signature(message)
    sent = Credentials.parse(message.padding)
    assert sent.response == row["hex"].encode()
    assert sent.qop == given["qop"].encode()
    if given["qop"]:
        assert (sent.nc, sent.cnonce) == (given["nc"].encode(), given["cnonce"].encode())


@pytest.mark.obeys("examples")
@pytest.mark.parametrize(("given", "row"), REFUSED, ids=[vectors.title(row) for _, row in REFUSED])
def test_values_that_errata_refuse(given, row):
    """What the documents print wrongly, and the raw inner hash of a session, are not what is sent."""
    message = message_for(given)
    context_for(given, userhash=row["value"] == "userhash", utf8=True).make_signature(message)
    sent = Credentials.parse(message.padding)
    assert row["hex"].encode() not in (sent.response, sent.username)


@pytest.mark.obeys("userhash-formula")
def test_userhash_and_extended_name_of_rfc_7616():
    """RFC 7616 §3.9.2 with erratum 4897: the hashed name, and the clear one in its extended form."""
    document = vectors.load("rfc7616_userhash")
    expected = {row["value"]: row["hex"].encode() for row in document["results"]}
    given = document["inputs"] | {"algorithm": "SHA-512-256", "qop": "auth"}
    for userhash in (True, False):
        message = message_for(given)
        context_for(given, userhash=userhash, utf8=True).make_signature(message)
        sent = Credentials.parse(message.padding)
        assert sent.response == expected["response"]
        assert sent.userhash is userhash
        if userhash:
            assert sent.username == expected["userhash"]
        else:
            assert document["ext_value"].encode() in message.padding
            assert sent.username_ext == given["username"]


@pytest.mark.obeys("info-formula")
@pytest.mark.parametrize(("given", "row"), PROOFS, ids=[vectors.title(row) for _, row in PROOFS])
def test_published_proofs(given, row):
    """verify_signature takes the computed rspauth and refuses it with one digit changed."""
    context = context_for(given)
    signature = context.make_signature(message_for(given))
    hentity = message_for(given).hentity
    good = row["hex"]
    context.verify_signature(HTTPMessage(f'rspauth="{good}"'.encode(), b"", signature.url, hentity), signature)
    bad = ("0" if good[0] != "0" else "1") + good[1:]
    with pytest.raises(WrongPrincipal):
        context.verify_signature(HTTPMessage(f'rspauth="{bad}"'.encode(), b"", signature.url, hentity), signature)


GIVEN = vectors.load("rfc7616")["inputs"] | {"algorithm": "SHA-256", "qop": "auth"}


def test_packed_buffers_give_the_same():
    """The five buffers of the layout, unpacked, are signed like the message itself; PADDING takes the parameters."""
    message = message_for(GIVEN)
    packed = message.to_buffers()
    unpacked = HTTPMessage.from_buffers(packed)
    context_for(GIVEN).make_signature(message)
    context_for(GIVEN).make_signature(unpacked)
    assert message.padding == unpacked.padding
    assert packed[4].buffer_type == SecBufferType.SECBUFFER_PADDING
    assert unpacked.to_buffers()[4].data == message.padding


def test_every_hash_goes_through_the_calculation(monkeypatch):
    """One patch of the calculation is seen by signing and by checking."""
    monkeypatch.setattr(calculation, "keyed_response", lambda *_: b"patched")
    context = context_for(GIVEN)
    message = message_for(GIVEN)
    signature = context.make_signature(message)
    assert b'response="patched"' in message.padding
    context.verify_signature(HTTPMessage(b'rspauth="patched"', b"", signature.url), signature)


class TakenMeanwhile(list[bytes]):
    """What is ready, of which another thread takes the last one between a look and the taking."""

    def pop(self, *_: Any) -> bytes:
        """Nothing is left."""
        self.clear()
        return super().pop()


@pytest.mark.parametrize("given", [False, True])
def test_each_signature_has_a_cnonce_of_its_own(given):
    """Of what was drawn ahead none is used twice, and those of a function are asked for each time."""
    asked = iter(b"%032d" % number for number in range(300))
    context = context_for(GIVEN)
    nonce = context.pool.current
    context = ClientContext(
        context.identity, context.realm, context.algorithm, cnonces=asked.__next__ if given else None
    )
    signed = [context.sign(nonce, b"GET", b"/x") for _ in range(200)]
    drawn = [each[1].cnonce for each in signed if each is not None]
    assert len(drawn) == 200
    assert len(set(drawn)) == len(drawn)
    assert {len(cnonce) for cnonce in drawn} == {32}
    assert next(asked) == b"%032d" % (200 if given else 0)


def test_the_last_cnonce_may_be_taken_by_another_thread(monkeypatch):
    """Then the source is asked, which draws more."""
    source = CnonceSource()
    source.draw()
    monkeypatch.setattr(source, "ready", TakenMeanwhile(source.ready))
    context = context_for(GIVEN)
    made = ClientContext(context.identity, context.realm, context.algorithm, cnonces=source.draw)
    with pytest.raises(IndexError):
        source.ready.pop()
    source.ready.append(b"last")
    signed = made.sign(context.pool.current, b"GET", b"/x")
    assert signed is not None
    assert len(signed[1].cnonce) == 32


@pytest.mark.obeys("nc-counts-requests")
def test_counts_rise_and_end():
    """nc rises by one with each signature and never wraps: after ffffffff there is nothing to sign with."""
    context = context_for(GIVEN)
    assert [context.make_signature(message_for(GIVEN)).nc for _ in range(3)] == [b"00000001", b"00000002", b"00000003"]
    nonce = context.pool.current
    nonce.counter.last = 0xFFFFFFFD
    assert context.make_signature(message_for(GIVEN)).nc == b"fffffffe"
    assert context.make_signature(message_for(GIVEN)).nc == b"ffffffff"
    assert context.make_signature(message_for(GIVEN)) is None
    assert context.make_signature(message_for(GIVEN), nonce) is None
    assert context.learn(nonce.choice) is None
    context.pool.accept(nonce)
    assert context.pool.current is None


def test_counts_under_threads():
    """Threads that sign with one nonce get all counts, and each once."""
    context = context_for(GIVEN)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # a switch at every chance, so that a count without its lock would show
    try:
        with ThreadPoolExecutor(16) as pool:
            signatures = list(pool.map(lambda _: context.make_signature(message_for(GIVEN)), range(3000)))
    finally:
        sys.setswitchinterval(before)
    assert sorted(int(signature.nc, 16) for signature in signatures) == list(range(1, 3001))


def test_nothing_learnt_nothing_signed():
    """Without a nonce there is no signature, and the message stays as it was."""
    context = ClientContext(Identity("a", "b"), b"r", by_name("MD5"))
    message = message_for(GIVEN)
    assert context.make_signature(message) is None
    assert message.padding == b""


def test_qop_must_have_been_offered():
    """HEntity without an offer of auth-int, or the other way round, is the caller's mistake, and uses up no count."""
    for offered, hentity in ((b"auth", b"00"), (b"auth-int", b""), (b"", b"00")):
        context = context_for(GIVEN | {"qop": offered.decode()})
        with pytest.raises(MalformedField) as caught:
            context.make_signature(HTTPMessage(b"", b"GET", b"/", hentity))
        assert caught.value.reason == "qop"
        assert context.pool.current.count == 0


@pytest.mark.parametrize("url", [b"/a\r\nb", b"/\x00", b"/\x7f"])
def test_control_characters_in_the_target(url):
    """They would end the header field, so they are refused."""
    with pytest.raises(MalformedField):
        context_for(GIVEN).make_signature(HTTPMessage(b"", b"GET", url))


def test_quotes_in_the_target_are_escaped():
    """Targets that other libraries let through reach the server as they are."""
    message = HTTPMessage(b"", b"GET", b'/"a\\b" \xff')
    context_for(GIVEN).make_signature(message)
    assert Credentials.parse(message.padding).uri == b'/"a\\b" \xff'


def repeated(nonce, **changes):
    """The challenge of a nonce again, with other parameters."""
    choice = nonce.choice
    challenge = dataclasses.replace(choice.challenge, **changes)
    return Choice(challenge, choice.algorithm, challenge.qop[0] if challenge.qop else b"")


REPEATS: dict[str, dict[str, Any]] = {
    "qop": {"qop": (b"auth-int",)},
    "no qop": {"qop": ()}, "userhash": {"userhash": True}, "charset": {"utf8": True}, "domain": {"domain": (b"/x",)},
    "spelling": {"algorithm": b"sha-256"},
}  # fmt: skip


@pytest.mark.parametrize("changes", REPEATS.values(), ids=REPEATS)
def test_repeated_challenge_changes_nothing_before_it_was_accepted(changes):
    """A 401 with the nonce in use does not restart the count, and reaches other requests only once it was accepted."""
    context = context_for(GIVEN)
    context.make_signature(message_for(GIVEN))
    nonce = context.pool.current
    before = (nonce.choice, nonce.ha1, nonce.cnonce, nonce.auth, nonce.auth_int, nonce.needs_entity)
    again = context.learn(repeated(nonce, **changes))
    assert again is not nonce
    assert context.pool.current is nonce
    assert (nonce.choice, nonce.ha1, nonce.cnonce, nonce.auth, nonce.auth_int, nonce.needs_entity) == before
    body = calculation.entity_hash(context.algorithm, b"") if again.needs_entity else b""
    message = HTTPMessage(b"", b"GET", b"/", body)
    signature = context.make_signature(message, again)
    sent = Credentials.parse(message.padding)
    assert sent.opaque == again.choice.challenge.opaque
    assert (signature.qop, signature.nc) == (again.choice.qop, b"00000002" if again.choice.qop else b"")
    # Both go on with one count.
    other = message_for(GIVEN)
    assert context.make_signature(other, nonce).nc == (b"00000003" if again.choice.qop else b"00000002")
    assert Credentials.parse(other.padding).opaque == GIVEN["opaque"].encode()
    context.accept(again)
    assert context.pool.current is again
    assert context.learn(repeated(nonce, **changes)) is again


@pytest.mark.parametrize("opaque", [b"new opaque", None, b""])
def test_another_opaque_begins_a_count_of_its_own(opaque):
    """Servers that give many clients one nonce tell them apart by opaque; what is in use counts on undisturbed."""
    context = context_for(GIVEN)
    nonce = context.pool.current
    assert context.make_signature(message_for(GIVEN)).nc == b"00000001"
    again = context.learn(repeated(nonce, opaque=opaque))
    message = message_for(GIVEN)
    assert [context.make_signature(message, each).nc for each in (again, again, nonce)] == [
        b"00000001", b"00000002", b"00000002",
    ]  # fmt: skip
    assert context.pool.current is nonce
    assert context.learn(repeated(nonce, opaque=opaque)) is again
    # A server that counts by the nonce alone refuses that, and names one opaque more: now its count goes on.
    third = context.learn(repeated(nonce, opaque=b"third"), again)
    assert context.make_signature(message, third).nc == b"00000003"


def test_stale_is_no_part_of_the_nonce_that_comes_with_it():
    """A repeated challenge that differs in stale alone is the same challenge."""
    context = context_for(GIVEN)
    nonce = context.pool.current
    assert context.learn(repeated(nonce, stale=True)) is nonce


@pytest.mark.parametrize("what", sorted(REPEATS.keys() - {"no qop", "spelling"}))
def test_session_goes_on_in_a_repeated_challenge(what):
    """A -sess nonce that is offered again keeps its cnonce, and its key is made with that cnonce."""
    drawn = iter([b"first", b"second", b"third"])
    algorithm = by_name("SHA-256-sess")
    identity = Identity("J\u00e4s\u00f8n", "p\u00e4ss", charset="latin-1")
    context = ClientContext(identity, b"r", algorithm, cnonces=lambda: next(drawn))
    challenge = Challenge(b"r", b"n", algorithm.token, (b"auth", b"auth-int"), b"opaque")
    first = context.learn(Choice(challenge, algorithm, b"auth"))
    assert first is not None
    again = context.learn(repeated(first, **REPEATS[what]))
    assert again is not None
    assert again is not first
    assert first.cnonce == again.cnonce == b"first"
    for nonce in (first, again):
        charset = "utf-8" if nonce.choice.challenge.utf8 else "latin-1"
        inner = hashlib.sha256(b":".join(part.encode(charset) for part in ("J\u00e4s\u00f8n", "r", "p\u00e4ss")))
        assert nonce.ha1.decode() == hashlib.sha256(inner.hexdigest().encode() + b":n:first").hexdigest()
        message = HTTPMessage(b"", b"GET", b"/", b"00" * 32 if nonce.needs_entity else b"")
        signature = context.make_signature(message, nonce)
        assert signature is not None
        assert signature.cnonce == b"first"
        assert Credentials.parse(message.padding).cnonce == b"first"


def test_session_key_stays_with_its_nonce():
    """A -sess context does not follow nextnonce, since standards and servers disagree on what its key would be."""
    given = GIVEN | {"algorithm": "SHA-256-sess"}
    context = context_for(given)
    first = context.make_signature(message_for(given))
    context.learn_next(first, b"other")
    second = context.make_signature(message_for(given))
    assert second.cnonce == first.cnonce
    assert second.nonce is first.nonce


@pytest.mark.obeys("nextnonce-is-used")
def test_nextnonce():
    """The next signature is under the new nonce, counting from one; the old nonce counts on for what is under way."""
    context = context_for(GIVEN)
    context.make_signature(message_for(GIVEN))
    first = context.make_signature(message_for(GIVEN))
    old = context.pool.current
    context.learn_next(first, b"next")
    message = message_for(GIVEN)
    assert context.make_signature(message).nc == b"00000001"
    assert Credentials.parse(message.padding).nonce == b"next"
    assert context.make_signature(message, old).nc == b"00000003"


def test_quotes_stay_with_nextnonce():
    """A server that wants qop and algorithm quoted wants them so under its next nonce too."""
    algorithm = by_name("SHA-256")
    context = ClientContext(Identity("a", "b"), b"r", algorithm, quote_all=True)
    first = context.learn(Choice(Challenge(b"r", b"n", algorithm.token, (b"auth",)), algorithm, b"auth"))
    assert first is not None
    first.counter.last = 1
    for nonce in (first, None):
        message = HTTPMessage(b"", b"GET", b"/")
        signature = context.make_signature(message, nonce)
        assert signature is not None
        assert b'qop="auth"' in message.padding
        assert b'algorithm="SHA-256"' in message.padding
        context.learn_next(signature, b"next")


@pytest.mark.parametrize(("used", "apart"), [(0, True), (1, False), (10, False), (15, False), (16, False)])
def test_nextnonce_after_the_first_use(used, apart):
    """A server that brings one then takes each nonce once; after later uses, in hex digits or not, it need not."""
    context = context_for(GIVEN)
    context.pool.current.counter.last = used
    context.learn_next(context.make_signature(message_for(GIVEN)), b"next")
    assert context.pool.exclusive is apart
    assert (context.pool.current is None) is apart
    assert context.pool.reserve().octets == b"next"


@pytest.mark.parametrize("octets", [None, b"", b"a\r\nb", b"a\0b"])
def test_nextnonce_that_is_none(octets):
    """An absent, empty or unsendable nextnonce leaves the nonce in use."""
    context = context_for(GIVEN)
    context.make_signature(message_for(GIVEN))
    signature = context.make_signature(message_for(GIVEN))
    context.learn_next(signature, octets)
    assert context.make_signature(message_for(GIVEN)).nc == b"00000003"


def test_repr_shows_who_and_where():
    """Contexts and signatures say what they are for, not what they know."""
    context = context_for(GIVEN)
    signature = context.make_signature(message_for(GIVEN))
    assert repr(context) == "<ClientContext of 'Mufasa' at b'http-auth@example.org', SHA-256>"
    assert repr(signature) == "<Signature nc=00000001 for b'/dir/index.html'>"


def test_refusal_is_believed_for_a_minute():
    """A refusal makes the password doubtful for a minute at most; an accepted answer ends that at once."""
    now = [0.0]
    context = ClientContext(Identity("a", "b"), b"r", by_name("MD5"), clock=lambda: now[0])
    nonce = context.learn(Choice(Challenge(b"r", b"n", b"MD5", (b"auth",)), by_name("MD5"), b"auth"))
    assert nonce is not None
    states = [(context.refused, context.trusted)]
    context.accept(nonce)
    states.append((context.refused, context.trusted))
    context.refuse(tried=True)
    for now[0] in (59.0, 60.0):
        states.append((context.refused, context.trusted))
    context.refuse(tried=True)
    context.accept(nonce)
    states.append((context.refused, context.trusted))
    assert states == [(False, False), (False, True), (True, False), (False, True), (False, True)]
