"""What the stage keeps is bounded, whoever sends it, and its drawings say what was kept."""

from __future__ import annotations

import asyncio

import pytest

from demo_app.stage import drawings, exchanges, raw
from demo_app.stage.clock import Clock
from demo_app.stage.exchanges import Exchange, Exchanges
from digest_http.httpauth.sequence import DEFAULT_WINDOW


def answer(nonce: str, nc: int = 1) -> bytes:
    """An Authorization value with this nonce and count."""
    return (
        f'Digest username="alice", realm="demo", nonce="{nonce}", uri="/", response="0", algorithm=SHA-256, qop=auth, '
        f'nc={nc:08x}, cnonce="c"'
    ).encode()


def passed(
    kept: Exchanges, authorization: bytes | None = None, *, reason: str = "accepted", status: int = 200, at: float = 0.0
) -> Exchange:
    """One exchange, from its beginning to its answer."""
    exchange = kept.begin(at=at, method="GET", target="/", authorization=authorization, agent="curl/8", scheme="http")
    if reason:
        kept.judged(exchange, reason, "alice")
    kept.answered(exchange, status, (), None)
    return exchange


def test_the_memory_is_bounded():
    """However many exchanges, nonces, counts and octets come."""
    kept = Exchanges()
    for number in range(exchanges.KEPT + 100):
        passed(kept, answer(f"n{number}"))
        challenge = b'Digest realm="r", nonce="%d", qop="auth"' % number
        kept.answered(passed(kept, None, reason="no-credentials"), 401, (challenge,), None)
    assert len(list(kept.newest_first())) == exchanges.KEPT
    names = [b"%d" % number for number in range(exchanges.KEPT + 100)]
    assert sum(kept.counts(b"n" + name) != () for name in names) == exchanges.NONCES
    assert sum(kept.offered_with(name) != () for name in names) == exchanges.NONCES
    for nc in range(1, exchanges.COUNTS + 100):
        passed(kept, answer("one", nc))
    assert len(kept.counts(b"one")) == exchanges.COUNTS
    exchange = passed(kept, b"Digest " + b"x" * exchanges.LONGEST, reason="malformed", status=400)
    assert exchange.authorization is None
    kept.answered(exchange, 401, (b"Digest " + b"x" * exchanges.LONGEST,), None)
    assert exchange.challenges == ()


@pytest.mark.parametrize(
    "field", [None, b"", b"Basic YTpi", b"Digest", b"Digest x", b"Digest \xff=\xff", b"Digest nonce=", b"\x00" * 9]
)
def test_what_is_no_answer_has_no_credentials(field):
    """Whatever octets stand in the field."""
    exchange = passed(Exchanges(), field, reason="malformed", status=400)
    assert exchange.credentials is None
    assert exchange.realm == ""


def test_a_challenge_is_found_by_any_of_its_nonces():
    """Each offer has a nonce of its own, and they came together."""
    kept = Exchanges()
    offers = (b'Digest realm="r", nonce="a"', b'Digest realm="r", nonce="b"')
    kept.answered(passed(kept, None, reason="no-credentials"), 401, offers, None)
    assert kept.offered_with(b"a") == kept.offered_with(b"b") == offers
    assert kept.offered_with(b"c") == ()


@pytest.mark.parametrize(
    ("reason", "status", "stale", "outcome"),
    [
        ("accepted", 200, False, "accepted"),
        ("accepted", 404, False, "accepted"),
        ("no-credentials", 401, False, "challenged"),
        ("nonce-expired", 401, True, "renewed"),
        ("nonce-foreign", 401, True, "renewed"),
        ("nc-replayed", 401, True, "refused"),
        ("nc-out-of-sequence", 401, True, "refused"),
        ("wrong-digest", 401, False, "refused"),
        ("unknown-user", 401, False, "refused"),
        ("uri", 400, False, "refused"),
        ("", 200, False, "public"),
        ("", 303, False, "public"),
        ("", 404, False, "public"),
    ],
)
def test_the_outcome_of_each_reason(reason, status, stale, outcome):
    """A thief and a browser that lost count are told the same; the page tells them apart."""
    kept = Exchanges()
    exchange = passed(kept, answer("n"), reason=reason, status=status)
    kept.answered(exchange, status, (b"Digest stale=true",) if stale else (), None)
    assert exchange.outcome == outcome
    assert outcome in drawings.OUTCOMES


def test_the_window_is_a_ring_of_places():
    """Each count has one place; behind the highest a count that did not come is still good."""
    cells = drawings.window([1, 2, 5, 4])
    assert len(cells) == len({(cell.x, cell.y) for cell in cells}) == DEFAULT_WINDOW
    assert [cell.state for cell in cells[:6]] == ["seen", "seen", "missed", "last", "seen", "free"]
    after = drawings.window(range(1, DEFAULT_WINDOW + 11))
    assert [cell.count for cell in after] == list(range(11, DEFAULT_WINDOW + 11))
    assert {cell.state for cell in after} == {"seen", "last"}
    assert after[0].x == 10
    assert {cell.state for cell in drawings.window([])} == {"free"}


def test_the_order_of_arrival_marks_who_was_overtaken():
    """A count is late if a higher one had come."""
    assert drawings.overtaken([1, 3, 2, 4, 6, 5], 4) == ((2, True), (4, False), (6, False), (5, True))
    assert drawings.overtaken([], 4) == ()


def test_the_last_minute_is_drawn_to_scale():
    """A column a second, no higher than the drawing, and nothing of what is older; the sums hold all that is kept."""
    kept = Exchanges()
    for number in range(20):
        passed(kept, answer("n", number + 1), at=100.0)
    passed(kept, None, reason="", at=90.0)
    passed(kept, answer("n", 99), at=10.0)
    drawn = drawings.minute(kept, 100.5)
    assert sum(bar.height for bar in drawn.bars if bar.x == drawings.SECONDS - 1) == drawings.HEIGHT
    assert min(bar.y for bar in drawn.bars) == 0
    assert {(bar.x, bar.outcome) for bar in drawn.bars} == {(59, "accepted"), (49, "public")}
    assert {name: number for name, _meaning, number in drawn.sums if number} == {"accepted": 21, "public": 1}


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox"),
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36", "Chromium"),
        ("Mozilla/5.0 (X11) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26 Safari/605.1.15", "Safari or WebKit"),
        ("curl/8.14", "curl"),
        ("x" * 500, "x" * 20),
        ("", ""),
    ],
)
def test_browsers_are_called_by_their_names(agent, name):
    """As far as they say who they are; a stranger's word is cut."""
    assert drawings.browser_of(agent) == name


def test_the_clock_goes_on_only():
    """Time can be pushed on for the nonces, never back."""
    clock = Clock()
    before = clock.now()
    clock.advance(100)
    clock.advance(-1000)
    assert clock.now() >= before + 100


@pytest.mark.parametrize(
    "octets", [b"", b"HTTP/1.1 200", b"\r\n\r\n", b"nonsense\r\n\r\n", b"HTTP/1.1 no\r\n\r\n", b"x" * 99999]
)
def test_an_answer_that_is_none_is_said_to_be_none(octets):
    """Whatever a server sends, an attack ends in a sentence and not in an error page."""

    async def talk() -> None:
        async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(octets)
            writer.close()

        async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
            await raw.send("127.0.0.1", server.sockets[0].getsockname()[1], b"GET / HTTP/1.1\r\n\r\n")

    with pytest.raises(raw.NoAnswer):
        asyncio.run(talk())
