"""Authentication-Info on the way out of a WSGI app (RFC 7616 §3.5, RFC 7615).

With qop=auth it stands in the header at once. With auth-int it covers the answer's body, so the answer is held back up
to max_body octets, or spool_above; a longer one goes without the proof, for WSGI has no trailers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from digest_http.algorithms import Hash
from digest_http.guard import Accepted, Guard

from .pieces import Pieces
from .wsgi_requests import Environ, StartResponse, WSGIApp

__all__ = ["proved"]

_Headers = list[tuple[str, str]]


def proved(
    app: WSGIApp, environ: Environ, start_response: StartResponse, verified: tuple[Accepted, Guard, int]
) -> Iterable[bytes]:
    """What `app` answers, with the server's proof in its header. The number: octets that may be held back for it."""
    accepted, guard, limit = verified
    # What HEAD would send is not sent, and so not proved.
    if accepted.covers_body and environ["REQUEST_METHOD"] != "HEAD":
        return _HeldBack(start_response, accepted, guard, limit).answer(app, environ)

    def start_with_proof(status: str, headers: _Headers, *exc_info: Any) -> Any:  # noqa: ANN401 - the server's own
        return start_response(status, _with_proof(status, headers, accepted.prove(), guard), *exc_info)

    return app(environ, start_with_proof)


class _HeldBack:
    """One answer whose body is hashed, as it comes, before its header goes out."""

    def __init__(self, start_response: StartResponse, accepted: Accepted, guard: Guard, limit: int) -> None:
        self._start_response: Final = start_response
        self._accepted: Final = accepted
        self._guard: Final = guard
        self._limit: Final = limit
        self._start: tuple[Any, ...] | None = None
        # Made for answers that come in pieces: most come whole.
        self._hash: Hash | None = None
        self._held: Pieces | None = None
        self._write: Any = None

    def answer(self, app: WSGIApp, environ: Environ) -> Iterator[bytes]:
        """The pieces of the body, the first of which waits for the last as far as they may be held back."""
        pieces = app(environ, self._begin)
        body = self._whole(pieces)
        if body is not None:
            self._send_start(self._accepted.prove(body))
            yield body
            return
        try:
            for piece in pieces:
                if self._write is not None:
                    yield piece
                elif self._hold(piece):
                    yield from self._release(whole=False)
            if self._write is None:
                yield from self._release(whole=True)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _whole(self, pieces: Any) -> bytes | None:  # noqa: ANN401 - what an app returns
        """The body of an answer that is a list of one piece, as most are, if nothing else belongs to it."""
        # By the very type: another class may have a close().
        if type(pieces) not in (list, tuple) or len(pieces) != 1 or self._start is None:
            return None
        # Something may have been given to write().
        if self._held is not None or self._write is not None:
            return None
        body: bytes = pieces[0]
        return body if len(body) <= self._limit else None

    def _begin(self, status: str, headers: _Headers, *exc_info: Any) -> Any:  # noqa: ANN401 - PEP 3333
        if self._write is not None:  # an error after the header is out: the server raises it
            return self._start_response(status, headers, *exc_info)
        self._start = status, headers, *exc_info
        return self._write_piece

    def _write_piece(self, piece: bytes) -> None:
        """PEP 3333's write(): what it is given stands before what the app returns."""
        if self._write is not None:
            self._write(piece)
        elif self._hold(piece):
            for held in self._release(whole=False):
                write: Any = self._write
                write(held)

    def _hold(self, piece: bytes) -> bool:
        """Hash a piece and hold it back. True: more is held than may be."""
        if self._hash is None or self._held is None:
            self._hash, self._held = self._accepted.context.algorithm.hash_body(), Pieces()
        self._hash.update(piece)
        return self._held.add(piece) > self._limit

    def _release(self, *, whole: bool) -> Iterator[bytes]:
        if self._hash is None or self._held is None:
            # There is no body at all.
            self._send_start(self._accepted.prove())
            yield b""
            return
        self._send_start(self._accepted.prove_hashed(self._hash if whole else None))
        yield self._held.take()
        while self._held.octets:
            yield self._held.take()

    def _send_start(self, proof: bytes) -> None:
        if self._start is None:
            raise AssertionError("the app has given a body before it called start_response")
        status, headers, *exc_info = self._start
        self._write = self._start_response(status, _with_proof(status, headers, proof, self._guard), *exc_info)


def _with_proof(status: str, headers: _Headers, proof: bytes, guard: Guard) -> _Headers:
    name = guard.proof_field.decode().title()
    # An app, or what it proxies, may have a field of that name: two would contradict each other.
    kept = [header for header in headers if header[0].lower() != name.lower()]
    # A refusal never carries a proof, even if the app makes it.
    return kept if status.startswith(str(guard.refused_status)) else [*kept, (name, proof.decode("latin-1"))]
