"""Settings of a client or a server that cannot work."""

from __future__ import annotations

import pytest

from digest_http.errors import ConfigurationError
from tests.sasl.user_hash import HA1


@pytest.mark.parametrize(
    "settings",
    [
        {"password": None},
        {"ha1": HA1},
        {"password": None, "ha1": b"short"},
        {"password": None, "ha1": "no hex"},
        {"password": None, "ha1": "\u00e9" * 32},
        {"qop": "auth-all"},
        {"qop": ()},
        {"qop": "auth-conf", "ciphers": ()},
        {"qop": "auth-conf", "ciphers": "aes"},
        {"service": "imap/x"},
        {"host": "a/b"},
        {"host": "a\nb"},
        {"serv_name": "\ud800"},
        {"maxbuf": 16},
        {"maxbuf": 1 << 24},
    ],
)
def test_client_settings_that_cannot_work(pair, settings):
    """Refused where they are made."""
    with pytest.raises(ConfigurationError):
        pair(client=settings)


@pytest.mark.parametrize("settings", [{"users": None}, {"users": 5}, {"host": None}, {"host": ()}, {"qop": "x"}])
def test_server_settings_that_cannot_work(pair, settings):
    """Refused where they are made."""
    with pytest.raises(ConfigurationError):
        pair(server=settings)
