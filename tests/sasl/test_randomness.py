"""Where nonce and cnonce come from."""

from __future__ import annotations


def test_randomness_comes_from_outside(pair):
    """30 octets each, in base64, and used as given."""
    asked = []

    def random(count):
        asked.append(count)
        return bytes(range(count))

    both = pair(client={"random": random}, server={"random": random}).login()
    assert asked == [30, 30]
    assert both.server.response is not None
    assert both.server.response.cnonce == both.server.response.nonce == b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"


def test_randomness_differs_each_time(pair):
    """The default source is not a constant."""
    tokens = {pair().server.step() for _ in range(20)}
    assert len(tokens) == 20
