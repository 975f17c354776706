"""Live tests whose peers the test group brings: they run on any machine, also on one that has no peer.

CI runs all live tests once, with each peer there, and the rest of the suite on a bare machine beside. There these files
are left to that run (`LIVE_BESIDE=1`), else each of their tests would run twice on the same interpreter. Live tests of
other files are skipped on the bare machine, for want of their peers, and that is what it shows.
"""

#: Only what costs some seconds is worth a line.
LIVE_BESIDE = (
    "tests/cli/test_probe_of_servers.py",
    "tests/client_auth/plugs/test_calls.py",
    "tests/client_auth/plugs/test_forward_proxies.py",
    "tests/client_auth/plugs/test_own_ways.py",
    "tests/client_auth/plugs/test_probes.py",
    "tests/client_auth/plugs/test_redirects.py",
    "tests/client_auth/plugs/test_together.py",
    "tests/client_auth/test_expect.py",
    "tests/clusters/test_clusters.py",
    "tests/direct/test_libraries.py",
    "tests/docs/test_readme.py",
    "tests/examples/test_sites.py",
    "tests/faults/test_load.py",
    "tests/faults/test_one_of_many.py",
    "tests/faults/test_outages.py",
    "tests/faults/test_preload.py",
    "tests/fleet/test_first_login.py",
    "tests/fleet/test_known_workers.py",
    "tests/fleet/test_trio.py",
    "tests/frameworks/test_asgi_servers.py",
    "tests/frameworks/test_wsgi_servers.py",
    "tests/live/test_aiohttp.py",
    "tests/live/test_client_against_served.py",
    "tests/live/test_slow_uploads.py",
    "tests/live/test_trailers.py",
    "tests/live/test_websocket.py",
    "tests/operators/test_throttle.py",
    "tests/reported/test_counts.py",
    "tests/sasl/test_hadoop_rpc.py",
    "tests/sasl/test_hdfs.py",
    "tests/sasl/test_hive_libraries.py",
    "tests/sasl/test_slixmpp.py",
    "tests/stores/test_changing_settings.py",
    "tests/stores/test_settings_of_middlewares.py",
    "tests/stores_shared/test_redis.py",
    "tests/stores_shared/test_redis_epochs.py",
    "tests/stores_shared/test_redis_script.py",
    "tests/stores_shared/test_redis_urls.py",
    "tests/stores_shared/test_redis_wire.py",
    "tests/wsgi/test_servers.py",
)

#: What CI sets for the bare machine; see .ci/run.
SET_BY_CI = "LIVE_BESIDE"
