"""Nonce counts in Redis or Valkey: for servers on several machines.

Steps that are asked for while one round trip is under way share the next: one command, one atomic script
(redis_script.py), one answer. So the cost of the client library is spread over all requests that wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from digest_http.httpauth.nonce_ids import MICROSECONDS, issued_at
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import Verdict

from .epochs import new_epoch
from .redis_script import BUCKET_BITS, LAYOUT, MOST_SECONDS, STEP, VERDICTS
from .redis_wire import Wire

__all__ = ["RedisStore"]

#: Steps of one command: enough for all that wait, few enough not to hold up others who use the server.
TOGETHER: Final = 64

_ID_OCTETS: Final = 20


class _Step(NamedTuple):
    """What advance() is asked, as it goes into the script, and where the answer is awaited."""

    id: bytes
    epoch: bytes
    bucket: int
    nc: int
    window: int
    ahead: int
    lifetime: int
    present: int
    answer: asyncio.Future[Verdict]


class RedisStore:
    """Counts on the server that `connect` gives a wire to; called once for each event loop.

    `prefix` begins all keys, so that several fleets may share a server. `redis_clients.connector(url)` is a `connect`.
    """

    #: Other processes count here too, so the keys of the nonces must be common to them.
    shared: Final = True

    def __init__(self, connect: Callable[[], Wire], prefix: str = "digest-http") -> None:
        self._connect: Final = connect
        self._prefix: Final = b"{%b}:%b:" % (prefix.encode(), LAYOUT)
        # Until the server has told us its epoch: no nonce was counted in this one.
        self._epoch = new_epoch()
        self._lines: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Line]] = WeakKeyDictionary()

    @property
    def epoch(self) -> bytes:
        """See NonceStore.epoch; as of the last answer of the server."""
        return self._epoch

    def advance(
        self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int
    ) -> Awaitable[Verdict]:
        """See NonceStore.advance. Raises redis.RedisError or OSError when the server cannot be asked."""
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            line = self._lines[loop] = _Line(self._connect(), self._prefix, self._learn)
        bucket = issued_at(nonce_id) >> BUCKET_BITS
        ahead = ((bucket + 1 << BUCKET_BITS) - now) // MICROSECONDS + 1
        step = _Step(
            nonce_id.to_bytes(_ID_OCTETS, "big"),
            epoch,
            bucket,
            nc,
            rule.window,
            min(max(ahead, -MOST_SECONDS), MOST_SECONDS),
            min(lifetime // MICROSECONDS + 1, MOST_SECONDS),
            now >> BUCKET_BITS,
            loop.create_future(),
        )
        line.add(step)
        return step.answer

    def _learn(self, epoch: bytes) -> None:
        self._epoch = epoch

    async def close(self) -> None:
        """Close the connections of the running event loop; the next step opens new ones."""
        line = self._lines.pop(asyncio.get_running_loop(), None)
        if line is not None:
            await line.close()

    def __repr__(self) -> str:
        return f"<RedisStore {self._prefix.decode()}>"


class _Line:
    """The steps of one event loop on their way to the server."""

    def __init__(self, wire: Wire, prefix: bytes, learn: Callable[[bytes], None]) -> None:
        self._wire: Final = wire
        self._prefix: Final = prefix
        self._learn: Final = learn
        self._waiting: Final[deque[_Step]] = deque()
        self._sender: asyncio.Task[None] | None = None

    def add(self, step: _Step) -> None:
        """Send it with the next command."""
        self._waiting.append(step)
        if self._sender is None:
            self._sender = asyncio.ensure_future(self._send())

    async def _send(self) -> None:
        waiting = self._waiting
        try:
            while waiting:
                steps = [waiting.popleft() for _ in range(min(len(waiting), TOGETHER))]
                # Whoever gave up waiting needs no count.
                steps = [step for step in steps if not step.answer.done()]
                if steps:
                    await self._ask(steps)
        finally:
            self._sender = None

    async def _ask(self, steps: list[_Step]) -> None:
        try:
            answer = await self._run(steps)
            self._learn(answer[:8])
            verdicts = [VERDICTS[answer[at : at + 1]] for at in range(8, 8 + len(steps))]
        except Exception as error:  # noqa: BLE001 - whatever it is, each request learns that it was not checked
            for step in steps:
                if not step.answer.done():
                    step.answer.set_exception(error)
            return
        except BaseException:
            for step in steps:
                step.answer.cancel()
            raise
        for step, verdict in zip(steps, verdicts, strict=True):
            if not step.answer.done():
                step.answer.set_result(verdict)

    async def _run(self, steps: list[_Step]) -> bytes:
        prefix = self._prefix
        keys: dict[bytes, int] = {prefix + b"life": 1}
        packed: list[bytes] = []
        for step in steps:
            place = keys.setdefault(b"%b%b:%d" % (prefix, step.epoch, step.bucket), len(keys) + 1)
            packed.append(STEP.pack(*step[:5], place, step.ahead, step.lifetime))
        present = max(step.present for step in steps)
        return await self._wire.run(list(keys), [new_epoch(), present, b"".join(packed)])

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()
