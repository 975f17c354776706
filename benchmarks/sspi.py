"""The SSPI names against what the rooms beneath them take for the same: signing, verifying, sealing.

The buffers are made beforehand, as a caller who keeps his makes them; those of a verified request and of a record are
used once. A primitive is the call of `httpauth` or `sasl` that does the work, without buffers, handles and codes; for
a verified request that is opening its TOKEN and checking digest and nonce, without the count.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from digest_http import sspi
from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.challenge import UnusableChallenge, parse_challenges
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.verdict import Verdict
from digest_http.sasl import DigestMD5Client
from digest_http.sspi import AscReq, IscReq, SecBuffer, SecBufferDesc, SecBufferType
from digest_http.stores import MemoryStore

from .sasl import pair as sasl_pair
from .targets import target
from .timing import MICROSECOND, Batch, Prepare, Series, interleave, median_of

__all__ = ["contenders", "rows"]

REALM: Final = "files"
USER: Final = "alice"
PASSWORD: Final = "Sesame, open"  # of accounts that this file makes
URL: Final = b"/v1/items/12345?page=2&sort=desc"
HOST: Final = "ldap/dc1.example.com"

#: Octets of a message, and how the table names them.
SIZES: Final = {32: "32 octets", 1024: "1 KiB"}

#: The layers, and the client's flags that ask for them.
_INTEGRITY: Final = IscReq.ISC_REQ_INTEGRITY
_LAYERS: Final = {"auth-int": _INTEGRITY, "rc4": _INTEGRITY | IscReq.ISC_REQ_CONFIDENTIALITY}
_OFFER: Final = AscReq.ASC_REQ_INTEGRITY | AscReq.ASC_REQ_CONFIDENTIALITY

#: Room for a token, and for the trailer of a record.
_TOKEN_ROOM: Final = 4096
_TRAILER_ROOM: Final = 24

_TOKEN: Final = SecBufferType.SECBUFFER_TOKEN
_DATA: Final = SecBufferType.SECBUFFER_DATA
_PARAMS: Final = SecBufferType.SECBUFFER_PKG_PARAMS
_PADDING: Final = SecBufferType.SECBUFFER_PADDING

Seal = Callable[[sspi.CtxtHandle, int, SecBufferDesc, int], None]
Handles = tuple[sspi.CtxtHandle, sspi.CtxtHandle]


def rows(rounds: int = 40, calls: int = 50) -> list[tuple[str, str, str]]:
    """See the package."""
    table: list[tuple[str, str, str]] = []
    for what, (ours, bare) in contenders().items():
        series = interleave({"ours": ours, "bare": bare}, rounds=rounds, calls=calls)
        figure = f"{_ratio(series['ours'], series['bare']):.2f}x ({median_of(series['ours']) / MICROSECOND:.1f} us)"
        table.append((f"SSPI, {what}: in units of its primitives", figure, target("sspi / primitives")))
    return table


def contenders() -> dict[str, tuple[Prepare, Prepare]]:
    """(The SSPI name, its primitives) by what is measured."""
    found: dict[str, tuple[Prepare, Prepare]] = {
        "make_signature, HTTP, MD5": (_signing, _bare_signing),
        "verify_signature, HTTP, MD5": (_verifying, _bare_verifying),
    }
    for size, name in SIZES.items():
        message = bytes(size)
        found[f"make_signature, SASL, {name}"] = (
            partial(_sealing, "auth-int", message, sspi.make_signature),
            partial(_bare_sealing, "auth-int", message, DigestMD5Client.sign),
        )
        found[f"verify_signature, SASL, {name}"] = (partial(_checking, message), partial(_bare_checking, message))
        for layer in _LAYERS:
            found[f"encrypt_message, {layer}, {name}"] = (
                partial(_sealing, layer, message, sspi.encrypt_message),
                partial(_bare_sealing, layer, message, DigestMD5Client.seal_in_place),
            )
            found[f"decrypt_message, {layer}, {name}"] = (
                partial(_unsealing, layer, message),
                partial(_bare_unsealing, layer, message),
            )
    return found


def _ratio(values: Series, units: Series) -> float:
    return median_of(value / unit for value, unit in zip(values, units, strict=True))


# --- arrays and logins ---


def _array(*parts: tuple[SecBufferType, bytes | int]) -> SecBufferDesc:
    return SecBufferDesc([SecBuffer(bytearray(octets), kind) for kind, octets in parts])


def _layout(token: bytes = b"", room: int = 0) -> SecBufferDesc:
    return _array((_TOKEN, token), (_PARAMS, b"GET"), (_PARAMS, URL), (_PARAMS, b""), (_PADDING, room))


def _credentials(ciphers: tuple[str, ...] = ()) -> tuple[sspi.CredHandle, sspi.CredHandle]:
    identity = sspi.DigestIdentity(USER, None, PASSWORD, ciphers=ciphers or ("3des", "rc4"))
    accounts = sspi.DigestAccounts({USER: PASSWORD}, realm=REALM, algorithms=("MD5",))
    kinds = sspi.CredentialUse
    return (
        sspi.acquire_credentials_handle(None, "WDigest", kinds.SECPKG_CRED_OUTBOUND, auth_data=identity).credential,
        sspi.acquire_credentials_handle(None, "WDigest", kinds.SECPKG_CRED_INBOUND, auth_data=accounts).credential,
    )


def _http_handles() -> Handles:
    """Both ends of HTTP Digest, logged in."""
    client, server = _credentials()
    flags = AscReq.ASC_REQ_HTTP
    output = _array((_TOKEN, _TOKEN_ROOM))
    sspi.accept_security_context(server, None, _accept(b""), flags, 0, output)
    given = _array((_TOKEN, output[0].data), (_PARAMS, b"GET"), (_PARAMS, b""))
    output = _array((_TOKEN, _TOKEN_ROOM))
    ours = sspi.initialize_security_context(client, None, URL.decode(), IscReq.ISC_REQ_HTTP, 0, given, output)
    answer = _array((_TOKEN, _TOKEN_ROOM))
    theirs = sspi.accept_security_context(server, None, _accept(output[0].data), flags, 0, answer)
    return ours.context, theirs.context


def _accept(token: bytes) -> SecBufferDesc:
    return _array((_TOKEN, token), (_PARAMS, b"GET"), (_PARAMS, URL), (_PARAMS, b""), (_PARAMS, b""))


def _sasl_handles(layer: str) -> Handles:
    """Both ends of DIGEST-MD5 with that layer."""
    client, server = _credentials(() if layer == "auth-int" else (layer,))
    ours: sspi.CtxtHandle | None = None
    theirs: sspi.CtxtHandle | None = None
    token = b""
    for _ in range(2):
        output = _array((_TOKEN, _TOKEN_ROOM))
        theirs = sspi.accept_security_context(server, theirs, _array((_TOKEN, token)), _OFFER, 0, output).context
        given, output = _array((_TOKEN, output[0].data)), _array((_TOKEN, _TOKEN_ROOM))
        ours = sspi.initialize_security_context(client, ours, HOST, _LAYERS[layer], 0, given, output).context
        token = output[0].data
    if ours is None or theirs is None:
        raise RuntimeError("the login was not made")
    return ours, theirs


# --- HTTP ---


def _signing(calls: int) -> Batch:
    client, message = _http_handles()[0], _layout(room=_TOKEN_ROOM)

    def batch() -> None:
        for _ in range(calls):
            sspi.make_signature(client, 0, message, 0)

    return batch


def _bare_ends() -> tuple[Acceptor, Callable[[HTTPMessage], object]]:
    """A server, and what signs for it."""
    algorithm = by_name("MD5")
    nonces = NonceSource(REALM.encode(), [bytes(32)], MemoryStore().epoch)
    acceptor = Acceptor(REALM, [algorithm], nonces, qop=("auth",))
    (challenge,) = parse_challenges(acceptor.challenges())
    if isinstance(challenge, UnusableChallenge):
        raise TypeError("the server's challenge cannot be read")
    context = ClientContext(Identity(USER, PASSWORD), REALM.encode(), algorithm, quote_all=True)
    nonce = context.learn(Choice(challenge, algorithm, b"auth"))
    return acceptor, lambda message: context.make_signature(message, nonce)


def _bare_signing(calls: int) -> Batch:
    sign, message = _bare_ends()[1], HTTPMessage(b"", b"GET", URL)

    def batch() -> None:
        for _ in range(calls):
            sign(message)

    return batch


def _verifying(calls: int) -> Batch:
    client, server = _http_handles()
    message = _layout(room=_TOKEN_ROOM)
    messages: list[SecBufferDesc] = []
    for _ in range(calls):
        sspi.make_signature(client, 0, message, 0)
        messages.append(_layout(message[4].data))

    def batch() -> None:
        for each in messages:
            sspi.verify_signature(server, each, 0)

    return batch


def _bare_verifying(calls: int) -> Batch:
    acceptor, sign = _bare_ends()
    ha1 = by_name("MD5").hexdigest(f"{USER}:{REALM}:{PASSWORD}".encode())
    messages: list[HTTPMessage] = []
    for _ in range(calls + 1):
        message = HTTPMessage(b"", b"GET", URL)
        sign(message)
        messages.append(HTTPMessage(message.padding, b"GET", URL))

    def verify(message: HTTPMessage) -> None:
        opened = acceptor.open(message.token)
        if opened.verify_signature(message, ha1, opened.nonces.now()) is not Verdict.ACCEPTED:
            raise RuntimeError("a request of the benchmark was refused")

    # The first request teaches the server how this client writes its fields; so the login does with the SSPI names.
    verify(messages.pop())

    def batch() -> None:
        for each in messages:
            verify(each)

    return batch


# --- SASL ---


def _sealing(layer: str, octets: bytes, function: Seal, calls: int) -> Batch:
    client, message = _sasl_handles(layer)[0], _array((_DATA, octets), (_TOKEN, _TRAILER_ROOM))

    def batch() -> None:
        for _ in range(calls):
            function(client, 0, message, 0)

    return batch


def _bare_sealing(layer: str, octets: bytes, method: Callable[[Any, bytearray], bytes], calls: int) -> Batch:
    client, message = sasl_pair(layer)[0], bytearray(octets)

    def batch() -> None:
        for _ in range(calls):
            method(client, message)

    return batch


def _checking(octets: bytes, calls: int) -> Batch:
    client, server = _sasl_handles("auth-int")
    messages = [_array((_DATA, octets), (_TOKEN, 16)) for _ in range(calls)]
    for message in messages:
        sspi.make_signature(client, 0, message, 0)

    def batch() -> None:
        for message in messages:
            sspi.verify_signature(server, message, 0)

    return batch


def _bare_checking(octets: bytes, calls: int) -> Batch:
    client, server = sasl_pair("auth-int")
    messages = [(bytearray(octets), client.sign(octets)) for _ in range(calls)]

    def batch() -> None:
        for message, signature in messages:
            server.verify(message, signature)

    return batch


def _unsealing(layer: str, octets: bytes, calls: int) -> Batch:
    client, server = _sasl_handles(layer)
    messages = [_array((_DATA, octets), (_PADDING, 16)) for _ in range(calls)]
    for message in messages:
        sspi.encrypt_message(client, 0, message, 0)

    def batch() -> None:
        for message in messages:
            sspi.decrypt_message(server, message, 0)

    return batch


def _bare_unsealing(layer: str, octets: bytes, calls: int) -> Batch:
    client, server = sasl_pair(layer)
    records = [bytearray(client.wrap(octets)) for _ in range(calls)]

    def batch() -> None:
        for record in records:
            server.unseal_in_place(record)

    return batch
