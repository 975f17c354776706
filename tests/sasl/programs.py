"""Our programs around the libraries of the JDK, Cyrus, GNU SASL and Perl: run as children, talked to by pipe.

The sources are in `peers/`; each holds one context at a time and speaks bare records, whatever its library does.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from digest_http.sasl import Deframer, frame
from tests.live.peers import missing_peer, program

SOURCES = Path(__file__).with_name("peers")

#: Security strength factors by which Cyrus names layers.
STRENGTH = {"auth": 0, "auth-int": 1, "rc4-40": 40, "des": 55, "rc4-56": 56, "3des": 112, "rc4": 128}

PERL_MODULES = {
    "Authen::SASL": "libauthen-sasl-perl",
    "Digest::HMAC_MD5": "libdigest-hmac-perl",
    "Crypt::DES": "libcrypt-des-perl",
    "Crypt::RC4": "libcrypt-rc4-perl",
}

#: What each library can do: JDK and Cyrus everything, GNU SASL has no auth-conf.
LAYERS = {"jdk": tuple(STRENGTH), "cyrus": tuple(STRENGTH), "gsasl": ("auth", "auth-int")}


#: Whose records have no length in front.
BARE = {"jdk", "perl"}


class PeerError(Exception):
    """The peer's library said no."""


class Peer:
    """One running program."""

    def __init__(self, kind: str, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.kind = kind
        self._in: IO[bytes] = process.stdin
        self._out: IO[bytes] = process.stdout
        self._deframer = Deframer(limit=1 << 30)

    def _call(self, letter: bytes, body: bytes = b"") -> bytes:
        self._in.write(letter + frame(body))
        self._in.flush()
        mark = self._out.read(1)
        body = self._out.read(int.from_bytes(self._out.read(4), "big"))
        assert mark, f"{self.kind} ended"
        if mark == b"-":
            raise PeerError(body.decode("utf-8", "replace"))
        return body

    def start(self, role: str, layer: str, settings: Mapping[str, str]) -> None:
        """A new context that allows just this layer: "auth", "auth-int" or a cipher of auth-conf."""
        qop = layer if layer.startswith("auth") else "auth-conf"
        lines = {"role": role, "qop": f"qop-{qop[5:]}" if self.kind == "gsasl" and qop != "auth" else qop, **settings}
        if self.kind == "gsasl" and qop == "auth":
            lines["qop"] = "qop-auth"
        if self.kind == "cyrus":
            lines["min_ssf"] = lines["max_ssf"] = str(STRENGTH[layer])
        if qop == "auth-conf":
            lines["cipher"] = layer
        self._deframer = Deframer(limit=1 << 30)
        self._call(b"N", "".join(f"{name}={value}\n" for name, value in lines.items()).encode())

    def step(self, token: bytes = b"") -> tuple[bytes, bool]:
        """(The peer's token, whether it is done)."""
        answer = self._call(b"S", token)
        return answer[1:], answer[:1] == b"\x01"

    def wrap(self, message: bytes) -> list[bytes]:
        """The records of one message: Cyrus splits what is over maxbuf."""
        out = self._call(b"W", message)
        return [out] if self.kind in BARE else self._deframer.feed(out)

    def unwrap(self, record: bytes) -> bytes:
        """The message of one record."""
        return self._call(b"U", record if self.kind in BARE else frame(record))

    def time_wrap(self, size: int, milliseconds: int) -> float:
        """Octets of clear text a second through wrap, in processor time."""
        return float(self._call(b"B", b"%d %d" % (size, milliseconds)))

    def time_unwrap(self, records: Iterable[bytes]) -> float:
        """Processor seconds of unwrapping these records."""
        return float(self._call(b"V", b"".join(map(frame, records))))


def command(kind: str, folder: Path) -> list[str]:
    """How to run a peer, compiled into `folder` where it must be. Skips, or fails in CI, if something is missing."""
    if kind == "jdk":
        return [program("java", package="openjdk-17-jdk-headless"), "-XX:+UseSerialGC", str(SOURCES / "Peer.java")]
    if kind == "perl":
        return perl_command()
    package, header, libraries = {
        "cyrus": ("libsasl2-dev libsasl2-modules libssl-dev", "sasl/sasl.h", ("sasl2", "crypto")),
        "gsasl": ("libgsasl-dev", "gsasl.h", ("gsasl",)),
    }[kind]
    built = folder / kind
    compile_c(kind, built, "-rdynamic", package=package, header=header, libraries=libraries)
    return [str(built)]


def perl_command() -> list[str]:
    """Perl with its modules. Skips, or fails in CI, if one is missing."""
    perl = program("perl", package="perl")
    for module, package in PERL_MODULES.items():
        if subprocess.run([perl, f"-M{module}", "-e1"], capture_output=True, check=False).returncode:
            missing_peer(f"Perl's {module} is not installed (Debian package {package})")
    return [perl, str(SOURCES / "perl.pl")]


def compile_c(name: str, output: Path, *flags: str, package: str, header: str, libraries: tuple[str, ...]) -> None:
    """Compile one of our sources against a library of Debian's."""
    compiler = program("gcc", package="gcc libc6-dev")
    probe = subprocess.run(
        [compiler, "-E", "-x", "c", "-"],
        input=f"#include <stdio.h>\n#include <{header}>\n".encode(),
        capture_output=True,
        check=False,
    )
    if probe.returncode:
        missing_peer(f"{header} is not installed (Debian package {package})")
    source = [str(SOURCES / f"{name}.c"), "-o", str(output), *(f"-l{library}" for library in libraries)]
    # The API of single DES is deprecated; that is what this is about.
    subprocess.run(
        [compiler, "-O2", "-Wall", "-Wno-deprecated-declarations", "-Wno-unused-function", *flags, *source], check=True
    )


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Peer]:
    """A peer until the block is left."""
    with (folder / f"{kind}.log").open("wb") as log:
        process = subprocess.Popen(
            command(kind, folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, bufsize=-1
        )
    with process:  # closes the pipes, which ends the program
        try:
            yield Peer(kind, process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
