"""digest-uri: which service a response is made for, and which are taken."""

from __future__ import annotations

import pytest

from digest_http.errors import LogonDenied, MalformedField


@pytest.mark.parametrize(
    ("client", "server"),
    [
        ({}, {}),
        ({"service": "IMAP", "host": "EXAMPLE.com"}, {}),
        ({"host": "b"}, {"host": ("a", "b"), "realms": "r"}),
        ({"service": "x", "host": "y"}, {"service": None, "host": None, "realms": "r"}),
        ({"serv_name": "Replica"}, {"serv_name": "replica"}),
        ({}, {"serv_name": "replica"}),
        ({"service": "null", "host": "default"}, {"service": "null", "host": "default"}),
        ({"service": "", "host": "default"}, {"service": "", "host": "default"}),
    ],
)
def test_services_that_match(pair, client, server):
    """Letter case apart; a third part only where it is configured; Hadoop's and Thrift's odd names."""
    pair(client=client, server=server).login()


@pytest.mark.obeys("sasl-digest-uri")
@pytest.mark.parametrize(
    "client",
    [{"service": "ldap"}, {"host": "example.org"}, {"serv_name": "other"}, {"service": "", "host": ""}],
)
def test_services_that_do_not_match(pair, client):
    """A response made for another service is refused, password or not."""
    both = pair(client=client)
    response = both.client.step(both.server.step())
    with pytest.raises(LogonDenied) as caught:
        both.server.step(response)
    assert caught.value.reason == "digest-uri"


@pytest.mark.parametrize("uri", [b"imap", b"", b"imap/example.com/a/b"])
def test_a_digest_uri_of_another_shape(pair, uri):
    """One or two slashes."""
    both = pair()
    response = both.client.step(both.server.step())
    with pytest.raises(MalformedField):
        both.server.step(response.replace(b"imap/example.com", uri))
