"""Where a forged answer may be tried: each real server side of the project, and one without any rule."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any

from digest_http import sspi
from digest_http.algorithms import select
from digest_http.buffers import HTTPMessage
from digest_http.errors import DigestError
from digest_http.httpauth.acceptor import QOPS, Acceptor
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.verdict import Verdict
from digest_http.sspi import AscReq, NtStatus, WindowsError
from digest_http.stores import MemoryStore
from tests.attacks.conversions import FORGED_BODY, Statement, digest
from tests.attacks.driver import Clock, Server
from tests.attacks.signing import ha1, parameters
from tests.sspi.wiring import TOKEN, accept_input, buffers, http_message, server_handle

USER, PASSWORD, REALM = "alice", "s3cret", "wonder"
KEYS = [b"k" * 32]
#: Server and proxy count in the same place: what one refuses is not only forgotten there.
STORE = MemoryStore()
BODIES = (b"", FORGED_BODY, b"honest")
ANSWER = b"answer"


def secret(algorithm: str) -> bytes:
    """The user's H(A1), in hex."""
    return ha1(algorithm, USER, REALM, PASSWORD).encode()


class Door(ABC):
    """A server that offers one hash with and without sessions, every qop, and RFC 2069 where that exists."""

    def __init__(self, base: str, role: str = "server") -> None:
        self.algorithms = (base, base + "-sess")
        self.role = role

    @abstractmethod
    def nonces(self) -> dict[str, bytes]:
        """The nonces of a fresh 401, by algorithm."""

    @abstractmethod
    def proof(self, statement: Statement) -> bytes | None:
        """Send a request: the rspauth of the answer, over ANSWER with auth-int; None if it was refused."""

    def takes(self, statement: Statement) -> bool:
        """Whether a request is let in."""
        return self.proof(statement) is not None

    @staticmethod
    def token(statement: Statement) -> bytes:
        """The Authorization value without its scheme word."""
        return statement.token(USER, REALM)


class AcceptorDoor(Door):
    """The core alone: no counts, so a right digest on a good nonce is always taken."""

    def __init__(self, base: str, role: str = "server") -> None:
        super().__init__(base, role)
        source = NonceSource(REALM.encode(), KEYS, b"00000001", clock=Clock())
        self._acceptor = Acceptor(
            REALM, select(self.algorithms), source, qop=QOPS, allow_rfc2069=True, proxy=role == "proxy"
        )  # fmt: skip

    def nonces(self) -> dict[str, bytes]:
        """See Door."""
        return _nonces([parameters(value) for value in self._acceptor.challenges()])

    def proof(self, statement: Statement) -> bytes | None:
        """See Door."""
        token = self.token(statement)
        try:
            context = self._acceptor.open(token)
            message = HTTPMessage(token, statement.method, statement.uri, statement.hentity)
            verdict = context.verify_signature(message, secret(statement.algorithm), context.nonces.now())
            if verdict is not Verdict.ACCEPTED:
                return None
            answer = HTTPMessage(token, b"", b"", digest(statement.algorithm, ANSWER) if context.covers_body else b"")
            context.make_signature(answer)
        except DigestError:
            return None
        return parameters(answer.padding)["rspauth"].encode()


class MiddlewareDoor(Door):
    """The ASGI middleware, which counts; server and proxy share realm, users and keys."""

    def __init__(self, base: str, role: str = "server") -> None:
        super().__init__(base, role)
        self._proxy = role == "proxy"
        self._server = Server(
            algorithms=self.algorithms, allow_rfc2069=True, keys=KEYS, store=STORE, proxy=self._proxy, realm=REALM
        )  # fmt: skip
        self._server.app.answer = [ANSWER]

    def nonces(self) -> dict[str, bytes]:
        """See Door."""
        return _nonces(self._server.request().challenges)

    def proof(self, statement: Statement) -> bytes | None:
        """See Door."""
        body = next((b for b in BODIES if digest(statement.algorithm, b) == statement.hentity), b"")
        response = self._server.request(
            statement.method.decode(), statement.uri, b"Digest " + self.token(statement), body=body,
            field_name=b"proxy-authorization" if self._proxy else b"authorization",
        )  # fmt: skip
        assert response.app_called == (response.status == 200)
        return response.info["rspauth"].encode() if response.app_called else None


class SSPIDoor(Door):
    """accept_security_context and complete_auth_token: counts strictly."""

    def __init__(self, base: str, role: str = "server") -> None:
        super().__init__(base, role)
        self._handle = server_handle(
            {USER: PASSWORD}, realm=REALM, algorithms=self.algorithms, allow_rfc2069=True
        )  # fmt: skip

    def _accept(self, given: Any) -> tuple[sspi.AcceptContextResult, bytes]:
        output = buffers((TOKEN, 4096))
        result = sspi.accept_security_context(
            self._handle, None, given, AscReq.ASC_REQ_HTTP | AscReq.ASC_REQ_INTEGRITY, 0, output
        )
        return result, output[0].data

    def nonces(self) -> dict[str, bytes]:
        """See Door."""
        _, challenge = self._accept(accept_input(b""))
        return _nonces([parameters(value) for value in re.split(b"(?=Digest )", b"Digest " + challenge) if value])

    def proof(self, statement: Statement) -> bytes | None:
        """See Door."""
        given = accept_input(self.token(statement), statement.method, statement.uri, statement.hentity)
        try:
            result, _ = self._accept(given)
            if result.status is NtStatus.SEC_I_COMPLETE_NEEDED:
                sspi.complete_auth_token(result.context, given)
            elif result.status is not NtStatus.SEC_E_OK:
                return None
        except WindowsError:
            return None
        hentity = digest(statement.algorithm, ANSWER) if statement.qop == b"auth-int" else b""
        answer = http_message(hentity=hentity)
        sspi.make_signature(result.context, 0, answer, 0)
        return parameters(answer[4].data)["rspauth"].encode()


class OpenDoor(Door):
    """The right formula and no rule, with one nonce for all: it shows what the attack finds."""

    ISSUED = frozenset({b"0123456789abcdef"})

    def nonces(self) -> dict[str, bytes]:
        """See Door."""
        (nonce,) = self.ISSUED
        return dict.fromkeys(self.algorithms, nonce)

    def proof(self, statement: Statement) -> bytes | None:
        """See Door."""
        key = statement.key(secret(statement.algorithm))
        if family_without_qop(statement) or statement.nonce not in self.ISSUED:
            return None
        if statement.signed(key).response != statement.response:
            return None
        return statement.proof(key, digest(statement.algorithm, ANSWER)).digest


def family_without_qop(statement: Statement) -> bool:
    """A form that does not exist: a session needs the cnonce, which goes with a qop."""
    return statement.algorithm.endswith("-sess") and not statement.qop


def _nonces(challenges: list[dict[str, str]]) -> dict[str, bytes]:
    return {challenge["algorithm"]: challenge["nonce"].encode() for challenge in challenges}
