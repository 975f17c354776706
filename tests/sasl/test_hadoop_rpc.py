"""Hadoop RPC with a token: Hadoop's own server, and services that break the rules."""

from __future__ import annotations

import dataclasses
import importlib
import io
import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest_http.errors import (
    ConfigurationError,
    ContextExpired,
    DigestError,
    LogonDenied,
    MalformedField,
    MessageAltered,
    MessageTooLarge,
    OutOfSequence,
    QopNotSupported,
    WrongPrincipal,
)
from digest_http.sasl import DigestMD5Server
from digest_http.sasl.libraries.hadoop_rpc import HadoopError, HadoopRPC
from digest_http.sasl.libraries.hadoop_tokens import HadoopToken
from digest_http.sasl.libraries.protobuf import OctetReader, delimited, encoded, last_fields
from tests.live.peers import HOST
from tests.sasl.hadoop import LAYERS
from tests.sasl.pages import block

TOKEN = HadoopToken("", "HDFS_DELEGATION_TOKEN", "", b"\x00\x05chris", b"\x01\x02")
#: A record of the right form.
STRANGERS = bytes(72) + b"\0\1" + bytes(4)
SASL, SUCCESS, NEGOTIATE, INITIATE, CHALLENGE, WRAP = (1 << 32) - 33, 0, 1, 2, 3, 5


def groups(*arguments):
    """The example's call."""
    return importlib.import_module("examples.hadoop_rpc").groups(HOST, *arguments)


def asked(service, request=b"", method="ask"):
    """The answer to a call."""
    return service.call(method, request)


@pytest.mark.live
@pytest.mark.parametrize("qop", LAYERS)
def test_calls_to_hadoop(hadoop, qop):
    """Hadoop knows whose token it is; a short answer and one of many records."""
    token = hadoop.tokens["rpc"]
    assert groups(hadoop.rpc[qop], token, "Zoë", qop) == ["chris", "Zoë"]
    assert groups(hadoop.rpc[qop], token, "many", qop) == ["chris"] + ["many"] * 49_999


@pytest.mark.live
@pytest.mark.parametrize("cipher", ["3des", "rc4"])
def test_ciphers_with_hadoop(hadoop, cipher):
    """Each that is not weak, and a call that fails: the next one goes on."""
    protocol = importlib.import_module("examples.hadoop_rpc").PROTOCOL
    with (
        socket.create_connection((HOST, hadoop.rpc["auth-conf"]), 10) as connection,
        connection.makefile("rwb") as file,
    ):
        service = HadoopRPC(file, hadoop.tokens["rpc"], protocol, qop="auth-conf", ciphers=cipher)
        with pytest.raises(HadoopError, match=r"there is nobody$") as caught:
            asked(service, encoded((1, b"nobody")), "getGroupsForUser")
        assert caught.value.java_class == "java.io.IOException"
        with pytest.raises(HadoopError, match="NoSuchMethod"):
            asked(service, b"", "getNothing")
        assert asked(service, encoded((1, b"zoe")), "getGroupsForUser") == encoded((1, b"chris"), (1, b"zoe"))


@pytest.mark.live
def test_logins_that_hadoop_refuses(hadoop):
    """A wrong password, a token that is unknown, and a protection that is not the one that is wanted."""
    token = hadoop.tokens["rpc"]
    for wrong in (
        dataclasses.replace(token, password=b"wrong"),
        dataclasses.replace(token, identifier=token.identifier[:-1] + b"\x05"),
        dataclasses.replace(token, identifier=b"nonsense"),
    ):
        with pytest.raises(LogonDenied, match="refused the login"):
            groups(hadoop.rpc["auth-conf"], wrong, "zoe")
    with pytest.raises(QopNotSupported):
        groups(hadoop.rpc["auth"], token, "zoe")


@pytest.mark.live
def test_the_lines_of_the_page(hadoop):
    """What a user writes."""
    names = {"host": HOST, "port": hadoop.rpc["auth-conf"], "token": hadoop.tokens["rpc"]}
    for module in ("hadoop_rpc", "protobuf"):
        names |= vars(importlib.import_module(f"digest_http.sasl.libraries.{module}"))
    names["socket"] = socket
    exec(block("Hadoop RPC"), names)  # noqa: S102  # our own page
    assert names["answer"] == encoded((1, b"chris"), (1, b"zoe"))


