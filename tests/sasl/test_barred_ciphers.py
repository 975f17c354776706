"""Ciphers that this machine's OpenSSL bars: FIPS mode, or no legacy provider. Each case is a real configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from digest_http.errors import QopNotSupported, UnsupportedAlgorithm
from digest_http.sasl import ciphers, policy
from digest_http.sasl.ciphers import CIPHERS, is_barred

#: Which implementations OpenSSL may take. Those of RC4 are in the legacy provider; none that is here is FIPS's.
RULES = {"no-legacy": "provider=default", "fips": "fips=yes"}

CONFIGURATION = "openssl_conf = all\n[all]\nalg_section = algorithms\n[algorithms]\ndefault_properties = {}\n"

LOGIN = """
import sys
from digest_http.errors import DigestError
from digest_http.sasl import DigestMD5Client, DigestMD5Server
qop, ciphers = sys.argv[1].split(","), sys.argv[2].split(",")
names = {"service": "s", "host": "h", "qop": qop, "ciphers": ciphers}
try:
    client, server = DigestMD5Client("u", "p", **names), DigestMD5Server({"u": "p"}, **names)
    challenge = server.step()
    client.step(server.step(client.step(challenge)))
    assert server.unwrap(client.wrap(b"one")) == b"one"
    assert client.unwrap(server.wrap(b"two")) == b"two"
    print(challenge.partition(b"cipher=")[2].partition(b",algorithm")[0].decode(), client.qop, client.cipher)
except DigestError as error:
    print(type(error).__name__, error.reason, error)
"""


@pytest.mark.parametrize(
    ("rule", "qop", "named", "outcome"),
    [
        ("no-legacy", "auth-conf", "rc4,3des", '"3des" auth-conf 3des'),
        ("no-legacy", "auth-conf", "3des,rc4", '"3des" auth-conf 3des'),
        ("no-legacy", "auth-conf,auth-int", "rc4", " auth-int None"),
        ("no-legacy", "auth-conf", "rc4", "UnsupportedAlgorithm cipher "),
        ("fips", "auth-conf", "rc4,3des", "UnsupportedAlgorithm cipher "),
        ("fips", "auth-conf,auth-int", "rc4,3des", " auth-int None"),
        ("fips", "auth-int", "rc4,3des", " auth-int None"),
    ],
)
def test_what_openssl_bars_is_neither_offered_nor_chosen(tmp_path: Path, rule, qop, named, outcome):
    """The next one serves; with none left auth-conf goes; with no qop left the error says why."""
    file = tmp_path / "openssl.cnf"
    file.write_text(CONFIGURATION.format(RULES[rule]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LOGIN, qop, named],
        env={**os.environ, "OPENSSL_CONF": str(file), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.startswith(outcome), done.stdout
    if "Unsupported" in outcome:
        assert f"bars {named.replace(',', ', ')} " in done.stdout
        assert "FIPS" in done.stdout


@pytest.fixture
def bar(monkeypatch):
    """Bar ciphers in this process, where coverage sees it."""

    def make(*names):
        monkeypatch.setattr(policy, "is_barred", lambda name: name in names)

    return make


def test_none_is_barred_here():
    """The probe is right about what works."""
    is_barred.cache_clear()
    assert not any(map(is_barred, CIPHERS))


@pytest.mark.parametrize("error", [RuntimeError, ValueError, UnsupportedAlgorithm])
def test_a_build_may_say_it_in_any_way(monkeypatch, error):
    """An internal error, a bad key, an unknown algorithm: the cipher is not to be had."""

    def refuse(*_arguments, **_settings):
        raise error("no")

    monkeypatch.setattr(ciphers, "_make", refuse)
    is_barred.cache_clear()
    assert is_barred("rc4")
    is_barred.cache_clear()


@pytest.mark.parametrize("preferred", [("rc4", "3des"), ("3des", "rc4")])
@pytest.mark.parametrize("barred", ["rc4", "3des"])
def test_each_side_takes_what_is_left(pair, bar, preferred, barred):
    """In either role, whichever comes first."""
    (left,) = set(preferred) - {barred}
    for side in ("client", "server"):
        bar()
        settings = {"qop": "auth-conf", "ciphers": preferred}
        both = pair(client=settings, server=settings)
        bar(barred)
        ours = pair(client=settings, server=settings)
        setattr(both, side, getattr(ours, side))
        both.login()
        assert both.client.cipher == both.server.cipher == left


def test_nothing_in_common_because_of_a_bar(pair, bar):
    """A peer that has only what is barred here: the error names the reason."""
    both = pair(server={"qop": "auth-conf", "ciphers": "rc4"})
    bar("rc4")
    client = pair(client={"qop": "auth-conf", "ciphers": ("rc4", "3des")}).client
    with pytest.raises(QopNotSupported, match=r"bars rc4 .*legacy provider"):
        client.step(both.server.step())


def test_nothing_in_common_without_a_bar(pair):
    """Where nothing is barred, nothing is said of it."""
    both = pair(client={"qop": "auth-conf", "ciphers": "3des"}, server={"qop": "auth-conf", "ciphers": "rc4"})
    with pytest.raises(QopNotSupported) as caught:
        both.client.step(both.server.step())
    assert "bars" not in str(caught.value)


def test_a_barred_cipher_does_not_warn(bar, recwarn):
    """It is not used, however weak it is."""
    bar("des")
    assert policy.Policy("auth-conf", ("3des", "des"), 65536, enforce_maxbuf=True).ciphers == ("3des",)
    assert not recwarn.list
