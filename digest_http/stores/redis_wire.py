"""How the script gets to the server and its answer back, through redis-py's asyncio clients.

`HeldConnection` keeps one connection of the client's pool for an event loop. `ThroughClient` leaves each command to the
client, as Redis Cluster needs: it knows which node is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from importlib import import_module
from typing import Final, Protocol

from .redis_script import SCRIPT

__all__ = ["Client", "ClientOfPool", "HeldConnection", "ThroughClient", "Wire"]

#: Seconds an answer may take, a new connection included. source_timeout, which bounds a request, is longer by default.
ANSWER: Final = 3.0


class Wire(Protocol):
    """What carries the script for one event loop; one run at a time."""

    async def run(self, keys: Sequence[bytes], arguments: Sequence[bytes | int]) -> bytes:
        """The script's answer. Raises redis.RedisError, OSError or TimeoutError when there is none."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class Script(Protocol):
    """A script that a client knows."""

    sha: str

    def __call__(self, keys: Sequence[bytes], arguments: Sequence[bytes | int]) -> Awaitable[object]:
        """Run it."""
        ...


class Connection(Protocol):
    """The part of redis.asyncio.Connection that is used here."""

    async def send_packed_command(self, command: bytes) -> None:
        """Write one command."""
        ...

    async def read_response(self, disable_decoding: bool) -> object:  # noqa: FBT001 - the library's signature
        """The next answer; an answer that is an error is raised."""
        ...

    async def disconnect(self, nowait: bool) -> None:  # noqa: FBT001 - the library's signature
        """Close the socket."""
        ...


class Client(Protocol):
    """The part of redis-py's asyncio clients that is used here."""

    def register_script(self, script: str) -> Script:
        """The script, sent whole only to a server that does not know it."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Pool(Protocol):
    """The part of redis.asyncio.ConnectionPool that is used here."""

    async def get_connection(self) -> Connection:
        """A connection that is open, for nobody else until it is released."""
        ...

    async def release(self, connection: Connection) -> None:
        """Give it back."""
        ...


class ClientOfPool(Client, Protocol):
    """The client of one server, or of a service that Sentinel watches."""

    @property
    def connection_pool(self) -> Pool:
        """Where its connections come from."""
        ...


class HeldConnection:
    """One connection of `client`, kept from script to script.

    A client takes a connection from its pool, looks after its health and sets two timers for each command: twice the
    work of the exchange itself. Here one timer bounds the whole.
    """

    def __init__(self, client: ClientOfPool) -> None:
        self._client: Final = client
        self._pool: Final = client.connection_pool
        self._errors: Final = import_module("redis.exceptions")
        self._sha: Final = client.register_script(SCRIPT).sha.encode()
        self._connection: Connection | None = None

    async def run(self, keys: Sequence[bytes], arguments: Sequence[bytes | int]) -> bytes:
        """See Wire.run."""
        async with asyncio.timeout(ANSWER):
            if self._connection is not None:
                try:
                    return await self._exchange(self._connection, keys, arguments)
                except self._errors.ResponseError:
                    raise
                except Exception:  # noqa: BLE001, S110 - whatever a loop and the library make of a dead connection
                    # No answer: it may have died while nobody used it, so the step is sent again. If it had been
                    # counted, it is a replay now, which the client overcomes with a fresh nonce.
                    pass
            # Through the pool again: after a failover Sentinel names another server.
            self._connection = await self._pool.get_connection()
            return await self._exchange(self._connection, keys, arguments)

    async def _exchange(self, connection: Connection, keys: Sequence[bytes], arguments: Sequence[bytes | int]) -> bytes:
        words = (len(keys), *keys, *arguments)
        try:
            try:
                await connection.send_packed_command(packed(b"EVALSHA", self._sha, *words))
                answer = await connection.read_response(disable_decoding=True)
            except self._errors.NoScriptError:  # a server that is new, or was started again
                await connection.send_packed_command(packed(b"EVAL", SCRIPT.encode(), *words))
                answer = await connection.read_response(disable_decoding=True)
        except BaseException:
            # An answer that comes later would be taken for that of the next command; a server that answers with an
            # error may be the wrong one (READONLY).
            self._connection = None
            await connection.disconnect(nowait=True)
            await self._pool.release(connection)
            raise
        return octets(answer)

    async def close(self) -> None:
        """See Wire.close."""
        await self._client.aclose()


class ThroughClient:
    """Each script is a command of the client."""

    def __init__(self, client: Client) -> None:
        self._client: Final = client
        self._script: Final = client.register_script(SCRIPT)

    async def run(self, keys: Sequence[bytes], arguments: Sequence[bytes | int]) -> bytes:
        """See Wire.run. Raises TypeError for a client that decodes answers."""
        return octets(await self._script(keys, arguments))

    async def close(self) -> None:
        """See Wire.close."""
        await self._client.aclose()


def packed(*words: bytes | int) -> bytes:
    """A command as Redis reads it: an array of bulk strings. It costs half of what the library takes for any words."""
    octets_of = [word if isinstance(word, bytes) else b"%d" % word for word in words]
    return b"*%d\r\n" % len(words) + b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in octets_of])


def octets(answer: object) -> bytes:
    """The answer, if it is the string of octets that the script returns."""
    if not isinstance(answer, bytes):
        raise TypeError("the Redis client decodes answers: leave decode_responses off")
    return answer