class Service:
    """A service in the place of a socket's file. `lies` has messages that it sends in the place of its own."""

    def __init__(self, qop: str = "auth-conf", **lies: bytes) -> None:
        self.login = DigestMD5Server(
            {TOKEN.username: TOKEN.secret()}, service="", host="default", qop=qop, enforce_maxbuf=False
        )
        self.lies = lies
        self.step: Callable[[bytes], bytes] = self.login.step
        self.asked: list[bytes] = []
        self._heard = bytearray()
        self._said = io.BytesIO()
        self._preamble = False

    def write(self, data: bytes) -> None:
        self._heard += data

    def flush(self) -> None:
        if not self._preamble:
            assert self._heard[:7] == b"hrpc\x09\x00\xdf"
            del self._heard[:7]
            self._preamble = True
        while self._heard:
            length = int.from_bytes(self._heard[:4], "big")
            self._packet(bytes(self._heard[4 : 4 + length]))
            del self._heard[: 4 + length]

    def read(self, size: int) -> bytes:
        return self._said.read(size)

    def _packet(self, packet: bytes) -> None:
        reader = OctetReader(packet, "packet")
        header: dict[int, Any] = dict(last_fields(reader.delimited(), "header"))
        body = reader.delimited()
        if header[3] == 65:
            self._sasl(last_fields(body, "message"))
        elif header[3] == 5:
            self.asked.append(body)
        else:
            self.asked.append(reader.delimited())
            answer = message(header[3] >> 1, delimited(b"answer"))
            answer = self.lies.pop("answer", answer)
            self._say("record", answer if self.login.qop == "auth" else self.wrapped(answer))

    def _sasl(self, asked: dict[int, Any]) -> None:
        if asked[2] == NEGOTIATE:
            self._say("offer", sasl(NEGOTIATE, *offer(self.login.step())))
        elif asked[2] == WRAP:
            self._packet(self.login.unwrap(asked[3])[4:])
        else:
            try:
                self._say("proof", sasl(SUCCESS, (3, self.step(asked[3]))))
            except DigestError:
                self._say("refusal", message(SASL, b"", status=2, error=b"no.Such"))

    def wrapped(self, packet: bytes) -> bytes:
        return sasl(WRAP, (3, self.login.wrap(packet)))

    def _say(self, name: str, packet: bytes) -> None:
        place = self._said.tell()
        self._said.seek(0, io.SEEK_END)
        self._said.write(self.lies.get(name, packet))
        self._said.seek(place)


def message(number: int, body: bytes, *, status: int = 0, error: bytes = b"") -> bytes:
    """An answer, with its length."""
    told = ((4, error), (5, b"said so\n\tat Java")) if error else ()
    packet = delimited(encoded((1, number), (2, status), *told)) + body
    return len(packet).to_bytes(4, "big") + packet


def sasl(state: int, *more) -> bytes:
    """A message of the login, or of its layer."""
    return message(SASL, delimited(encoded((2, state), *more)))


def offer(challenge: bytes, method: bytes = b"TOKEN", mechanism: bytes = b"DIGEST-MD5"):
    """One of a service's offers; what Kerberos would need stands in front of it."""
    kerberos = encoded((1, b"KERBEROS"), (2, b"GSSAPI"), (3, b"nn"), (4, b"host"))
    token = encoded((1, method), (2, mechanism), (3, b""), (4, b"default"), (5, challenge))
    return (4, kerberos), (4, token)


@pytest.mark.parametrize("qop", LAYERS)
def test_calls_to_a_service(qop):
    """The protocol is named first; each call is answered, and nothing works after close()."""
    theirs = Service(qop)
    ours = HadoopRPC(theirs, TOKEN, "a.Protocol", qop=qop)
    assert ours.qop == qop
    assert [asked(ours, request) for request in (b"", b"question")] == [b"answer"] * 2
    assert theirs.asked == [encoded((3, b"a.Protocol")), b"", b"question"]
    ours.close()
    with pytest.raises(ContextExpired):
        asked(ours)


@pytest.mark.parametrize(
    ("lies", "error"),
    [
        pytest.param({"offer": sasl(SUCCESS)}, WrongPrincipal, id="no login is wanted"),
        pytest.param({"offer": sasl(NEGOTIATE)}, LogonDenied, id="nothing is offered"),
        pytest.param({"offer": sasl(NEGOTIATE, *offer(b"", b"SIMPLE", b""))}, LogonDenied, id="no token is wanted"),
        pytest.param({"offer": sasl(NEGOTIATE, *offer(b"", b"TOKEN", b"X"))}, LogonDenied, id="another mechanism"),
        pytest.param({"offer": sasl(NEGOTIATE, *offer(b"nonsense"))}, MalformedField, id="no challenge"),
        pytest.param({"offer": sasl(NEGOTIATE, (4, 1))}, MalformedField, id="a number for an offer"),
        pytest.param({"offer": message(SASL, delimited(encoded((3, b""))))}, MalformedField, id="no state"),
        pytest.param({"offer": message(1, delimited(encoded((2, NEGOTIATE))))}, OutOfSequence, id="another message"),
        pytest.param({"offer": message(SASL, b"", status=1, error=b"E")}, LogonDenied, id="an error at once"),
        pytest.param({"offer": b"\x7f\xff\xff\xff"}, MessageTooLarge, id="a long message"),
        pytest.param({"offer": b"\x00\x00"}, MalformedField, id="half a length"),
        pytest.param({"proof": sasl(SUCCESS)}, WrongPrincipal, id="no proof"),
        pytest.param({"proof": sasl(SUCCESS, (3, b"rspauth=" + b"0" * 32))}, WrongPrincipal, id="a wrong proof"),
        pytest.param({"proof": sasl(INITIATE)}, OutOfSequence, id="the client's own message"),
        pytest.param({"proof": sasl(WRAP, (3, b"record"))}, OutOfSequence, id="a record before the proof"),
        pytest.param(dict.fromkeys(("proof", "refusal"), sasl(CHALLENGE)), MalformedField, id="an empty step"),
        pytest.param(
            {"offer": sasl(NEGOTIATE, *offer(b""))} | dict.fromkeys(("proof", "refusal"), sasl(CHALLENGE)),
            MalformedField,
            id="empty steps without end",
        ),
        pytest.param({"proof": b""}, MalformedField, id="an end before the proof"),
    ],
)
def test_services_that_must_not_be_trusted(lies, error):
    """None of them gets as far as a call; the token's keys are forgotten."""
    theirs = Service(**lies)
    with pytest.raises(error):
        HadoopRPC(theirs, TOKEN, "a.Protocol", qop="auth-conf")
    assert theirs.asked == []


