"""slixmpp (1.17): DIGEST-MD5 is ours, every other mechanism stays slixmpp's.

slixmpp's own counts a login as made when the server says so. Here it is made when the server has proved that it knows
the password. slixmpp chooses among what the server offers, the best first, so SCRAM goes on to be taken before this.

XMPP has no use for the layers: qop is auth, inside TLS. Without TLS slixmpp wants `unencrypted_digest` to be said.

DIGEST-MD5 is Historic (RFC 6331): SCRAM-SHA-256 inside TLS where the server has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from digest_http.errors import ConfigurationError, DigestError
from digest_http.sasl.client import DigestMD5Client

__all__ = ["use_digest"]

_NAME = "DIGEST-MD5"


def use_digest() -> None:
    """From now on clients of slixmpp that are made log in with ours, where DIGEST-MD5 is what they choose.

    Calling this twice does nothing more. A client that was made before fails to log in with DIGEST-MD5.
    """
    sasl: Any = import_module("slixmpp.util.sasl.client")
    plugin: Any = import_module("slixmpp.features.feature_mechanisms").FeatureMechanisms
    theirs = sasl.MECHANISMS[_NAME]
    if not hasattr(theirs, "challenged"):
        sasl.MECHANISMS[_NAME] = _mechanism(sasl)
        plugin._handle_challenge = _telling(plugin._handle_challenge)  # noqa: SLF001  # the one place that tells them apart


def _telling(handle: Any) -> Any:  # noqa: ANN401  # slixmpp has few types
    """Tell the mechanism that what comes is a challenge. slixmpp hands over the word of success the same way."""

    def handle_challenge(self: Any, stanza: Any) -> None:  # noqa: ANN401  # as above
        self.mech.challenged = True
        handle(self, stanza)

    return handle_challenge


def _mechanism(sasl: Any) -> type[Any]:  # noqa: ANN401  # as above
    """A class of slixmpp's kind around DigestMD5Client."""

    def setup(self: Any, name: str) -> None:  # noqa: ANN401, ARG001  # as above; its name is known
        settings, given = self.security_settings, self.credentials
        if not (settings["encrypted"] or settings["unencrypted_digest"]):
            raise sasl.SASLCancelled("DIGEST-MD5 without TLS: set unencrypted_digest if that is what you want")
        realm = given["realm"].decode()

        def choose(offered: Sequence[str]) -> str:
            # The realm is the domain, unless the server has others.
            return realm if realm in offered or not offered else offered[0]

        self.challenged, self.begun = False, False
        # slixmpp keeps the object. It needs the password no more.
        self.credentials = {}
        refused = ""
        try:
            self.client = DigestMD5Client(
                given["username"].decode(),
                given.pop("password").decode(),
                service=given["service"].decode(),
                host=given["host"].decode(),
                realm=choose,
                authzid=given["authzid"].decode() or None,
            )
        except ConfigurationError as error:
            refused = str(error)
        if refused:
            # A name that no field can hold: slixmpp goes on to the next mechanism. Raised here, so that the frames that
            # have seen the password are not its context.
            raise sasl.SASLCancelled(refused)

    def process(self: Any, challenge: bytes = b"") -> bytes:  # noqa: ANN401  # as above
        last, self.challenged = self.begun and not self.challenged, False
        self.begun = True
        try:
            token: bytes = self.client.step(challenge)
        except DigestError as error:
            raise sasl.SASLMutualAuthFailed(str(error)) from error
        # The word of success, with or without a last token: nothing may be open before the proof.
        if last and not self.client.complete:
            self.client.close()
            raise sasl.SASLMutualAuthFailed("the server has not proved that it knows the password")
        return token

    members = {
        "__doc__": "DIGEST-MD5 of digest_http.",
        "name": _NAME,
        "score": sasl.MECHANISMS[_NAME].score,
        "required_credentials": {"username", "password", "realm", "service", "host"},
        "optional_credentials": {"authzid"},
        "security": {"encrypted", "unencrypted_digest"},
        "challenged": False,
        "setup": setup,
        "process": process,
    }
    return type("DigestMD5", (sasl.Mech,), members)
