"""Hadoop's own RPC server and an HDFS data node's login, in one Java program; `make programs` fetches the archives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from digest_http.sasl.libraries.hadoop_tokens import HadoopToken, read_tokens
from tests.live.peers import free_port, missing_peer, peer_file, program, running, wait_until_listening
from tests.sasl.programs import SOURCES

_ARCHIVES = Path(__file__).parents[2] / ".venv-programs" / "hadoop"

LAYERS = ("auth", "auth-int", "auth-conf")


@dataclass(frozen=True)
class Hadoop:
    """Ports by layer, and the tokens of the file that Hadoop wrote: "rpc" and "block"."""

    rpc: dict[str, int]
    data: dict[str, int]
    tokens: dict[str, HadoopToken]


@contextmanager
def hadoop_peer(folder: Path) -> Iterator[Hadoop]:
    """The program, until the block is left."""
    java = program("java", package="openjdk-17-jdk-headless")
    logging = [str(peer_file(f"/usr/share/java/slf4j-{name}.jar", package="libslf4j-java")) for name in ("api", "nop")]
    archives = sorted(map(str, _ARCHIVES.glob("*.jar")))
    if not archives:
        missing_peer("Hadoop's archives (make programs)")
    ports = [free_port() for _ in range(6)]
    file, log = folder / "tokens", folder / "log"
    # Most of its time is the start: the second compiler would not be done before the end.
    command = [java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", ":".join(archives + logging)]
    with running([*command, str(SOURCES / "HadoopPeer.java"), str(file), *map(str, ports)], log) as process:
        # Three servers are begun one after the other, the last of them last.
        wait_until_listening(process, ports[2], log)
        tokens = {token.alias: token for token in read_tokens(file)}
        yield Hadoop(dict(zip(LAYERS, ports[:3], strict=True)), dict(zip(LAYERS, ports[3:], strict=True)), tokens)
