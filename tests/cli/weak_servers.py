"""Servers with one fault each, for a probe to find. They stand on the strict server, which shares no code with ours."""

from __future__ import annotations

from dataclasses import dataclass

from tests.client_auth.strict_server import StrictServer, parameters_of


class Forgetful(list[int]):
    """Counts that are not kept."""

    def append(self, _):
        pass


class TakesReplays(StrictServer):
    """Looks at digests and at no count."""

    def new_nonce(self):
        nonce = super().new_nonce()
        self.nonces[nonce] = Forgetful()
        return nonce


class ProvesWrongly(StrictServer):
    """Proves itself with the digest of another request."""

    def digest(self, method, parameters, body):
        return super().digest(method or "PUT", parameters, body)


@dataclass
class NamesBadNonces(StrictServer):
    """Names a next nonce that it does not take, or that must not even be answered."""

    next_nonce: str = "other"

    def _answer(self, method, target, parameters, body):
        status, headers, content = super()._answer(method, target, parameters, body)
        if status == 200:
            proof = [f"{value}, " for _, value in headers] or [""]
            headers = [("Authentication-Info", f'{proof[0]}nextnonce="{self.next_nonce}"')]
        return status, headers, content


class LetsAnybodyIn(StrictServer):
    """Takes whatever is signed."""

    def _answer(self, _method, _target, parameters, _body):
        return self.challenge() if parameters is None else (200, [], b"come in")


def breaks_when_signed(status):
    """A server that answers signed requests with an error."""

    def answer(_method, _target, fields, _body):
        if "authorization" in fields:
            parameters_of(fields["authorization"])
            return status, [], b""
        return 401, [("WWW-Authenticate", 'Digest realm="wonder", nonce="n", qop="auth", algorithm=SHA-256')], b""

    return answer


def says(status, *headers):
    """A server that says one thing to everybody."""
    return lambda *_: (status, headers, b"said")


def challenges(*values, field="WWW-Authenticate", **more):
    """A server that sends these challenges, and more fields by name."""
    fields = [(field, value) for value in values]
    return says(401, *fields, *((name.replace("_", "-"), value) for name, value in more.items()))
