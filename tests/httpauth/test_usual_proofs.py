"""A proof in its usual form is compared octet for octet: what is decided so, the reader of fields decides as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from digest_http.authinfo import AuthenticationInfo
from digest_http.errors import DigestError
from digest_http.httpauth.proof import Proof, check_proof
from tests.httpauth.direct_calls import client_for

from .test_proof import right, signature_for

USUAL = b'qop=auth, rspauth="%b", cnonce="%b", nc=%b'
APACHE = b'rspauth="%b", cnonce="%b", nc=%b, qop=auth'


def field(form: bytes, signature: Any) -> bytes:
    """The field with the right values."""
    return form % (right(signature, b"auth"), signature.cnonce, signature.nc)


def read(signature: Any, info: bytes) -> str:
    """What the reader of fields makes of it: "right", or the name of the error."""
    try:
        signature.context.verify_proof(AuthenticationInfo.parse(info), signature, b"")
    except DigestError as error:
        return type(error).__name__
    return "right"


def changed(info: bytes) -> Iterator[bytes]:
    """The field with one octet changed, left out or put in, at each place."""
    for place in range(len(info) + 1):
        for octet in (b"", b"0", b"F", b'"', b" ", b",", b"\\"):
            yield info[:place] + octet + info[place:]
            yield info[:place] + octet + info[place + 1 :]


@pytest.mark.parametrize("form", [USUAL, APACHE])
def test_the_usual_forms_are_told_at_once(form: bytes) -> None:
    """Both forms, with the right values, are a proof that gives nothing else."""
    signature = signature_for("auth")
    info = field(form, signature)
    assert signature.context.is_proven(signature, info)
    assert check_proof("required", signature, info, bytes) == Proof(given=True)


@pytest.mark.parametrize("form", [USUAL, APACHE])
def test_what_is_told_at_once_is_right_by_the_reader_too(form: bytes) -> None:
    """No octet can be changed so that the comparison takes what the reader refuses. The reader has the last word."""
    signature = signature_for("auth")
    info = field(form, signature)
    assert read(signature, info) == "right"
    for other in {*changed(info)} - {info}:
        assert not signature.context.is_proven(signature, other)
        if read(signature, other) == "right":  # "rspauth=" in other letter case, one blank more
            assert check_proof("required", signature, other, bytes).given
        else:
            with pytest.raises(DigestError):
                check_proof("required", signature, other, bytes)


@pytest.mark.parametrize("form", [USUAL, APACHE])
def test_the_proof_of_another_request_is_none(form: bytes) -> None:
    """That of the request before, of another password, or of another session of the same server."""
    one, other = signature_for("auth"), signature_for("auth")
    assert not other.context.is_proven(other, field(form, one))
    assert not other.context.is_proven(other, form % (b"0" * 64, other.cnonce, other.nc))


@pytest.mark.parametrize("info", [b"", b"qop=auth", USUAL[:19], b'rspauth="', b'rspauth=""', b'", cnonce="", nc='])
def test_fragments(info: bytes) -> None:
    """What is too short to be a proof is none."""
    signature = signature_for("auth")
    assert not signature.context.is_proven(signature, info)


def test_a_field_where_begin_and_end_overlap() -> None:
    """It begins and ends as a proof does, and there is no room for a digest."""
    signature = signature_for("auth")
    end = b'", cnonce="%b", nc=%b' % (signature.cnonce, signature.nc)
    for info in (
        b'qop=auth, rspauth="' + end[1:],
        b'rspauth="' + end[1:] + b", qop=auth",
        b'qop=auth, rspauth="' + end,
    ):
        assert not signature.context.is_proven(signature, info)


def test_other_settings_are_left_to_the_reader() -> None:
    """A proof that may cover a body, one without a count, a count that is no eight digits, and checks that are off."""
    for qop in ("auth-int", ""):
        client = client_for(qop=["auth-int"]) if qop else client_for(allow_rfc2069=True)
        assert client.challenged(f'Digest realm="r", nonce="n", algorithm=MD5{f", qop={qop}" if qop else ""}', None)
        signed = client.authorization("GET", "/x")
        assert signed is not None
        signature = signed.signature
        info = field(USUAL, signature) if qop else b'rspauth="%b"' % right(signature, b"")
        assert not signature.context.is_proven(signature, info)
    decimal = client_for(decimal_nc=True)
    assert decimal.challenged('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256', None)
    signed = decimal.authorization("GET", "/x")
    assert signed is not None
    assert signed.signature.nc == b"1"
    assert not signed.signature.context.is_proven(signed.signature, field(USUAL, signed.signature))
    signature = signature_for("auth")
    assert check_proof("off", signature, field(USUAL, signature), bytes) == Proof(given=False)
