"""Sources of accounts that answer late, wrongly, or do not know hashed names."""

from __future__ import annotations

import hashlib
import re

import pytest

from digest_http.sspi import NtStatus
from tests.sspi.refusals import refused
from tests.sspi.wiring import HTTPPair, server_handle


def test_a_source_that_cannot_answer_at_once():
    """An async source or store has no place here: SEC_E_NO_AUTHENTICATING_AUTHORITY."""

    class Later:
        def ha1(self, *_):
            return iter(())

        epoch = b"00000000"

        def advance(self, *_, **__):
            return iter(())

    for settings in ({"users": Later()}, {"store": Later()}):
        pair = HTTPPair(server_handle=server_handle(**settings))
        token = pair.respond(pair.challenge())
        with refused(NtStatus.SEC_E_NO_AUTHENTICATING_AUTHORITY):
            pair.accept(token)


@pytest.mark.parametrize("hashed", [b"", b"0" * 31, b"-" * 32, None], ids=["empty", "short", "no digits", "none"])
def test_a_hash_that_is_none_is_no_user(hashed):
    """What a source gives for H(A1) may be broken; one who guesses the broken value gets in no more than others."""

    class Directory:
        def ha1(self, *_):
            return hashed

    pair = HTTPPair(server_handle=server_handle(Directory(), algorithms=["MD5"]))
    nonce = re.findall(rb'nonce="([^"]*)"', pair.challenge())[0]
    ha2 = hashlib.md5(b"GET:/x").hexdigest().encode()
    digest = hashlib.md5(b":".join([hashed or b"", nonce, b"00000001", b"c", b"auth", ha2])).hexdigest().encode()
    token = (
        b'username="alice", realm="field", nonce="%b", uri="/x", response="%b", algorithm=MD5, qop=auth, nc=00000001, '
        b'cnonce="c"'
    ) % (nonce, digest)
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        pair.accept(token)


def test_a_hash_as_text_is_one_as_well():
    """A source may give H(A1) as text, as to the middleware; that a name exists shows in nothing else."""

    class Directory:
        def ha1(self, username, *_):
            return hashlib.md5(b"alice:field:correct horse").hexdigest() if username == "alice" else None

    pair = HTTPPair(server_handle=server_handle(Directory(), algorithms=["MD5"]))
    pair.accept(pair.respond(pair.challenge()))
    assert pair.server is not None


def test_userhash_without_a_source_that_knows_hashes():
    """The name behind a hash is unknown: denied like any stranger."""

    class Directory:
        def ha1(self, *_):
            return b"0" * 64

    pair = HTTPPair(server_handle=server_handle(Directory(), algorithms=["SHA-256"], userhash=True))
    token = pair.respond(pair.challenge())
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        pair.accept(token)
