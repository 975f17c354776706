"""The server's proof in an answer, and what else Authentication-Info brings (RFC 7616 §3.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, cast

from digest_http import calculation
from digest_http.algorithms import Hash
from digest_http.authinfo import AuthenticationInfo
from digest_http.errors import MalformedField, WrongPrincipal, caused
from digest_http.settings import choice

from .client import Signature

__all__ = ["Proof", "Verify", "check_proof", "check_verify", "covers_body", "demands_proof"]

Verify = Literal["off", "if-present", "required", "always"]

_VERIFY: Final = ("off", "if-present", "required", "always")


class Proof(NamedTuple):
    """What an answer that may pass has shown."""

    given: bool
    """Whether it had a right rspauth: it comes from one who knows the password."""
    nextnonce: bytes | None = None


#: Of a right proof, and nothing else in the field.
_GIVEN: Final = Proof(given=True)


def check_verify(verify: object) -> Verify:
    """The setting itself. Raises ConfigurationError for another word."""
    # `object`: compiled code would refuse what is no text before it is looked at here.
    return cast("Verify", choice("verify", verify, _VERIFY))


def demands_proof(verify: Verify) -> bool:
    """Whether no answer may pass that the server has not proved to be its own."""
    return verify in {"required", "always"}


def covers_body(verify: Verify, signature: Signature, info: bytes | None) -> bool:
    """Whether checking an answer takes its body: only for a proof under auth-int. `info` is Authentication-Info."""
    if verify == "off" or info is None:
        return False
    # Read as `check_proof` reads it, and not only looked through: a server may write qop in more ways than one.
    try:
        values = AuthenticationInfo.parse(info)
    except MalformedField:
        return False
    return values.rspauth is not None and signature.qop_of(values) == b"auth-int"


def check_proof(
    verify: Verify,
    signature: Signature,
    info: bytes | None,
    body: Callable[[], bytes | Hash],
    what: str = "the answer",
) -> Proof:
    """Check the answer to a request with `signature` as the policy says. Changes nothing. Raises WrongPrincipal.

    `info` is the value of Authentication-Info, None if there was none. `body()` gives the octets of the answer's body
    as they were sent, or a hash object of the algorithm that they have passed; it is called if the proof covers them.
    `what` names a missing field and its answer in the error.
    """
    if info is None:
        if demands_proof(verify):
            raise WrongPrincipal(f"the server sent no {what}, so it has not proved that it knows the password")
        return Proof(given=False)
    if verify != "off" and signature.context.is_proven(signature, info):
        return _GIVEN
    try:
        values = AuthenticationInfo.parse(info)
    except MalformedField as error:
        # "if-present" must not become "if it can be read": a proof that was garbled on purpose is no proof.
        if demands_proof(verify) or (verify == "if-present" and b"rspauth" in info.lower()):
            raise caused(WrongPrincipal(f"the server's proof cannot be read: {error}"), None) from None
        return Proof(given=False)
    if not demands_proof(verify) and (verify == "off" or values.rspauth is None):
        return Proof(given=False, nextnonce=values.nextnonce)
    hentity = b""
    if values.rspauth is not None and signature.qop_of(values) == b"auth-int":
        # RFC 7616 §3.4.3: the hash is over the octets before they are decoded.
        entity = body()
        if isinstance(entity, (bytes, bytearray, memoryview)):
            hentity = calculation.entity_hash(signature.context.algorithm, entity)
        else:
            hentity = calculation.hex_octets(entity.digest())
    signature.context.verify_proof(values, signature, hentity)
    return Proof(given=True, nextnonce=values.nextnonce)
