"""Which servers a Redis URL reaches, and what is said of those that reach none."""

import asyncio
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis

from digest_http.errors import ConfigurationError
from digest_http.stores import open_store
from tests.live.peers import HOST, free_port, missing_peer, running, wait_until_listening
from tests.stores_shared.redis_servers import RedisServer
from tests.stores_shared.redis_worker import ACCEPTED, FORGOTTEN, REPLAYED, RULE, Worker, in_loop
from tests.stores_shared.tls import certificate

pytestmark = pytest.mark.live


async def counts(url):
    """Two equal counts at the server of a URL: one is taken."""
    async with Worker(url) as worker:
        assert await worker.use(worker.issue(), 1, 1) == [ACCEPTED, REPLAYED]


def test_a_cluster(tmp_path, kind):
    """All keys have one hash tag, so that the script runs on one node; of those named in the URL one may be down."""
    cluster = ["--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--requirepass", "s3cret"]
    server = RedisServer(tmp_path, *cluster, kind=kind)
    server.start()
    url = f"{kind}+cluster://:s3cret@{HOST}:1,{HOST}:{server.port}"

    async def decoding():
        store: Any = open_store(f"{url}?decode_responses=True")
        with pytest.raises(TypeError, match="decode_responses"):
            await store.advance(2**150, b"0" * 8, 1, RULE, 0, lifetime=0)
        await store.close()

    async def scenario():
        with redis.Redis.from_url(server.url, password="s3cret") as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            client.execute_command("CONFIG", "SET", "cluster-announce-ip", HOST)
            for _ in range(200):
                if "cluster_state:ok" in str(client.execute_command("CLUSTER", "INFO")):
                    break
                await asyncio.sleep(0.05)
        await counts(url)
        await decoding()

    try:
        in_loop(scenario())
    finally:
        server.stop()


def test_sentinel(tmp_path, kind):
    """The master is asked for by its service name, of the sentinels that are there; after a failover, the new one."""
    port, log = free_port(), tmp_path / "sentinel.log"
    configuration = tmp_path / "sentinel.conf"

    async def scenario(master):
        async with Worker(f"{kind}+sentinel://{HOST}:1,{HOST}:{port}/counts/0?client_name=counter") as worker:
            nonce = worker.issue()
            with redis.Redis.from_url(master.url) as client:
                assert "counter" in {each["name"] for each in client.client_list()}
            assert await worker.use(nonce, 1, 1) == [ACCEPTED, REPLAYED]
            master.kill()
            verdict = None
            while verdict is None:
                try:
                    verdict = await worker.use(nonce, 1)
                except redis.ConnectionError:
                    await asyncio.sleep(0.05)
            assert verdict is FORGOTTEN
            assert await worker.use(worker.issue(), 1, 1) == [ACCEPTED, REPLAYED]

    with ExitStack() as stack:
        folders = [tmp_path / name for name in ("master", "replica")]
        for folder in folders:
            folder.mkdir()
        master = RedisServer(folders[0], "--repl-diskless-sync-delay", "0", kind=kind)
        replica = RedisServer(folders[1], "--replicaof", f"{HOST} {master.port}", kind=kind)
        for each in (master, replica):
            each.start()
            stack.callback(each.stop)
        with redis.Redis.from_url(master.url) as client:
            client.set("replicated", 1)
            assert client.wait(1, 10_000) == 1
        configuration.write_text(
            f"port {port}\nbind {HOST}\nsentinel monitor counts {HOST} {master.port} 1\n"
            "sentinel down-after-milliseconds counts 300\nsentinel failover-timeout counts 3000\n",
            "ascii",
        )
        process = stack.enter_context(running([master.program, str(configuration), "--sentinel"], log))
        wait_until_listening(process, port, log)
        in_loop(scenario(master))


def test_tls(tmp_path):
    """The server's certificate is checked against the authority that the URL names."""
    authority, key = certificate(tmp_path, HOST)
    port = free_port()
    files = ["--tls-cert-file", str(authority), "--tls-key-file", str(key), "--tls-ca-cert-file", str(authority)]
    server = RedisServer(tmp_path, "--tls-port", str(port), *files, "--tls-auth-clients", "no")
    needs_tls(server.program)
    server.start()

    async def stranger():
        store: Any = open_store(f"rediss://{HOST}:{port}/0")
        with pytest.raises(redis.ConnectionError, match="certificate"):
            await store.advance(2**150, b"0" * 8, 1, RULE, 0, lifetime=0)
        await store.close()

    try:
        for scheme in ("rediss", "valkeys"):
            in_loop(counts(f"{scheme}://{HOST}:{port}/0?ssl_ca_certs={authority}"))
        in_loop(stranger())
    finally:
        server.stop()


