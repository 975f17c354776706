"""Weak choices are visible, and a missing package says what to install."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest

from digest_http.errors import ConfigurationError, SecurityWarning, UnsupportedAlgorithm
from digest_http.sasl import DigestMD5Client, DigestMD5Server, ciphers
from digest_http.sasl.ciphers import CIPHERS


@pytest.mark.parametrize("name", ["des", "rc4-56", "rc4-40"])
def test_weak_ciphers_warn(name):
    """The warning names the cipher and RFC 6331, at the line of the caller."""
    for make in (
        lambda: DigestMD5Client("u", "p", service="s", host="h", qop="auth-conf", ciphers=name),
        lambda: DigestMD5Server({}, service="s", host="h", qop="auth-conf", ciphers=name),
    ):
        with pytest.warns(SecurityWarning, match=rf"{name} .*RFC 6331") as caught:
            make()
        assert caught[0].filename == __file__


def test_defaults_are_not_weak():
    """3des and rc4, without a warning; and no layer unless asked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        server = DigestMD5Server({}, service="s", host="h", qop="auth-conf")
        # Without auth-conf a cipher is never used, so there is nothing to warn of.
        DigestMD5Server({}, service="s", host="h", qop="auth-int", ciphers="des")
    assert b'cipher="3des,rc4"' in server.step()
    assert b'qop="auth"' in DigestMD5Server({}, service="s", host="h").step()


def test_each_cipher_is_ranked_as_peers_rank_it():
    """Bits of strength and what is weak."""
    assert {spec.name: (spec.bits, spec.weak) for spec in CIPHERS.values()} == {
        "rc4": (128, False),
        "3des": (112, False),
        "des": (56, True),
        "rc4-56": (56, True),
        "rc4-40": (40, True),
    }


WITHOUT_CRYPTOGRAPHY = """
import sys
sys.modules["cryptography"] = None
from digest_http.errors import ConfigurationError
from digest_http.sasl import DigestMD5Client, DigestMD5Server
for qop in ("auth", "auth-int"):
    client = DigestMD5Client("u", "p", service="s", host="h", qop=qop)
    server = DigestMD5Server({"u": "p"}, service="s", host="h", qop=qop)
    client.step(server.step(client.step(server.step())))
assert server.unwrap(client.wrap(b"message")) == b"message"
try:
    DigestMD5Client("u", "p", service="s", host="h", qop="auth-conf")
except ConfigurationError as error:
    print(error)
"""


def test_without_cryptography():
    """auth and auth-int work; auth-conf says which extra to install."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_CRYPTOGRAPHY], capture_output=True, text=True, check=True, timeout=60
    )
    assert "digest-http[sasl]" in done.stdout


def test_without_cryptography_in_this_process(monkeypatch):
    """As above, where coverage sees it."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.decrepit.ciphers.algorithms", None)
    with pytest.raises(ConfigurationError, match=r"digest-http\[sasl\]"):
        DigestMD5Client("u", "p", service="s", host="h", qop="auth-conf")


def test_importing_sasl_imports_no_cryptography():
    """Lazily, so that a program without layers does not pay for it."""
    code = "import sys, digest_http.sasl; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_a_cipher_barred_by_openssl(monkeypatch):
    """A build without RC4 (FIPS) is an error of ours that names the cipher."""
    from cryptography.exceptions import UnsupportedAlgorithm as Barred  # noqa: PLC0415  # optional package
    from cryptography.hazmat.primitives import ciphers as primitives  # noqa: PLC0415  # optional package

    def refuse(*_arguments, **_settings):
        raise Barred("RC4")

    monkeypatch.setattr(primitives, "Cipher", refuse)
    with pytest.raises(UnsupportedAlgorithm, match="rc4"):
        ciphers.encryptor(CIPHERS["rc4"], bytes(16))
