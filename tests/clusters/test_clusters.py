"""Three hosts on a cluster of six nodes that loses masters, writes and slots: no header passes twice."""

import asyncio
import random

import pytest

from tests.clusters.cluster import Cluster, wait_until
from tests.clusters.traffic import traffic
from tests.live.peers import HOST
from tests.stores_shared.redis_servers import KINDS
from tests.stores_shared.redis_worker import in_loop

pytestmark = pytest.mark.live

#: Of the keys that share a slot, any tells it.
LIFE = b"{digest-http}:life"


@pytest.fixture(scope="module", params=KINDS)
def made(request, tmp_path_factory):
    """One cluster for all tests of a kind: to make one takes longer than to mend it."""
    cluster = Cluster(tmp_path_factory.mktemp(f"cluster-{request.param}"), request.param)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def cluster(made):
    """The cluster, whole."""
    made.heal()
    return made


def url_of(cluster):
    """All nodes are named, in any order."""
    nodes = [f"{HOST}:{node.port}" for node in cluster.nodes]
    random.shuffle(nodes)
    return f"redis+cluster://{','.join(nodes)}"


async def beside(blocking, *arguments):
    """Run what waits for the cluster while the clients go on."""
    return await asyncio.to_thread(blocking, *arguments)


def test_a_master_is_killed(cluster):
    """Its replica takes over; the killed one comes back as a replica."""

    async def scenario():
        async with traffic(url_of(cluster)) as busy:
            slot = cluster.slot(LIFE)
            master = cluster.owner(slot)
            replica = cluster.replica_of(master)
            await beside(master.kill)
            await beside(wait_until, "the replica took over", lambda: replica.itself().owns(slot))
            await busy.logins_everywhere()
            await beside(cluster.heal)

    in_loop(scenario())


def test_a_replica_that_is_behind_takes_over(cluster):
    """What was accepted since it lost its master is lost; all of it is stale then."""

    async def scenario():
        async with traffic(url_of(cluster)) as busy:
            slot = cluster.slot(LIFE)
            master = cluster.owner(slot)
            replica = cluster.replica_of(master)
            await beside(master.ask, "ACL", "SETUSER", "default", "-psync", "-sync")
            await beside(master.ask, "CLIENT", "KILL", "TYPE", "replica")
            await busy.more(200)
            assert replica.ask("ROLE")[3] != b"connected"
            await beside(master.kill)
            await beside(wait_until, "the replica took over", lambda: replica.itself().owns(slot))
            await busy.logins_everywhere()
            await busy.replay_all()
            await beside(cluster.heal)

    in_loop(scenario())


def test_a_replica_that_takes_over_from_a_living_master(cluster):
    """TAKEOVER asks nobody: for a while both masters take commands. There and back."""

    async def scenario():
        async with traffic(url_of(cluster)) as busy:
            slot = cluster.slot(LIFE)
            for _ in range(2):
                master = cluster.owner(slot)
                replica = cluster.replica_of(master)
                await beside(replica.ask, "CLUSTER", "FAILOVER", "TAKEOVER")
                await busy.more(100)
                await beside(cluster.heal)
                assert cluster.owner(slot) is replica

    in_loop(scenario())


def test_a_slot_that_moves(cluster):
    """Key by key to another master, and back to the first, whose memory of the slot is an old one by then."""

    async def scenario():
        async with traffic(url_of(cluster)) as busy:
            slot = cluster.slot(LIFE)
            source = cluster.owner(slot)
            target = cluster.owner((slot + 8192) % 16384)
            assert target is not source
            for giver, taker in ((source, target), (target, source)):
                await beside(move, slot, giver, taker)
                await busy.logins_everywhere()
                await busy.more(100)

    in_loop(scenario())


def move(slot, giver, taker):
    """A slot with all its keys, one at a time, as redis-cli does it."""
    giver_id, taker_id = giver.itself().id, taker.itself().id
    taker.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", giver_id)
    giver.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", taker_id)
    while keys := giver.ask("CLUSTER", "GETKEYSINSLOT", slot, 1):
        giver.ask("MIGRATE", HOST, taker.port, keys[0], 0, 5000, "REPLACE")
    for node in (taker, giver):
        node.ask("CLUSTER", "SETSLOT", slot, "NODE", taker_id)


def test_hosts_that_start_while_nodes_are_down(cluster):
    """A master and the replica of another are away; the hosts find the rest, and the new master when there is one."""

    async def scenario():
        slot = cluster.slot(LIFE)
        for node in (cluster.owner(slot), cluster.replica_of(cluster.owner((slot + 8192) % 16384))):
            await beside(node.kill)
        try:
            async with traffic(url_of(cluster)):
                pass
        finally:
            await beside(cluster.heal)

    in_loop(scenario())
