"""Whose address a request has: that of its connection, or what a declared proxy says of it."""

from __future__ import annotations

import pytest

from digest_http_middleware.addresses import Addresses

PROXY, OTHER_PROXY, CLIENT, LIAR = "10.0.0.1", "10.0.0.2", "203.0.113.5", "198.51.100.9"


def address(proxies, peer, *values, header="X-Forwarded-For"):
    """The address of a request from `peer` with these fields."""
    headers = [(b"host", b"h"), *((header.lower().encode(), value.encode("latin-1")) for value in values)]
    scope = {"type": "http", "client": peer and (peer, 1), "headers": headers}
    return Addresses(proxies, header).of(scope)


@pytest.mark.parametrize(("proxies", "peer", "values", "found"), [
    ([], CLIENT, [], CLIENT),
    ([], CLIENT, [LIAR], CLIENT),
    ([], None, [LIAR], None),
    ([PROXY], CLIENT, [LIAR], CLIENT),
    ([PROXY], None, [LIAR], None),
    ([PROXY], PROXY, [], PROXY),
    ([PROXY], PROXY, [CLIENT], CLIENT),
    ([PROXY], PROXY, [f"{LIAR}, {CLIENT}"], CLIENT),
    ([PROXY], PROXY, [LIAR, CLIENT], CLIENT),
    ([PROXY], PROXY, [f"{LIAR},{CLIENT},{PROXY}"], CLIENT),
    (["10.0.0.0/8"], PROXY, [f"{LIAR}, {CLIENT} , {OTHER_PROXY}"], CLIENT),
    ([PROXY], PROXY, [f"{CLIENT}, {OTHER_PROXY}"], OTHER_PROXY),
    (["10.0.0.0/8"], PROXY, ["10.1.2.3"], "10.1.2.3"),
    (["10.0.0.0/8"], PROXY, [f"{CLIENT}, unknown"], PROXY),
    (["10.0.0.0/8"], PROXY, [f"{CLIENT}, nobody, {OTHER_PROXY}"], OTHER_PROXY),
    ([PROXY], PROXY, [f"{CLIENT}, "], PROXY),
    ([PROXY], PROXY, [""], PROXY),
    ([PROXY], PROXY, ["1.2.3.4.5"], PROXY),
    ([PROXY], PROXY, ["999.1.1.1"], PROXY),
    ([PROXY], PROXY, [":::"], PROXY),
    ([PROXY], PROXY, ["203.0.113.5\x00"], PROXY),
    ([PROXY], PROXY, [f"{CLIENT}:4711"], CLIENT),
    ([PROXY], PROXY, ["[2001:DB8::5]:4711"], "2001:db8::5"),
    ([PROXY], PROXY, ["[2001:db8::5]"], "2001:db8::5"),
    ([PROXY], PROXY, ["2001:db8:0::5"], "2001:db8::5"),
    (["::1"], "::1", [CLIENT], CLIENT),
    (["fd00::/8"], "fd00::7", [CLIENT], CLIENT),
    (["10.0.0.0/8"], "::ffff:10.0.0.1", [CLIENT], CLIENT),
    (["unix"], None, [CLIENT], CLIENT),
    (["unix"], PROXY, [CLIENT], PROXY),
    (["unix"], None, [], None),
    ([PROXY], "testclient", [CLIENT], "testclient"),
    (PROXY, PROXY, [CLIENT], CLIENT),
])  # fmt: skip
def test_the_address(proxies, peer, values, found):
    """From the end of the field, as far as the addresses are proxies of ours, and no further."""
    assert address(proxies, peer, *values) == found


def test_another_field():
    """The field is the one that was named, in any case, and no other."""
    assert address([PROXY], PROXY, CLIENT, header="X-Real-IP") == CLIENT
    scope = {"client": (PROXY, 1), "headers": [(b"x-forwarded-for", LIAR.encode()), (b"x-real-ip", CLIENT.encode())]}
    assert Addresses([PROXY], "X-Real-Ip").of(scope) == CLIENT


def test_a_scope_without_a_client():
    """ASGI lets a server leave the key out."""
    assert Addresses().of({"headers": []}) is None
