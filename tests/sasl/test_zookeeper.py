"""ZooKeeper with kazoo, over our client."""

from __future__ import annotations

import importlib

import pytest

from digest_http.sasl.libraries.pure_sasl import use_digest
from digest_http.sasl.plugs import PureSASLClient
from tests.live.peers import HOST, free_port, peer_file, program, python_peer, running, wait_until_listening
from tests.sasl.pages import block

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def zookeeper(tmp_path_factory):
    """The address of a server that takes DIGEST-MD5 logins only."""
    java = program("java", package="openjdk-17-jdk-headless")
    jar = peer_file("/usr/share/java/zookeeper.jar", package="zookeeper")
    logging = peer_file("/usr/share/java/slf4j-nop.jar", package="libslf4j-java")
    folder = tmp_path_factory.mktemp("zookeeper")
    port, log = free_port(), folder / "log"
    (folder / "jaas.conf").write_text(
        "Server { org.apache.zookeeper.server.auth.DigestLoginModule required\n"
        '  user_chris="secret" user_Zoe="Gemuese"; };\n'
    )
    (folder / "zoo.cfg").write_text(
        f"dataDir={folder}\nclientPort={port}\nclientPortAddress={HOST}\nadmin.enableServer=false\n"
        "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider\n"
        "sessionRequireClientSASLAuth=true\n"
    )
    command = [
        java,
        "-cp",
        f"{jar}:{logging}",
        f"-Djava.security.auth.login.config={folder / 'jaas.conf'}",
        "org.apache.zookeeper.server.ZooKeeperServerMain",
        str(folder / "zoo.cfg"),
    ]
    with running(command, log) as process:
        wait_until_listening(process, port, log)
        yield f"{HOST}:{port}"


@pytest.fixture
def kazoo_client(zookeeper, monkeypatch):
    """The example's client for a name and password, stopped at the end; pure-sasl's name is put back."""
    pure_sasl = python_peer("puresasl.client")
    python_peer("kazoo.client")
    monkeypatch.setattr(pure_sasl, "SASLClient", pure_sasl.SASLClient)
    made = []

    def make(username, password):
        made.append(importlib.import_module("examples.sasl_kazoo").client(zookeeper, username, password))
        return made[-1]

    yield make
    for client in made:
        client.stop()
        client.close()


@pytest.mark.parametrize(("username", "password"), [("chris", "secret"), ("Zoe", "Gemuese")])
def test_kazoo_logs_in(kazoo_client, username, password):
    """And the server lets it write, which it lets nobody else."""
    client = kazoo_client(username, password)
    client.start(timeout=20)
    client.create(f"/{username}", b"value")
    value, _ = client.get(f"/{username}")
    assert value == b"value"


def start_and_read(client):
    """One of the two fails, by how fast the threads are."""
    client.start(timeout=3)
    client.get("/")


# kazoo lets the server's answer to a failed login end its thread.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_kazoo_with_a_wrong_password(kazoo_client):
    """The session never opens, and whatever is asked of it fails."""
    errors = importlib.import_module("kazoo.exceptions")
    client = kazoo_client("chris", "wrong")
    with pytest.raises((errors.KazooException, importlib.import_module("kazoo.handlers.threading").KazooTimeoutError)):
        start_and_read(client)
    assert not client.connected


def test_other_mechanisms_stay_pure_sasls(kazoo_client):
    """Other users of pure-sasl in the process keep theirs, and a second call changes nothing more."""
    kazoo_client("chris", "secret")
    module = python_peer("puresasl.client")
    chosen = module.SASLClient
    kazoo_client("chris", "secret")
    assert module.SASLClient is chosen
    plain = chosen("host", "imap", mechanism="PLAIN", username="chris", password="secret")
    assert isinstance(plain, chosen)
    assert plain.process() == b"\x00chris\x00secret"
    undecided = chosen("host", "imap", username="chris", password="secret")
    undecided.choose_mechanism(["PLAIN", "UNKNOWN"], allow_anonymous=False)
    assert undecided.mechanism == "PLAIN"
    with pytest.raises(python_peer("puresasl").SASLError):
        chosen("host", "imap", mechanism="SCRAM-SHA-256", username="chris", password="secret")
    assert isinstance(chosen("host", "imap", "DIGEST-MD5", username="chris", password="secret"), PureSASLClient)


def test_as_the_page_says(zookeeper, kazoo_client):
    """Two lines."""
    kazoo_client("chris", "secret")  # so that pure-sasl's name is put back
    names = {"use_digest": use_digest, "KazooClient": python_peer("kazoo.client").KazooClient, "hosts": zookeeper}
    source = block("kazoo")
    assert len(source.splitlines()) == 2
    exec(source, names)  # noqa: S102  # running the page is the test
    client = names["client"]
    client.start(timeout=20)
    assert "zookeeper" in client.get_children("/")
    client.stop()
    client.close()
