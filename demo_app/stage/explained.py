"""One exchange, taken apart: the challenge, the answer, the five buffers, and the computation step by step.

H(A1) is computed here, as on the server, and goes into the hashes. What is handed to a page has dots in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.buffers import HTTPMessage
from digest_http.credentials import Credentials, split_scheme
from digest_http.params import scan_parameters

__all__ = ["Buffer", "Explained", "Offer", "Parameter", "Piece", "Step", "explain", "parameters", "text"]

#: What stands for H(A1) and for the password. As long for all, so that it does not tell how long they are.
HIDDEN: Final = "●●●●●●●●"

#: What the five buffers of the HTTP layout hold, in order.
_BUFFERS: Final = (
    ("TOKEN", "what the browser answered"),
    ("Method", "from the request line"),
    ("URL", "from the request line"),
    ("HEntity", "the hash of the body"),
    ("PADDING", "The server's own proof, which goes back"),
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a field, unescaped. A page gives each name a colour of its own."""

    name: str
    value: str


@dataclass(frozen=True)
class Piece:
    """A part of what is hashed; `kind` is the name of the parameter that it came from, for its colour."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Step:
    """H(pieces) = result. `note` is one sentence for people."""

    name: str
    pieces: tuple[Piece, ...]
    result: Piece
    note: str


@dataclass(frozen=True)
class Buffer:
    """A buffer of the HTTP layout, as the middleware fills it. `parameters` are those of a field, else `content`."""

    name: str
    type_name: str
    note: str
    octets: int
    content: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Offer:
    """A challenge: its algorithm, and whether the browser answered it."""

    algorithm: str
    qop: str
    chosen: bool
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Explained:
    """All that a page shows of one verified request."""

    offers: tuple[Offer, ...]
    answer: tuple[Parameter, ...]
    buffers: tuple[Buffer, ...]
    steps: tuple[Step, ...]
    expected: str
    """The response that the server computes."""
    received: str
    """The response that the browser sent."""
    on_the_wire: tuple[tuple[str, int], ...]
    """A secret, and how often it occurs in the octets of this exchange."""


def text(octets: bytes) -> str:
    """Octets of a field for a person to read; what is no UTF-8 is shown as an escape."""
    return octets.decode("utf-8", "backslashreplace")


def parameters(value: bytes) -> tuple[Parameter, ...]:
    """The parameters of a field value, in order, with or without the scheme word in front."""
    token = split_scheme(value)
    return tuple(Parameter(text(n), text(v)) for n, v in scan_parameters(value if token is None else token))


def explain(
    method: bytes,
    target: bytes,
    authorization: bytes,
    challenges: tuple[bytes, ...],
    password: str,
) -> Explained:
    """Take a verified request with qop=auth apart. `challenges` are those of the answer that its nonce came with.

    Raises MalformedField for an Authorization value that cannot be read.
    """
    token = split_scheme(authorization) or b""
    credentials = Credentials.parse(token)
    algorithm = by_name(text(credentials.algorithm or b"MD5"))
    secret = calculation.user_hash(algorithm, credentials.name.encode(), credentials.realm, password.encode())
    ha1 = calculation.hex_octets(secret)
    counted = (credentials.nonce, credentials.nc, credentials.cnonce, credentials.qop)
    ha2, ha2_of_proof = (calculation.request_hash(algorithm, who, target) for who in (method, b""))
    expected, rspauth = (calculation.response(algorithm, ha1, *counted, each) for each in (ha2, ha2_of_proof))
    info = b'rspauth="%b", qop=%b, nc=%b, cnonce="%b"' % (rspauth, credentials.qop, credentials.nc, credentials.cnonce)
    message = HTTPMessage(token, method, target, b"", info)
    wire = b"\n".join((method, target, authorization, *challenges, info))
    return Explained(
        _offers(challenges, credentials),
        parameters(token),
        _buffers(message),
        _steps(credentials, (method, target), (ha2, ha2_of_proof), (expected, rspauth)),
        text(expected),
        text(credentials.response),
        (("the password", wire.count(password.encode())), ("H(A1)", wire.count(ha1))),
    )


def _offers(challenges: tuple[bytes, ...], credentials: Credentials) -> tuple[Offer, ...]:
    found = []
    for challenge in challenges:
        listed = parameters(challenge)
        values = {parameter.name: parameter.value for parameter in listed}
        name = values.get("algorithm", "MD5")
        chosen = name.lower() == text(credentials.algorithm or b"MD5").lower()
        found.append(Offer(name, values.get("qop", ""), chosen, listed))
    return tuple(found)


def _buffers(message: HTTPMessage) -> tuple[Buffer, ...]:
    fields = (parameters(message.token), (), (), (), parameters(message.padding))
    return tuple(
        Buffer(name, buffer.buffer_type.name, note, buffer.count, text(buffer.data), listed)
        for (name, note), buffer, listed in zip(_BUFFERS, message.to_buffers(), fields, strict=True)
    )


def _steps(
    credentials: Credentials, signed: tuple[bytes, bytes], ha2: tuple[bytes, bytes], results: tuple[bytes, bytes]
) -> tuple[Step, ...]:
    method, target = (text(each) for each in signed)
    between = [
        Piece(text(value), kind)
        for kind, value in (
            ("nonce", credentials.nonce),
            ("nc", credentials.nc),
            ("cnonce", credentials.cnonce),
            ("qop", credentials.qop),
        )
    ]
    hidden = Piece(HIDDEN, "hidden")

    def keyed(last: bytes, kind: str) -> tuple[Piece, ...]:
        return (hidden, *between, Piece(text(last), kind))

    return (
        Step(
            "H(A1)",
            (Piece(credentials.name, "username"), Piece(text(credentials.realm), "realm"), hidden),
            hidden,
            "User, realm and password. The browser computes it, the server keeps it. It is never sent, nor shown here.",
        ),
        Step(
            "H(A2)",
            (Piece(method, "method"), Piece(target, "uri")),
            Piece(text(ha2[0]), "ha2"),
            "What is asked for. Nobody can use the answer for another address or another method.",
        ),
        Step(
            "response",
            keyed(ha2[0], "ha2"),
            Piece(text(results[0]), "response"),
            "All of it together, with the server's nonce and the count of this request: it is good once.",
        ),
        Step(
            "H(A2) of the proof",
            (Piece(""), Piece(target, "uri")),
            Piece(text(ha2[1]), "ha2p"),
            "The same without a method. So the browser's own answer cannot be sent back to it as a proof.",
        ),
        Step(
            "rspauth",
            keyed(ha2[1], "ha2p"),
            Piece(text(results[1]), "rspauth"),
            "The server's answer. Only who holds H(A1) can compute it, so the server has proved itself too.",
        ),
    )