def needs_tls(program):
    """Servers can be built without it. One that is to listen nowhere reads its settings and ends."""
    probe = subprocess.run([program, "--port", "0", "--tls-port", "0"], capture_output=True, check=False, timeout=20)
    if b"Bad directive" in probe.stdout + probe.stderr:
        missing_peer(f"{program} was built without TLS")


def test_a_socket_file_and_a_password(tmp_path, kind):
    """A server that asks for a password, behind a file; without the password it counts nothing."""
    path = tmp_path / "redis.sock"
    server = RedisServer(tmp_path, "--unixsocket", str(path), "--requirepass", "s3cret", kind=kind)
    server.start()

    async def stranger():
        store: Any = open_store(f"unix://{path}")
        with pytest.raises(redis.ConnectionError, match=r"(?i)auth"):
            await store.advance(2**150, b"0" * 8, 1, RULE, 0, lifetime=0)
        await store.close()

    try:
        in_loop(counts(f"unix://:s3cret@{path}"))
        in_loop(counts(f"{kind}://:s3cret@{HOST}:{server.port}"))
        in_loop(stranger())
    finally:
        server.stop()


def test_an_account_that_may_count_and_nothing_else(tmp_path, kind):
    """The permissions that docs/stores.md names are enough."""
    page = (Path(__file__).parents[2] / "docs/stores.md").read_text("utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith("ACL SETUSER ")]
    words = line.replace("PASSWORD", "s3cret").split()[2:]
    server = RedisServer(tmp_path, "--user", *words, "--requirepass", "another", kind=kind)
    server.start()
    try:
        in_loop(counts(f"redis://{words[0]}:s3cret@{HOST}:{server.port}/0"))
    finally:
        server.stop()


@pytest.mark.parametrize(
    "url",
    [
        "gopher://u:s3cret@h",
        *(
            f"{scheme}://{place}"
            for scheme in ("redis", "rediss", "valkey", "valkeys")
            for place in (
                "",
                "/",
                "/0",
                ":6379",
                ":6379/0",
                ":s3cret@",
                ":s3cret@/0",
                "u:s3cret@:6379/0",
                "?host=h",
                "/0?host=h",
                ":s3cret@h/0?host=h2",
                ":s3cret@h:1/0?port=2",
                ":s3cret@h/0?path=/run/redis.sock",
                ":s3cret@h:0/0",
                ":s3cret@h:65536/0",
                ":s3cret@h h/0",
            )
        ),
        *(f"unix://:s3cret@{place}" for place in ("", "/", "redis.sock", "h:6379/0", "/run/", "?path=/run/redis.sock")),
        *(
            f"redis+{kind}://:s3cret@{place}"
            for kind, service in (("cluster", ""), ("sentinel", "/service"))
            for place in (service, f":6379{service}", f"h,:6379{service}", f",h{service}", f"h{service}?host=h2")
        ),
        "redis://h:port",
        "redis://u:s3cret@h:x/0",
        "redis://:s3cret@h:1,h2:2/0",
        "redis+cluster://",
        "redis+cluster://h:x",
        "redis+cluster://u:s3cret@h,h2:x",
        "redis+cluster://u:s3cret@h,,h2",
        "redis+cluster://u:s3cret@h,",
        "redis+cluster://h:0",
        "redis+cluster://h:65536",
        "redis+cluster://h h2",
        "redis+cluster://u:s3cret@h:1,h2:2/3",
        "rediss+cluster://h?socket_timeout=soon",
        "redis+cluster://h?no_such_setting=1",
        "redis+sentinel://h",
        "redis+sentinel://h/",
        "redis+sentinel:///service",
        "redis+sentinel://h:x/service",
        "redis+sentinel://u:s3cret@h,h2:x/service/0",
        "redis+sentinel://h/service/database",
    ],
)
def test_settings_that_cannot_work(url):
    """Said where they are written, with what to write instead, and without the password."""
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    assert "s3cret" not in str(caught.value)
    assert "use '" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *(f"{scheme}://:s3cret@{HOST}:1/0" for scheme in ("redis", "rediss", "valkey", "valkeys")),
        "unix://:s3cret@/run/redis.sock?db=1",
        *(
            f"{scheme}://u:s3cret@{HOST}:1,h2,[::1]:3,[::2]{path}?socket_connect_timeout=1"
            for kind, path in (("cluster", ""), ("cluster", "/0"), ("sentinel", "/service"), ("sentinel", "/service/3"))
            for scheme in (f"redis+{kind}", f"rediss+{kind}", f"valkey+{kind}", f"valkeys+{kind}")
        ),
    ],
)
def test_schemes(url):
    """TLS and Valkey by their schemes; nothing is sent before the first step, and no password is shown."""
    store = open_store(url)
    assert "s3cret" not in repr(store)


def test_a_missing_extra_is_said():
    """Without the client library the setting says what to install."""
    code = "import sys; sys.modules['redis'] = None\nfrom digest_http.stores import open_store; open_store('redis://h')"
    child = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env={"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert b"digest-http[redis]" in child.stderr
