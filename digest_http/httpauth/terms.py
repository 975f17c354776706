"""The terms that a client has chosen of an offer, and what the realm has for them: the same in each of its requests.

Each request goes through this file, so it may be compiled.
"""

from __future__ import annotations

from typing import Final

from digest_http.algorithms import Algorithm
from digest_http.credentials import Credentials
from digest_http.secret_holder import SecretHolder

from .nonces import NonceSource
from .offer import AUTH_INT

__all__ = ["Terms"]


class Terms(SecretHolder):
    """The realm, algorithm, qop and userhash of an answer to a challenge.

    `credentials`: those of one answer; `algorithm`: what they name, which is on offer. `nonces`: the source of the
    nonces of that algorithm's challenges. `realm`: that of the challenges. `decoy`: what an unknown user is checked
    against.
    """

    __slots__ = (
        "algorithm",
        "algorithm_sent",
        "behind_proof",
        "covers_body",
        "decoy",
        "kind",
        "life",
        "nonces",
        "qop",
        "qop_name",
        "realm_sent",
        "right_realm",
        "userhash",
    )

    def __init__(
        self, credentials: Credentials, algorithm: Algorithm, nonces: NonceSource, realm: bytes, decoy: bytes
    ) -> None:
        self.realm_sent: Final = credentials.realm
        self.algorithm_sent: Final = credentials.algorithm
        """Both as they stand in the token."""
        self.qop: Final = credentials.qop
        """The qop, empty in the form of RFC 2069."""
        self.qop_name: Final = credentials.qop.decode()
        """The same as text."""
        self.behind_proof: Final = b'", qop=%b, nc=' % credentials.qop
        """What stands in Authentication-Info between rspauth and nc."""
        self.userhash: Final = credentials.userhash
        """Whether the user is named by the hash of the name."""
        self.algorithm: Final = algorithm
        self.nonces: Final = nonces
        self.kind: Final = nonces.kind
        self.life: Final = nonces.life
        self.decoy: Final = decoy
        self.right_realm: Final = credentials.realm == realm
        """Whether the realm is that of the challenges."""
        self.covers_body: Final = credentials.qop == AUTH_INT
        """Whether requests are signed with auth-int, so that the layout needs HEntity."""
