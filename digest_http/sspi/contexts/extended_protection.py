"""Extended protection: the response hash also covers the service name and the channel binding.

The mechanism is Microsoft's ("Integrated Windows Authentication with Extended Protection", from the expired
draft-santesson-digestbind-01). The server's nonce begins with +Upgraded+v1 to say that the server can check the two
values. Then the client's cnonce is +Upgraded+v1, MD5(service-name ":" channel-binding) in hex, and 32 random hex
digits. So the response covers both values. Three directives carry them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from secrets import compare_digest
from typing import Final

from digest_http.algorithms import by_name
from digest_http.encoding import octets_to_text, quote_string
from digest_http.params import parse_parameters
from digest_http.sspi.values.bindings import NO_BINDING, SecChannelBindings
from digest_http.sspi.values.status import NtStatus, failure

__all__ = ["UPGRADED", "BindingPolicy", "Claim", "Requirement", "target_name"]

UPGRADED: Final = b"+Upgraded+v1"
"""What stands before each nonce and cnonce that can bind. A nonce without it is not recognised."""

_HASHED_DIRS: Final = b"service-name,channel-binding"
_HASHED, _SERVICE, _CHANNEL = _DIRECTIVES = (b"hashed-dirs", b"service-name", b"channel-binding")
_HEX_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Claim:
    """The service and channel to which a client says it is connected: the octets of the two directives."""

    service_name: bytes
    channel_binding: bytes = NO_BINDING

    def _digest(self) -> bytes:
        return by_name("MD5").hexdigest(self.service_name + b":" + self.channel_binding)

    def cnonce(self, random: bytes) -> bytes:
        """The cnonce that binds this claim; `random` is 16 octets."""
        return UPGRADED + self._digest() + random.hex().encode()

    def directives(self) -> dict[bytes, bytes]:
        """The three directives, unquoted."""
        return dict(zip(_DIRECTIVES, (_HASHED_DIRS, self.service_name, self.channel_binding), strict=True))

    def serialize(self) -> bytes:
        """The three directives, as they follow the others."""
        return b"".join(b", " + name + b"=" + quote_string(value) for name, value in self.directives().items())

    @classmethod
    def read(cls, fields: dict[bytes, bytes], cnonce: bytes) -> Claim | None:
        """The claim in a response; None if it makes none. Raises SEC_E_BAD_BINDINGS if the cnonce does not cover it."""
        if not cnonce.startswith(UPGRADED):
            # Anyone could have added directives that the cnonce does not cover.
            if any(name in fields for name in _DIRECTIVES):
                raise failure(NtStatus.SEC_E_BAD_BINDINGS)
            return None
        if fields.get(b"hashed-dirs", b"").replace(b" ", b"") != _HASHED_DIRS:
            raise failure(NtStatus.SEC_E_BAD_BINDINGS)
        claim = cls(fields.get(b"service-name", b""), fields.get(b"channel-binding", b"").lower())
        bound = cnonce[len(UPGRADED) : len(UPGRADED) + _HEX_DIGITS]
        if not compare_digest(bound.lower(), claim._digest()):
            raise failure(NtStatus.SEC_E_BAD_BINDINGS)
        return claim

    @classmethod
    def of_token(cls, token: bytes, cnonce: bytes) -> Claim | None:
        """As read, for the octets of a response. They are parsed only if they may contain a claim."""
        if not cnonce.startswith(UPGRADED):
            lowered = token.lower()
            if _HASHED not in lowered and _SERVICE not in lowered and _CHANNEL not in lowered:
                return None
        return cls.read(parse_parameters(token), cnonce)

    @property
    def target(self) -> str:
        """The service name as text."""
        return octets_to_text(self.service_name)


class BindingPolicy(Enum):
    """What a server requires of the client's channel binding."""

    NEVER = "never"
    ALLOW = "allow"
    REQUIRE = "require"
    TRUSTED_PROXY = "trusted proxy"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A server's policy, and the hash of its own channel's bindings."""

    policy: BindingPolicy = BindingPolicy.NEVER
    expected: bytes = NO_BINDING

    @classmethod
    def of(cls, blob: bytes | None, *, allow_missing: bool, proxy: bool) -> Requirement:
        """From accept_security_context's buffer and flags. Raises SEC_E_SECURITY_QOS_FAILED if both flags are set."""
        if allow_missing and proxy:
            raise failure(NtStatus.SEC_E_SECURITY_QOS_FAILED)
        if proxy:
            return cls(BindingPolicy.TRUSTED_PROXY)
        if blob is None:
            return cls()
        expected = SecChannelBindings.parse(blob).digest()
        return cls(BindingPolicy.ALLOW if allow_missing else BindingPolicy.REQUIRE, expected)

    def check(self, claim: Claim | None) -> None:
        """Raise SEC_E_BAD_BINDINGS unless the policy is satisfied."""
        if self.policy is BindingPolicy.NEVER or (self.policy is BindingPolicy.ALLOW and claim is None):
            return
        # This side has TLS. A client that says it saw none is refused: someone in between has ended the TLS connection.
        if claim is None or claim.channel_binding == NO_BINDING:
            raise failure(NtStatus.SEC_E_BAD_BINDINGS)
        if self.policy is BindingPolicy.TRUSTED_PROXY:
            return
        if not compare_digest(claim.channel_binding, self.expected):
            raise failure(NtStatus.SEC_E_BAD_BINDINGS)


def target_name(octets: bytes) -> bytes:
    """A service principal name from a TARGET_HOST buffer, in UTF-8: callers pass it in UTF-8 or in UTF-16LE."""
    if len(octets) % 2 == 0 and octets and not any(octets[1::2]):
        octets = octets.decode("utf-16-le").encode()
    return octets.rstrip(b"\x00")