def test_a_proof_in_a_step_of_its_own():
    """A service may send the proof as a step and end with an empty message."""
    theirs = Service("auth")
    said = theirs.login.step

    def proof(response=None):
        token = said(response) if response != b"" else b""
        theirs.lies["proof"] = sasl(CHALLENGE, (3, token)) if response else sasl(SUCCESS)
        return token

    theirs.step = proof
    assert asked(HadoopRPC(theirs, TOKEN, "a.Protocol", qop="auth")) == b"answer"


@pytest.mark.parametrize(
    ("lies", "error"),
    [
        pytest.param({"record": message(1, delimited(b"answer"))}, OutOfSequence, id="outside the layer"),
        pytest.param({"record": message(1, b"", status=1, error=b"E")}, OutOfSequence, id="an error outside of it"),
        pytest.param({"record": sasl(SUCCESS, (3, b"x"))}, OutOfSequence, id="a login's message"),
        pytest.param({"record": sasl(WRAP, (3, STRANGERS))}, MessageAltered, id="a record of a stranger"),
        pytest.param({"record": sasl(WRAP)}, DigestError, id="an empty record"),
        pytest.param({"record": b""}, MalformedField, id="an end"),
        pytest.param({"answer": message(2, delimited(b"answer"))}, OutOfSequence, id="the answer to another call"),
        pytest.param({"answer": message(1, b"")}, MalformedField, id="no answer"),
        pytest.param({"answer": b"\x7f\xff\xff\xff"}, MessageTooLarge, id="a long answer"),
        pytest.param({"answer": message(1, b"", status=2, error=b"no.Such")}, HadoopError, id="a fatal error"),
    ],
)
def test_answers_that_end_a_connection(lies, error):
    """Whatever comes next could be taken for the answer, so nothing more is asked."""
    ours = HadoopRPC(Service(**lies), TOKEN, "a.Protocol", qop="auth-conf")
    with pytest.raises(error):
        asked(ours)
    with pytest.raises(ContextExpired):
        asked(ours)


def test_a_record_again():
    """An answer that was given already."""
    theirs = Service()
    ours = HadoopRPC(theirs, TOKEN, "a.Protocol", qop="auth-conf")
    theirs.lies["record"] = theirs.wrapped(message(1, delimited(b"answer")))
    assert asked(ours) == b"answer"
    with pytest.raises(OutOfSequence):
        asked(ours)


def test_an_error_of_one_call():
    """Its first line, its class, and a connection that goes on."""
    ours = HadoopRPC(
        Service(answer=message(1, b"", status=1, error=b"java.io.IOException")), TOKEN, "a.Protocol", qop="auth-conf"
    )
    with pytest.raises(HadoopError, match=r"^java.io.IOException: said so$"):
        asked(ours)
    assert asked(ours) == b"answer"


def test_settings_that_cannot_work():
    """Nothing is sent."""
    for wrong in ({"protocol": b"a"}, {"longest": "x"}, {"version": -1}, {"random": 5}):
        with pytest.raises(ConfigurationError):
            HadoopRPC(Service(), TOKEN, **{"protocol": "a.Protocol"} | wrong)


@settings(deadline=None)
@given(st.sampled_from(["offer", "proof", "record", "answer"]), st.binary(max_size=60), st.booleans())
def test_any_octets_of_a_service(where, octets, framed):
    """An answer, or one of our errors."""
    said = len(octets).to_bytes(4, "big") + octets if framed else octets
    with pytest.raises((DigestError, HadoopError)):
        asked(HadoopRPC(Service(**{where: said}), TOKEN, "a.Protocol", qop="auth-conf"))
