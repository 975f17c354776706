"""The client's own nonces: where they come from, and what is drawn in advance."""

from binascii import hexlify

import pytest

from digest_http.httpauth.cnonce_source import CnonceSource, ready_of


class Octets:
    """A source of octets that counts what it is asked for."""

    def __init__(self):
        self.asked: list[int] = []

    def __call__(self, number):
        self.asked.append(number)
        return bytes((index // 16 + len(self.asked)) % 256 for index in range(number))


@pytest.mark.obeys("cnonce-is-random")
def test_sixty_four_at_once():
    """One call to the system serves 64 draws, each of 128 bits in hex, and no octet serves two of them."""
    source = Octets()
    cnonces = CnonceSource(source)
    drawn = [cnonces.draw() for _ in range(64)]
    assert source.asked == [1024]
    assert sorted(drawn) == [hexlify(bytes([number]) * 16) for number in range(1, 65)]
    cnonces.draw()
    assert source.asked == [1024, 1024]


def test_what_was_drawn_in_advance_can_be_forgotten():
    """The next one then comes from a new call."""
    source = Octets()
    cnonces = CnonceSource(source)
    cnonces.draw()
    cnonces.forget()
    assert cnonces.draw() != hexlify(bytes([1]) * 16)
    assert source.asked == [1024, 1024]


def test_the_source_is_the_systems_unless_given():
    """Two sources of their own never agree."""
    first, second = CnonceSource(), CnonceSource()
    drawn = [cnonces.draw() for _ in range(200) for cnonces in (first, second)]
    assert len(set(drawn)) == len(drawn)
    assert {len(cnonce) for cnonce in drawn} == {32}


def test_what_is_ready_is_known_by_the_function():
    """The very list that `draw` takes from; for any other function one that stays empty."""
    cnonces = CnonceSource(Octets())
    assert ready_of(cnonces.draw) is cnonces.ready
    first = cnonces.draw()
    taken = cnonces.ready.pop()
    assert len({first, taken, *(cnonces.draw() for _ in range(62))}) == 64
    assert not cnonces.ready
    assert ready_of(lambda: b"") == ready_of("a".encode) == []
