"""A body as the guard has it read, for tests of bodies alone."""

from typing import Any

from digest_http.guard import Guard
from digest_http_middleware.connections import Connection, ConnectionSettings
from digest_http_middleware.fronts import Front

__all__ = ["GUARD", "read_body"]

#: Whoever asks for bodies; it lets nobody in here.
GUARD = Guard({"alice": "s3cret"}, "wonder")


async def read_body(fields: Any, receive: Any, algorithm: Any, limit: int, spool_above: int | None = None) -> Any:
    """The hash of the body, and a receive that gives it once more, as an app has it."""
    scope = {"type": "http", "method": "POST", "headers": list(fields)}
    connection = Connection(scope, receive, ConnectionSettings(Front(), GUARD, limit, spool_above))
    hentity = connection.hash_body(algorithm)
    if not isinstance(hentity, bytes):
        hentity = connection.hash_received(algorithm, await hentity)
    if not isinstance(hentity, bytes):
        hentity = await hentity
    return hentity, connection.receive_again
