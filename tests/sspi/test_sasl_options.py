"""sasl_set_context_option and sasl_get_context_option: sizes and authorization identities."""

from __future__ import annotations

import pytest

from digest_http import sspi
from digest_http.sspi import NtStatus, SaslContextOption
from tests.sspi.records import seal
from tests.sspi.refusals import refused
from tests.sspi.wiring import INTEGRITY, TOKEN, SASLPair, buffers, client_handle, server_handle


def test_sizes_agreed_through_options():
    """RECV_SIZE is announced as maxbuf, SEND_SIZE limits the own records, whatever the peer would take."""
    handle = sspi.CtxtHandle()
    assert sspi.sasl_get_context_option(handle, SaslContextOption.SASL_OPTION_RECV_SIZE) == 0xFFFF
    sspi.sasl_set_context_option(handle, SaslContextOption.SASL_OPTION_SEND_SIZE, 1024)
    sspi.sasl_set_context_option(handle, SaslContextOption.SASL_OPTION_RECV_SIZE, 2048)
    pair = SASLPair(client_flags=INTEGRITY, client=handle)
    challenge = pair.accept(b"")[1]
    result = sspi.sasl_initialize_security_context(
        pair.client_handle,
        handle,
        pair.target,
        INTEGRITY,
        0,
        buffers((TOKEN, challenge)),
        output := buffers((TOKEN, 4096)),
    )
    assert result.context is handle
    assert b"maxbuf=2048" in output[0].data
    pair.initialize(pair.accept(output[0].data)[1])

    def longest(context):
        return sspi.query_context_attributes(context, sspi.SecPkgContextStreamSizes).maximum_message

    assert (longest(handle), longest(pair.server)) == (1024 - 16, 2048 - 16)
    assert len(seal(handle, bytes(1024 - 16))) == 1024
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        seal(handle, bytes(1024 - 15))


def test_the_server_learns_whom_the_client_acts_as():
    """AUTHZ_STRING on the server after the login; a policy may allow another identity."""
    accounts = server_handle(
        authorize=lambda username, realm, authzid: (username, realm, authzid) == ("alice", "field", "root")
    )
    client, server = sspi.CtxtHandle(), sspi.CtxtHandle()
    sspi.sasl_set_context_option(client, SaslContextOption.SASL_OPTION_AUTHZ_STRING, "root")
    output = buffers((TOKEN, 4096))
    sspi.sasl_accept_security_context(accounts, server, None, 0, 0, output)
    response = buffers((TOKEN, 4096))
    sspi.sasl_initialize_security_context(
        client_handle(), client, "ldap/dc1", 0, 0, buffers((TOKEN, output[0].data)), response
    )
    sspi.sasl_accept_security_context(accounts, server, buffers((TOKEN, response[0].data)), 0, 0, output)
    assert sspi.sasl_get_context_option(server, SaslContextOption.SASL_OPTION_AUTHZ_STRING) == "root"


def test_the_server_may_forbid_authorization_identities():
    """AUTHZ_PROCESSING set to forbidden refuses a client that names one, even itself."""
    server, client = sspi.CtxtHandle(), sspi.CtxtHandle()
    option = SaslContextOption.SASL_OPTION_AUTHZ_PROCESSING
    sspi.sasl_set_context_option(server, option, sspi.SaslAuthzIdState.Sasl_AuthZIDForbidden)
    assert sspi.sasl_get_context_option(server, option) == 0
    sspi.sasl_set_context_option(client, SaslContextOption.SASL_OPTION_AUTHZ_STRING, "alice")
    accounts, output, response = server_handle(), buffers((TOKEN, 4096)), buffers((TOKEN, 4096))
    sspi.sasl_accept_security_context(accounts, server, None, 0, 0, output)
    sspi.sasl_initialize_security_context(
        client_handle(), client, "ldap/dc1", 0, 0, buffers((TOKEN, output[0].data)), response
    )
    with refused(NtStatus.SEC_E_ALGORITHM_MISMATCH):
        sspi.sasl_accept_security_context(accounts, server, buffers((TOKEN, response[0].data)), 0, 0, output)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (SaslContextOption.SASL_OPTION_AUTHZ_STRING, 7),
        (SaslContextOption.SASL_OPTION_RECV_SIZE, "big"),
        (SaslContextOption.SASL_OPTION_AUTHZ_PROCESSING, 2),
        (SaslContextOption.SASL_OPTION_AUTHZ_PROCESSING, "no"),
    ],
)
def test_values_of_the_wrong_kind(option, value):
    """In C such a value does not fit its buffer: SEC_E_BUFFER_TOO_SMALL."""
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.sasl_set_context_option(sspi.CtxtHandle(), option, value)
