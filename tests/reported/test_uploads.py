"""Reported inputs about bodies that take long; the kind is tested in tests/middleware, tests/stores and tests/live."""

import pytest

from tests.attacks.driver import Server
from tests.middleware.slow_bodies import BODY, pass_time, upload
from tests.stores.nonce_stores import BOUNDED

KEYS = [b"k" * 32]


@pytest.fixture(params=BOUNDED)
def store(request):
    """An empty store."""
    return BOUNDED[request.param](100)


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        pytest.param({"nonce_lifetime": 3600}, 400, id="B48"),
        pytest.param({}, 400, id="B48a"),
    ],
)
@pytest.mark.parametrize("qop", [["auth-int"], ["auth", "auth-int"]], ids=["auth-int", "both"])
def test_an_upload_of_400_seconds(store, settings, seconds, qop):
    """The first sending gets through, whatever is left of the nonce when it begins; a second one of it does not."""
    server = Server(store=store, keys=KEYS, qop=qop, **settings)
    for age in (0, 1, 299):
        signer = server.signer()
        authorization = signer.sign("PUT", "/up", 1, body=BODY)
        server.clock.now += age
        assert upload(server, authorization, pass_time(server, seconds), method="PUT").status == 200
        assert upload(server, authorization, pass_time(server, 0), method="PUT").status == 401


@pytest.mark.parametrize(
    "others", [pytest.param(127, id="inside the window"), pytest.param(200, id="beyond the window")]
)
@pytest.mark.parametrize("window", [128, 1])
def test_an_upload_that_many_requests_overtake(store, others, window):
    """None of them is refused, and neither is the upload."""
    server = Server(store=store, keys=KEYS, qop=["auth", "auth-int"], window=window)
    signer = server.signer()
    statuses: list[int] = []

    def meanwhile():
        statuses.extend(server.get(signer, nc).status for nc in range(2, 2 + others))

    assert upload(server, signer.sign("POST", "/up", 1, body=BODY), meanwhile).status == 200
    assert statuses == [200] * others
