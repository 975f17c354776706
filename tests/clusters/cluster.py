"""A Redis or Valkey cluster of three masters with a replica each, on the loopback address."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import redis

from tests.live.peers import HOST, free_port
from tests.stores_shared.redis_servers import RedisServer

#: Three masters and three replicas.
NODES = 6

#: Milliseconds until a silent node counts as down. Short, since the tests wait for it; a busy machine must bear it.
NODE_TIMEOUT = "1000"

#: Seconds for whatever the cluster has to get done.
PATIENCE = 40.0

SETTINGS = [
    "--cluster-enabled",
    "yes",
    "--cluster-node-timeout",
    NODE_TIMEOUT,
    # However far behind its master a replica is, it takes over: that is what loses writes.
    "--cluster-replica-validity-factor",
    "0",
    "--repl-diskless-sync-delay",
    "0",
]


def wait_until(what: str, condition: Callable[[], object]) -> None:
    """Return once the condition holds; an error of the server means that it does not yet."""
    end = time.monotonic() + PATIENCE
    error: Exception | None = None
    while time.monotonic() < end:
        try:
            if condition():
                return
        except redis.RedisError as caught:
            error = caught
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE} s: {what} ({error})")


class Line(NamedTuple):
    """What one node says of another, or of itself, in CLUSTER NODES."""

    id: str
    flags: list[str]
    master: str
    configuration: int
    slots: list[str]

    def owns(self, slot: int) -> bool:
        """Whether the slot is among its own, as far as the speaker knows."""
        ranges = [text.split("-") for text in self.slots if not text.startswith("[")]
        return any(int(ends[0]) <= slot <= int(ends[-1]) for ends in ranges)


class Node(RedisServer):
    """One server of the cluster."""

    def __init__(self, folder: Path, kind: str) -> None:
        folder.mkdir()
        super().__init__(folder, *SETTINGS, "--cluster-port", str(free_port()), kind=kind)

    def ask(self, *words: str | bytes | int) -> Any:
        """The server's answer to a command, as it comes."""
        with redis.Redis(port=self.port, socket_timeout=5) as client:
            client.response_callbacks.clear()
            return client.execute_command(*words)

    def view(self) -> list[Line]:
        """What this node knows of all."""
        lines = [line.split() for line in self.ask("CLUSTER", "NODES").decode().splitlines()]
        return [Line(line[0], line[2].split(","), line[3], int(line[6]), line[8:]) for line in lines]

    def itself(self) -> Line:
        """What it knows of itself."""
        return next(line for line in self.view() if "myself" in line.flags)

    def knows_all(self) -> bool:
        """Whether it has met all six."""
        return len([line for line in self.view() if "handshake" not in line.flags]) == NODES


class Cluster:
    """Six nodes. Each test gets it whole and may spoil it; heal() mends it."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.nodes = [Node(folder / str(number), kind) for number in range(NODES)]

    def start(self) -> None:
        """Start the nodes and make them one cluster."""
        for node in self.nodes:
            node.start()
        first, *others = self.nodes
        for other in others:
            first.ask("CLUSTER", "MEET", HOST, other.port, other.settings[-1])
        for master, (start, end) in zip(self.nodes, [(0, 5460), (5461, 10922), (10923, 16383)], strict=False):
            master.ask("CLUSTER", "ADDSLOTSRANGE", start, end)
        for master, replica in zip(self.nodes[:3], self.nodes[3:], strict=True):
            id_ = master.itself().id
            wait_until("the nodes have met", replica.knows_all)
            replica.ask("CLUSTER", "REPLICATE", id_)
        self.heal()

    def stop(self) -> None:
        """End all that run."""
        for node in self.nodes:
            node.stop()

    def heal(self) -> None:
        """Start what was killed and wait until each master has a replica that follows it."""
        for node in self.nodes:
            if node.process is None:
                node.start()
        wait_until("the cluster is whole", self._whole)

    def _whole(self) -> bool:
        for node in self.nodes:
            view = node.view()
            masters = {line.id for line in view if "master" in line.flags}
            if len(view) != NODES or len(masters) != NODES // 2 or {line.master for line in view} - {"-"} != masters:
                return False
            if any("fail" in flag for line in view for flag in line.flags):
                return False
            if b"cluster_state:ok" not in node.ask("CLUSTER", "INFO"):
                return False
            role = node.ask("ROLE")
            if role[0] == b"slave" and role[3] != b"connected":
                return False
        return True

    def slot(self, key: bytes) -> int:
        """The slot of a key."""
        return int(self.nodes[0].ask("CLUSTER", "KEYSLOT", key))

    def owner(self, slot: int) -> Node:
        """The node that holds a slot: of two that claim it, the one that was chosen later."""
        claims = [(line.configuration, node) for node in self._running() if (line := node.itself()).owns(slot)]
        return max(claims, key=lambda claim: claim[0])[1]

    def replica_of(self, master: Node) -> Node:
        """A replica of a master."""
        id_ = master.itself().id
        return next(node for node in self._running() if node.itself().master == id_)

    def _running(self) -> Sequence[Node]:
        return [node for node in self.nodes if node.process is not None]
