"""The password and H(A1) are nowhere but in the object: not in repr, pickles, logs or errors."""

import copy
import hashlib
import logging
import pickle
import traceback

import pytest

from digest_http.errors import DigestError

from .conftest import served_by, session_of
from .strict_server import StrictServer

URL = "http://server.example/a"
PASSWORD = "correct horse battery"
REALM = "api@example.org"
HA1 = {
    name: h(f"alice:{REALM}:{PASSWORD}".encode()).hexdigest()
    for name, h in (("md5", hashlib.md5), ("sha", hashlib.sha256))
}
SECRETS = (PASSWORD, *HA1.values())


def holds_secret(text):
    """Whether a text quotes the password or an H(A1)."""
    return any(secret in text for secret in SECRETS)


def walk(value, depth=6):
    """Every object of ours reachable from one, by its attributes and items."""
    yield value
    if depth:
        parts = [getattr(value, name, None) for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        parts += list(getattr(value, "__dict__", {}).values())
        parts += (
            list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, (list, tuple)) else []
        )
        for part in parts:
            if type(part).__module__.startswith("digest_http") or isinstance(part, (dict, list, tuple)):
                yield from walk(part, depth - 1)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_repr_and_pickle(plain, algorithm):
    """After use no object of ours shows a secret in repr, and the auth object refuses to be pickled."""
    auth = plain.DigestAuth("alice", PASSWORD)
    plain.get(served_by(StrictServer(users={"alice": PASSWORD}, algorithms=(algorithm,))), URL, URL, auth=auth)
    ours = [one for one in walk(auth) if type(one).__module__.startswith("digest_http")]
    assert len({type(one) for one in ours}) >= 5
    assert not any(holds_secret(repr(one)) for one in ours)
    assert "alice" in repr(auth)
    with pytest.raises(TypeError, match="password"):
        pickle.dumps(auth)
    with pytest.raises(TypeError, match="password"):
        pickle.dumps(session_of(auth).logins.fixed)
    with pytest.raises(TypeError):
        copy.deepcopy(session_of(auth))


def test_logs(plain, caplog):
    """At DEBUG there is a line for each challenge that was not answered, and no secret in any."""
    caplog.set_level(logging.DEBUG)
    server = StrictServer(users={"alice": PASSWORD}, extra=', Digest realm="r", nonce="n", algorithm=SHA-1')
    auth = plain.DigestAuth("alice", PASSWORD)
    plain.get(served_by(server), URL, URL, auth=auth)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("digest_http")]
    assert any("SHA-1" in line for line in lines)
    assert not any(holds_secret(line) for line in lines)


def test_errors(plain):
    """No exception of ours, with all it carries, quotes a secret."""
    server = StrictServer(users={"alice": PASSWORD})

    def handler(request, body):
        status, headers, content = served_by(server)(request, body)
        return status, [(name, value.replace('rspauth="', 'rspauth="0')) for name, value in headers], content

    with pytest.raises(DigestError) as caught:
        plain.get(handler, URL, auth=plain.DigestAuth("alice", PASSWORD))
    assert not holds_secret("".join(traceback.format_exception(caught.value)))
    assert not holds_secret(pickle.dumps(caught.value).decode("latin-1"))
