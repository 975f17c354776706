"""slixmpp (1.17): DIGEST-MD5 is ours, every other mechanism is still slixmpp's.

slixmpp's own DIGEST-MD5 accepts a login when the server says that it succeeded. This one accepts it only when the
server has proved that it knows the password. slixmpp chooses the best mechanism that the server offers, so it still
chooses SCRAM before this one.

XMPP does not use the layers: qop is auth, inside TLS. Without TLS slixmpp needs the setting `unencrypted_digest`.

DIGEST-MD5 is Historic (RFC 6331): use SCRAM-SHA-256 inside TLS if the server has it.
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
    """Clients of slixmpp that are made after this call use our DIGEST-MD5, if they choose this mechanism.

    A second call does nothing. A client that was made before the first call fails to log in with DIGEST-MD5.
    """
    sasl: Any = import_module("slixmpp.util.sasl.client")
    plugin: Any = import_module("slixmpp.features.feature_mechanisms").FeatureMechanisms
    theirs = sasl.MECHANISMS[_NAME]
    if not hasattr(theirs, "challenged"):
        sasl.MECHANISMS[_NAME] = _mechanism(sasl)
        plugin._handle_challenge = _telling(plugin._handle_challenge)  # noqa: SLF001  # the one place that tells them apart


def _telling(handle: Any) -> Any:  # noqa: ANN401  # slixmpp has few types
    """Tell the mechanism that a challenge comes. slixmpp passes the message of success in the same way."""

    def handle_challenge(self: Any, stanza: Any) -> None:  # noqa: ANN401  # as above
        self.mech.challenged = True
        handle(self, stanza)

    return handle_challenge


def _mechanism(sasl: Any) -> type[Any]:  # noqa: ANN401  # as above
    """A class of slixmpp's kind around DigestMD5Client."""

    def setup(self: Any, name: str) -> None:  # noqa: ANN401, ARG001  # as above; its name is known
        settings, given = self.security_settings, self.credentials
        if not (settings["encrypted"] or settings["unencrypted_digest"]):
            raise sasl.SASLCancelled("DIGEST-MD5 without TLS is off: use TLS, or set unencrypted_digest")
        realm = given["realm"].decode()

        def choose(offered: Sequence[str]) -> str:
            # The realm is the domain, unless the server offers other realms.
            return realm if realm in offered or not offered else offered[0]

        self.challenged, self.begun = False, False
        # slixmpp keeps the object, which does not need the password any more.
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
            # A name that cannot be sent: slixmpp tries the next mechanism. Raised here, so that its context does not
            # have the frames that have seen the password.
            raise sasl.SASLCancelled(refused)

    def process(self: Any, challenge: bytes = b"") -> bytes:  # noqa: ANN401  # as above
        last, self.challenged = self.begun and not self.challenged, False
        self.begun = True
        try:
            token: bytes = self.client.step(challenge)
        except DigestError as error:
            raise sasl.SASLMutualAuthFailed(str(error)) from error
        # The message of success, with or without a last token: without the proof the login has failed.
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
