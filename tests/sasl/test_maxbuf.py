"""The limits of maxbuf, the peer's and our own, and messages cut into parts to fit."""

from __future__ import annotations

import pytest

from digest_http.errors import ContextExpired, MessageTooLarge


@pytest.mark.obeys("sasl-maxbuf")
def test_a_message_over_the_peers_maxbuf(pair, layer):
    """Refused before anything is consumed; the next one goes through."""
    both = pair(layer, server={"maxbuf": 100}).login()
    limit = both.client.max_message
    assert limit == 100 - (24 if layer in ("3des", "des") else 16)
    with pytest.raises(MessageTooLarge):
        both.client.wrap(bytes(limit + 1))
    record = both.client.wrap(bytes(limit))
    assert len(record) <= 100
    assert both.server.unwrap(record) == bytes(limit)


@pytest.mark.obeys("sasl-maxbuf")
@pytest.mark.parametrize("operation", ["unwrap", "unseal_in_place"])
def test_a_record_over_our_own_maxbuf(pair, layer, operation):
    """Refused before it is deciphered, and the context ends."""
    both = pair(layer, client={"enforce_maxbuf": False}, server={"maxbuf": 100}).login()
    record = bytearray(both.client.wrap(bytes(200)))
    with pytest.raises(MessageTooLarge):
        getattr(both.server, operation)(record)
    assert not both.server.complete


def test_long_messages_in_parts(pair, layer):
    """Each part fits the peer's maxbuf; an empty message is one part."""
    both = pair(layer, server={"maxbuf": 100}).login()
    message = bytes(range(256)) * 4
    records = list(both.client.wrap_parts(memoryview(message)))
    assert max(map(len, records)) <= 100
    assert b"".join(map(both.server.unwrap, records)) == message
    assert [both.server.unwrap(record) for record in both.client.wrap_parts(b"")] == [b""]


def test_parts_without_a_limit(pair):
    """One record, whatever its length."""
    both = pair("rc4", client={"enforce_maxbuf": False}, server={"enforce_maxbuf": False}).login()
    assert both.client.max_message is None
    (record,) = both.client.wrap_parts(bytes(200_000))
    assert both.server.unwrap(record) == bytes(200_000)


def test_parts_stop_when_the_context_ends(pair):
    """A generator left over from a live context seals nothing."""
    both = pair("rc4", server={"maxbuf": 100}).login()
    parts = both.client.wrap_parts(bytes(500))
    next(parts)
    both.client.close()
    with pytest.raises(ContextExpired):
        next(parts)


@pytest.mark.parametrize(("layer", "maxbuf"), [("auth-int", 16), ("3des", 24)])
def test_a_maxbuf_that_leaves_no_room(pair, layer, maxbuf):
    """Refused at once, not at the first message."""
    both = pair(layer, server={"maxbuf": maxbuf + 1}).login()
    assert both.client.max_message == 1
    if maxbuf > 16:  # 16 itself is refused as a setting
        both = pair(layer, server={"maxbuf": maxbuf})
        with pytest.raises(MessageTooLarge):
            both.client.step(both.server.step())
