"""HTTP as Windows writes it: IIS's challenge without opaque, a Windows client's response with its quotes.

The challenge has the directives of IIS 7.5 and 10 in their order, the response those of the Windows client with
extended protection, in the order that .NET expects. Digests are computed here a second time, from hashlib.
"""

from __future__ import annotations

import hashlib
import re

import pytest

from digest_http import sspi
from digest_http.credentials import Credentials
from digest_http.sspi import AscReq, IscReq, NtStatus, SecBufferFlags
from tests.sspi.wiring import (
    BINDINGS,
    TARGET_HOST,
    HTTPPair,
    accept_input,
    client_handle,
    http_message,
    server_handle,
)

# 16 octets that are the same in each challenge of a server, a FILETIME, 32 octets: 112 hex digits.
NONCE = b"+Upgraded+v1" + b"f3a1" * 8 + b"80ca1c29f17ecd01" + b"9b" * 32
IIS = b'qop="auth",algorithm=MD5-sess,nonce="%b",charset=utf-8,realm="field"' % NONCE


def md5(*parts: bytes) -> bytes:
    """H of the parts joined by colons, in hex."""
    return hashlib.md5(b":".join(parts)).hexdigest().encode()


def fields(token: bytes) -> dict[bytes, bytes]:
    """The directives, quotes taken off."""
    return {name: value.strip(b'"') for name, value in re.findall(rb'([a-z-]+)=("[^"]*"|[^,]+)', token)}


def response(nonce: bytes, cnonce: bytes, nc: bytes, password: bytes, method: bytes, uri: bytes) -> bytes:
    """MD5-sess with qop=auth, by hand (RFC 2617 with erratum 1649)."""
    ha1 = md5(md5(b"alice", b"field", password), nonce, cnonce)
    return md5(ha1, nonce, nc, cnonce, b"auth", md5(method, uri))


def test_the_nonce_has_the_length_of_iis():
    """The capture's shape."""
    assert len(NONCE) == 12 + 112


def test_a_client_answers_iis():
    """Without opaque, algorithm bare, no blanks after commas: the answer is right, quotes qop, and echoes no opaque."""
    pair = HTTPPair(client_handle("secret"), client_flags=IscReq.ISC_REQ_CONNECTION)
    token = pair.respond(IIS, b"GET", "/default.htm?a=b")
    assert b'qop="auth"' in token
    assert b'algorithm="MD5-sess"' in token
    assert b"nc=00000001" in token
    assert b"opaque" not in token
    sent = fields(token)
    assert (sent[b"username"], sent[b"realm"], sent[b"nonce"]) == (b"alice", b"field", NONCE)
    expected = response(NONCE, sent[b"cnonce"], b"00000001", b"secret", b"GET", b"/default.htm?a=b")
    assert sent[b"response"] == expected
    # The next request keeps the cnonce, as A1 was made with it.
    again = fields(pair.sign(method=b"POST", url=b"/next"))
    assert (again[b"nc"], again[b"cnonce"]) == (b"00000002", sent[b"cnonce"])
    assert again[b"response"] == response(NONCE, sent[b"cnonce"], b"00000002", b"secret", b"POST", b"/next")


