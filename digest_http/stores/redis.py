"""Nonce counts in Redis or Valkey: for servers on several machines.

Steps that are asked for while one round trip is under way share the next: one command, one atomic script
(redis_script.py), one answer. So the cost of the client library is spread over all requests that wait.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeAlias

from digest_http.httpauth.nonce_ids import MICROSECONDS, RANDOM_BITS
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import Verdict
from digest_http.settings import function, refusal, text

from .epoch_log import ClockWatch, log_new_epoch
from .epochs import new_epoch
from .freshness import Freshness
from .redis_loops import PerLoop
from .redis_script import BUCKET_BITS, LAYOUT, MOST_SECONDS, REASONS, STEP, VERDICTS
from .redis_wire import Wire

__all__ = ["RedisStore"]

#: Steps of one command: enough for all that wait, few enough not to hold up others who use the server.
TOGETHER: Final = 64

_ID_OCTETS: Final = 20

#: Above these bits of an id stands the bucket.
_BUCKET_SHIFT: Final = RANDOM_BITS + BUCKET_BITS

#: What the keys of a fleet begin with.
DEFAULT_PREFIX: Final = "digest-http"

logger: Final = logging.getLogger("digest_http.stores")


#: What advance() is asked, as it goes into the script, and where the answer is awaited: id, epoch, bucket, nc, window,
#: ahead, lifetime, present, answer. A tuple, since each request makes one.
_Step: TypeAlias = tuple[bytes, bytes, int, int, int, int, int, int, asyncio.Future[Verdict]]


class Reading(NamedTuple):
    """The clock of the nonces, in microseconds, and when it was read, in seconds of the monotonic clock."""

    now: int
    at: float


class RedisStore:
    """Counts on the server that `connect` gives a wire to; called once for each event loop.

    `prefix` begins all keys, so that several fleets may share a server. `redis_clients.connector(url)` is a `connect`.
    Raises ConfigurationError for a setting that cannot work.
    """

    #: Other processes count here too, so the keys of the nonces must be common to them.
    shared: Final = True

    def __init__(self, connect: Callable[[], Wire], prefix: str = DEFAULT_PREFIX) -> None:
        function("connect", connect, 0, example="connector('redis://host:6379/0')")
        # Braces say which node of a cluster has a key, and all keys of a step have to be on one.
        if not text("prefix", prefix, example=DEFAULT_PREFIX) or {"{", "}"} & {*prefix}:
            raise refusal("prefix", prefix, f"text without braces, for instance prefix={DEFAULT_PREFIX!r}")
        self._prefix: Final = b"{%b}:%b:" % (prefix.encode(), LAYOUT)
        # Until the server has told us its epoch: no nonce was counted in this one.
        self._epoch = new_epoch()
        self._told = b""  # the epoch whose beginning is known or logged
        self._freshness: Final = Freshness()
        self._clocks: Final = ClockWatch(self)
        self._lines: Final = PerLoop(lambda: _Line(connect(), self._prefix, self._learn, self._hear))

    @property
    def epoch(self) -> bytes:
        """See NonceStore.epoch; as of the last answer of the server."""
        return self._epoch

    def advance(
        self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int
    ) -> Awaitable[Verdict]:
        """See NonceStore.advance. Raises redis.RedisError or OSError when the server cannot be asked.

        Raises ConfigurationError under an event loop that is not one of asyncio.
        """
        line = self._lines.get()
        bucket = nonce_id >> _BUCKET_SHIFT
        ahead = ((bucket + 1 << BUCKET_BITS) - now) // MICROSECONDS + 1
        if not -MOST_SECONDS <= ahead <= MOST_SECONDS:
            ahead = MOST_SECONDS if ahead > 0 else -MOST_SECONDS
        kept = lifetime // MICROSECONDS + 1
        answer: asyncio.Future[Verdict] = line.loop.create_future()
        line.add(
            (
                nonce_id.to_bytes(_ID_OCTETS, "big"),
                epoch,
                bucket,
                nc,
                rule.window,
                ahead,
                kept if kept < MOST_SECONDS else MOST_SECONDS,  # noqa: FURB136 - a call takes longer
                now >> BUCKET_BITS,
                answer,
            )
        )
        return answer

    async def refresh(self, now: int) -> None:
        """See NonceStore.refresh. Whatever happens to the server, it takes half a second at most, and seldom.

        Raises ConfigurationError under an event loop that is not one of asyncio.
        """
        line = self._lines.get()
        reading = Reading(now, time.monotonic())
        patience = self._freshness.patience()
        if patience:
            await asyncio.wait([line.question(reading)], timeout=patience)
        elif self._freshness.comparison_due():
            line.question(reading)

    def _learn(self, epoch: bytes) -> bool:
        """Take the epoch of an answer; whether the server should be asked why there is another one."""
        self._epoch = epoch
        self._freshness.learnt()
        if not self._told:
            self._told = epoch
        return epoch != self._told

    def _hear(self, why: bytes, server: int | None, reading: Reading | None) -> None:
        """Take the answer to a question."""
        if self._epoch != self._told:
            self._told = self._epoch
            log_new_epoch(self, REASONS.get(why, "the server does not say why"))
        self._freshness.compared()
        if server is not None and reading is not None:
            after = reading.now + round((time.monotonic() - reading.at) * MICROSECONDS)
            self._clocks.compare(server, reading.now, after)

    async def close(self) -> None:
        """Close the connections of the running event loop; the next step opens new ones."""
        await self._lines.close()

    def __repr__(self) -> str:
        return f"<RedisStore {self._prefix.decode()}>"


class _Line:
    """The steps of one event loop on their way to the server, and the questions for its epoch."""

    def __init__(
        self,
        wire: Wire,
        prefix: bytes,
        learn: Callable[[bytes], bool],
        hear: Callable[[bytes, int | None, Reading | None], None],
    ) -> None:
        self.loop: Final = asyncio.get_running_loop()
        self._wire: Final = wire
        self._prefix: Final = prefix
        self._learn: Final = learn
        self._hear: Final = hear
        self._waiting: Final[deque[_Step]] = deque()
        self._question: asyncio.Future[None] | None = None
        self._reading: Reading | None = None
        self._sender: asyncio.Task[None] | None = None

    def add(self, step: _Step) -> None:
        """Send it with the next command."""
        self._waiting.append(step)
        self._begin()

    def question(self, reading: Reading | None) -> asyncio.Future[None]:
        """Done when the server has told its epoch, or failed to; one for all who ask before that."""
        if self._question is None:
            self._question, self._reading = asyncio.get_running_loop().create_future(), reading
            self._begin()
        return self._question

    def _begin(self) -> None:
        if self._sender is None:
            self._sender = asyncio.ensure_future(self._send())

    async def _send(self) -> None:
        waiting = self._waiting
        try:
            while waiting or self._question is not None:
                if self._question is not None:
                    await self._ask_epoch(self._question)
                steps = [waiting.popleft() for _ in range(min(len(waiting), TOGETHER))]
                # Whoever gave up waiting needs no count.
                steps = [step for step in steps if not step[-1].done()]
                if steps:
                    await self._ask(steps)
        finally:
            self._sender = None

    async def _ask_epoch(self, question: asyncio.Future[None]) -> None:
        try:
            answer = await self._run([])
            self._learn(answer[:8])
            self._hear(answer[8:9], int(answer[9:]) if answer[9:] else None, self._reading)
        except Exception:
            # Whatever it is, nobody is refused for it: the next step will meet it too.
            logger.debug("the nonce store's server did not tell its epoch", exc_info=True)
        finally:
            self._question = None
            if not question.done():
                question.set_result(None)

    async def _ask(self, steps: list[_Step]) -> None:
        try:
            answer = await self._run(steps)
            another = self._learn(answer[:8])
            verdicts = [VERDICTS[answer[at : at + 1]] for at in range(8, 8 + len(steps))]
        except Exception as error:  # noqa: BLE001 - whatever it is, each request learns that it was not checked
            for *_, waits in steps:
                if not waits.done():
                    waits.set_exception(error)
            return
        except BaseException:
            for *_, waits in steps:
                waits.cancel()
            raise
        for step, verdict in zip(steps, verdicts, strict=True):
            if not step[-1].done():
                step[-1].set_result(verdict)
        if another:
            self.question(None)

    async def _run(self, steps: list[_Step]) -> bytes:
        prefix = self._prefix
        keys, places, latest = [prefix + b"life"], dict[tuple[bytes, int], int](), 0
        packed: list[bytes] = []
        for id_, epoch, bucket, nc, window, ahead, lifetime, present, _ in steps:
            place = places.get((epoch, bucket))
            if place is None:
                keys.append(b"%b%b:%d" % (prefix, epoch, bucket))
                place = places[epoch, bucket] = len(keys)
            latest = max(latest, present)
            packed.append(STEP.pack(id_, epoch, bucket, nc, window, place, ahead, lifetime))
        return await self._wire.run(keys, [new_epoch(), latest, b"".join(packed)])

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()
