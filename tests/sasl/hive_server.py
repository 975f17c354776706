"""HiveServer2's front: Thrift's SASL frames over our server, and the generated service of PyHive behind it.

It answers every statement with success and no rows. The real one needs a whole Hive.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from digest_http.errors import DigestError
from digest_http.sasl import DigestMD5Server
from tests.live.peers import HOST

_START, _OK, _BAD, _COMPLETE = 1, 2, 3, 5


class _Handler:
    """The service."""

    def __init__(self, statements: list[str]) -> None:
        self._statements = statements

    def __getattr__(self, name: str) -> Any:
        types = import_module("TCLIService.ttypes")
        status = types.TStatus(types.TStatusCode.SUCCESS_STATUS)
        handle = types.THandleIdentifier(b"g" * 16, b"s" * 16)

        def answer(request: Any) -> Any:
            made = getattr(types, f"T{name}Resp")(status=status)
            if name == "OpenSession":
                made.serverProtocolVersion = request.client_protocol
                made.sessionHandle = types.TSessionHandle(handle)
                made.configuration = {}
            elif name == "ExecuteStatement":
                self._statements.append(request.statement)
                made.operationHandle = types.TOperationHandle(handle, types.TOperationType.EXECUTE_STATEMENT, False)
            elif name == "GetOperationStatus":
                made.operationState = types.TOperationState.FINISHED_STATE
            return made

        return answer


class _Connection(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        login = DigestMD5Server(
            {"chris": "secret"}, service="null", host="default", qop=self.server.qop, enforce_maxbuf=False
        )
        assert self._message() == (_START, b"DIGEST-MD5")
        self._message()
        self._say(_OK, login.step())
        try:
            proof = login.step(self._message()[1])
        except DigestError:
            self._say(_BAD, b"no")
            return
        self._say(_COMPLETE, proof)
        transports = import_module("thrift.transport.TTransport")
        binary = import_module("thrift.protocol.TBinaryProtocol").TBinaryProtocol
        processor = import_module("TCLIService.TCLIService").Processor(_Handler(self.server.statements))
        layered = login.qop != "auth"
        while size := self.rfile.read(4):
            frame = self.rfile.read(int.from_bytes(size, "big"))
            # thrift_sasl leaves Cyrus's own length in front of a record; without a layer there is none.
            asked = login.unwrap(frame) if layered else frame
            out = transports.TMemoryBuffer()
            processor.process(binary(transports.TMemoryBuffer(asked)), binary(out))
            answer = login.wrap(out.getvalue()) if layered else out.getvalue()
            self.wfile.write(len(answer).to_bytes(4, "big") + answer)

    def _message(self) -> tuple[int, bytes]:
        head = self.rfile.read(5)
        return head[0], self.rfile.read(int.from_bytes(head[1:], "big"))

    def _say(self, status: int, body: bytes) -> None:
        self.wfile.write(bytes([status]) + len(body).to_bytes(4, "big") + body)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    qop: str
    statements: list[str]


@contextmanager
def hive_server(qop: str) -> Iterator[tuple[int, list[str]]]:
    """(Port, statements that were executed)."""
    with _Server((HOST, 0), _Connection) as server:
        server.qop, server.statements = qop, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address[1], server.statements
        server.shutdown()
        thread.join()