def test_a_client_answers_iis_with_extended_protection():
    """Given a service name and bindings, three directives follow, and the cnonce is made of them."""
    pair = HTTPPair(client_handle("secret"), client_flags=IscReq.ISC_REQ_CONNECTION)
    blob = sspi.SecChannelBindings(application_data=b"tls-server-end-point:" + b"\x01" * 32).get_sec_buffer_copy().data
    spn = "HTTP/www.example.com".encode("utf-16-le")
    readonly = SecBufferFlags.SECBUFFER_READONLY  # as the page and .NET have it
    token = pair.respond(IIS, extra=((TARGET_HOST | readonly, spn), (BINDINGS | readonly, blob)))
    sent = fields(token)
    # 5 empty words, the length of the application data, then it: gss_channel_bindings_struct in little-endian.
    data = b"tls-server-end-point:" + b"\x01" * 32
    binding = md5(b"\0" * 16 + len(data).to_bytes(4, "little") + data)
    assert sent[b"hashed-dirs"] == b"service-name,channel-binding"
    assert sent[b"service-name"] == b"HTTP/www.example.com"
    assert sent[b"channel-binding"] == binding
    assert re.fullmatch(rb"\+Upgraded\+v1" + md5(b"HTTP/www.example.com", binding) + rb"[0-9a-f]{32}", sent[b"cnonce"])
    assert sent[b"response"] == response(NONCE, sent[b"cnonce"], b"00000001", b"secret", b"GET", b"/x")


def windows_response(challenge: bytes, nc: bytes, uri: bytes, *, quoted_nc: bool = False) -> bytes:
    """What a Windows client sends: the order that .NET expects, qop and algorithm in quotes, no opaque."""
    offered = fields(challenge)
    cnonce = b"+Upgraded+v1" + md5(b"HTTP/host", b"0" * 32) + b"5a" * 16
    digest = response(offered[b"nonce"], cnonce, nc, b"secret", b"GET", uri)
    return (
        b'charset=utf-8,username="alice",realm="field",nonce="%b",uri="%b",algorithm="MD5-sess",cnonce="%b",nc=%b,'
        b'qop="auth",hashed-dirs="service-name,channel-binding",service-name="HTTP/host",channel-binding="%b",'
        b'response="%b"'
    ) % (offered[b"nonce"], uri, cnonce, b'"%b"' % nc if quoted_nc else nc, b"0" * 32, digest)


@pytest.mark.parametrize("quoted_nc", [False, True], ids=["nc bare", "nc quoted"])
def test_a_server_takes_a_windows_client(quoted_nc):
    """First request, COMPLETE_NEEDED for the second, VerifySignature for the third; the target is known by name."""
    pair = HTTPPair(server_handle=server_handle({"alice": "secret"}), server_flags=AscReq.ASC_REQ_CONNECTION)
    challenge = pair.challenge()
    first = pair.accept(windows_response(challenge, b"00000001", b"/a", quoted_nc=quoted_nc), pair.server)
    assert first.status is NtStatus.SEC_E_OK
    assert first.attributes == sspi.AscRet.ASC_RET_CONNECTION
    target = sspi.query_context_attributes(first.context, sspi.SecPkgContextClientSpecifiedTarget)
    assert target.target_name == "HTTP/host"
    token = windows_response(challenge, b"00000002", b"/b", quoted_nc=quoted_nc)
    second = pair.accept(token)
    assert second.status is NtStatus.SEC_I_COMPLETE_NEEDED
    sspi.complete_auth_token(second.context, accept_input(token))
    token = windows_response(challenge, b"00000003", b"/c", quoted_nc=quoted_nc)
    assert sspi.verify_signature(second.context, http_message(token, url=b"/c", room=None), 0) == 0


def test_the_sample_of_ms_dpsp_is_read():
    """MS-DPSP's example (its password is not published): quoted qop and algorithm, an 80-digit nonce."""
    sample = (
        b'username="User123",realm="TestDomain",'
        b'nonce="91c121b4f47ec601a281ceefaa5d6f2b096897ea0797fdd2ea72bfeec7fda64433a98d4ae57186a1",uri="/ResourceA",'
        b'cnonce="579c5e7723ad0ef8eeb0b7427379bdd4",nc=00000001,algorithm="MD5-sess",'
        b'response="641b92d2d8af170329ce308832a4df13",qop="auth",charset=utf-8'
    )
    credentials = Credentials.parse(sample)
    assert (credentials.name, credentials.qop, credentials.algorithm) == ("User123", b"auth", b"MD5-sess")
    assert credentials.nc_number == 1
