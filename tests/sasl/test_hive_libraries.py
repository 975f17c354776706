"""PyHive and impyla through our transport, one line each, as the page has them."""

from __future__ import annotations

import pytest

from digest_http.sasl.libraries.thrift import hive_transport, impyla_connection
from tests.live.peers import HOST, python_peer
from tests.sasl.hive_server import hive_server
from tests.sasl.pages import block

pytestmark = pytest.mark.live


@pytest.mark.parametrize("qop", ["auth", "auth-int", "auth-conf"])
@pytest.mark.parametrize("library", ["PyHive", "impyla"])
# Both were made for older Pythons.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_statements_through_every_layer(library, qop):
    """A login, a session, a statement."""
    for name in ("thrift_sasl", "impala.hiveserver2", "pyhive.hive"):
        python_peer(name)
    source = block(library)
    assert len(source.splitlines()) == 1
    with hive_server(qop) as (port, statements):
        names = {
            "hive": python_peer("pyhive.hive"),
            "TSocket": python_peer("thrift.transport.TSocket").TSocket,
            "hive_transport": hive_transport,
            "impyla_connection": impyla_connection,
            "host": HOST,
            "port": port,
            "username": "chris",
            "password": "secret",
        }
        exec(source.replace("auth-conf", qop), names)  # noqa: S102  # running the page is the test
        cursor = names["connection"].cursor()
        cursor.execute("CREATE TABLE cats (name STRING)")
        cursor.close()
        names["connection"].close()
    assert statements[-1] == "CREATE TABLE cats (name STRING)"


def test_a_wrong_password():
    """Thrift's own error."""
    errors = python_peer("thrift.transport.TTransport")
    python_peer("thrift_sasl")
    with hive_server("auth") as (port, _):
        socket = python_peer("thrift.transport.TSocket").TSocket(HOST, port)
        transport = hive_transport(socket, "chris", "wrong", qop="auth")
        with pytest.raises(errors.TTransportException):
            transport.open()
        transport.close()
