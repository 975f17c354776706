"""Clients that try once only (requests, httpx): their first login must be right wherever it goes."""

from __future__ import annotations

import time

import httpx
import pytest
import redis
import requests
from requests.auth import HTTPDigestAuth

from digest_http.stores.freshness import FRESH
from tests.faults.fleet import PASSWORD, USER, fleet
from tests.stores_shared.redis_servers import RedisServer

pytestmark = pytest.mark.live


def with_requests(url):
    """A session of its own, as a program that was just started has it."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, auth=HTTPDigestAuth(USER, PASSWORD), timeout=10).status_code


def with_httpx(url):
    """The same with httpx."""
    with httpx.Client(auth=httpx.DigestAuth(USER, PASSWORD), trust_env=False, timeout=10) as client:
        return client.get(url).status_code


CLIENTS = (with_requests, with_httpx)


def test_new_workers(tmp_path):
    """Workers that counted nothing yet, in a fleet that has an epoch already."""
    redis_server = RedisServer(tmp_path)
    redis_server.start()
    try:
        with redis.Redis.from_url(redis_server.url) as client, fleet(tmp_path, 2, store=redis_server.url) as servers:
            assert client.keys("*:life")
            assert [login(servers.url) for _ in range(4) for login in CLIENTS] == [200] * 8
    finally:
        redis_server.stop()


@pytest.mark.parametrize("loss", ["flushed", "restarted", "down meanwhile"])
def test_hosts_after_an_epoch_changed(tmp_path, loss):
    """Each host learns of it by itself, before the challenge to the first client that comes."""
    redis_server = RedisServer(tmp_path)
    redis_server.start()
    try:
        with fleet(tmp_path, store=redis_server.url) as one, fleet(tmp_path, store=redis_server.url) as other:
            assert [login(host.url) for host in (one, other) for login in CLIENTS] == [200] * 4
            if loss == "flushed":
                with redis.Redis.from_url(redis_server.url) as client:
                    client.flushall()
            else:
                redis_server.kill()
                if loss == "down meanwhile":
                    assert [httpx.get(host.url, trust_env=False).status_code for host in (one, other)] == [401, 401]
                redis_server.start()
            time.sleep(FRESH)
            assert [login(host.url) for host in (one, other) for login in CLIENTS] == [200] * 4
    finally:
        redis_server.stop()
