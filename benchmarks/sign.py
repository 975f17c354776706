"""What signing costs a client: a whole call's flow, with the server known, beside the flow of the library's own class.

The unit is the two hashes that the protocol demands, H(A2) and the response; H(A1) is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Final

from digest_http.buffers import HTTPMessage
from digest_http_client_auth.httpx import DigestAuth as AuthForHttpx
from digest_http_client_auth.httpx2 import DigestAuth as AuthForHttpx2
from digest_http_client_auth.preemptive import sign_preemptively
from digest_http_client_auth.session import Session

from .targets import target
from .timing import MICROSECOND, Batch, Prepare, Series, interleave, median_of

__all__ = ["ALGORITHMS", "NONCE", "TARGET", "known", "rows", "run"]

ALGORITHMS: Final = ("SHA-256", "MD5")

TARGET: Final = b"/v1/items/12345?page=2&sort=desc"
URL: Final = "https://api.example.com" + TARGET.decode()
#: Sizes as in RFC 7616 §3.9.1.
NONCE: Final = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v7ypf/xlj9XXwfDP"
OPAQUE: Final = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"

Flow = Generator[Any, Any, None]


def rows(rounds: int = 200, calls: int = 200) -> list[tuple[str, str, str]]:
    """See the package."""
    table: list[tuple[str, str, str]] = []
    for algorithm in ALGORITHMS:
        series = interleave(contenders(algorithm), rounds=rounds, calls=calls)
        unit = series["hashes"]
        table.append((f"The two hashes of a signature, {algorithm}", _microseconds(unit), ""))
        step = series["step"]
        table.append(
            (
                f"Sign, {algorithm}: the context's make_signature, in units of the two",
                f"{_ratio(step, unit):.2f}x ({_microseconds(step)})",
                target("step / hashes"),
            )
        )
        for library in ("httpx", "httpx2"):
            ours, own = series[f"ours {library}"], series[f"own {library}"]
            table += [
                (
                    f"Sign, {algorithm}: whole flow with {library}, in units of the two",
                    f"{_ratio(ours, unit):.2f}x ({_microseconds(ours)})",
                    target("flow / hashes"),
                ),
                (
                    f"Sign, {algorithm}: whole flow, against {library}.DigestAuth ({_microseconds(own)})",
                    f"{_ratio(ours, own):.2f}x",
                    "",
                ),
                (
                    f"Of which spent in {library}'s own URL, header fields and generator",
                    f"{_ratio(series[f'library {library}'], unit):.2f}x",
                    "",
                ),
            ]
    return table


def contenders(algorithm: str) -> dict[str, Prepare]:
    """All that is timed for one algorithm, by name."""
    found: dict[str, Prepare] = {"hashes": partial(_hashes, algorithm), "step": partial(_step, algorithm)}
    for name, ours in (("httpx", AuthForHttpx), ("httpx2", AuthForHttpx2)):
        library = import_module(name)
        found[f"ours {name}"] = partial(_flows, library, ours, algorithm)
        found[f"own {name}"] = partial(_flows, library, library.DigestAuth, algorithm)
        found[f"library {name}"] = partial(_bare_flows, library, algorithm)
    return found


def _microseconds(values: Series) -> str:
    return f"{median_of(values) / MICROSECOND:.2f} us"


def _ratio(values: Series, units: Series) -> float:
    return median_of(value / unit for value, unit in zip(values, units, strict=True))


def _hashes(algorithm: str, calls: int) -> Batch:
    # The constructors themselves: the least that Python can pay.
    md5 = partial(hashlib.md5, usedforsecurity=False)
    hash_: Callable[[bytes], Any] = md5 if algorithm == "MD5" else hashlib.sha256
    ha1 = hash_(b"").hexdigest().encode()
    nonce, cnonce = NONCE.encode(), b"0" * 32

    def batch() -> None:
        for _ in range(calls):
            ha2 = hash_(b"%b:%b" % (b"GET", TARGET)).hexdigest().encode()
            data = b"%b:%b:%b:%b:%b:%b" % (ha1, nonce, b"00000001", cnonce, b"auth", ha2)
            hash_(data).hexdigest().encode()

    return batch


def known(library: Any, auth: Any, algorithm: str, info: str = "") -> Callable[[], Any]:  # noqa: ANN401  # two libraries, one face
    """Teach an auth object its server, whose first answer has `info` in Authentication-Info; return a request maker."""

    def make_request() -> Any:  # noqa: ANN401  # as above
        headers = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "Connection": "keep-alive", "User-Agent": "x"}
        return library.Request("GET", URL, headers=headers)

    challenge = f'Digest realm="r", qop="auth, auth-int", algorithm={algorithm}, nonce="{NONCE}", opaque="{OPAQUE}"'
    request = make_request()
    flow = auth.sync_auth_flow(request)
    next(flow)
    flow.send(library.Response(401, headers={"WWW-Authenticate": challenge}, request=request))
    _finish(flow, library.Response(200, headers={"Authentication-Info": info} if info else {}, request=request))
    return make_request


def _finish(flow: Flow, response: object) -> None:
    try:
        flow.send(response)
    except StopIteration:
        return
    raise AssertionError("the flow wanted another request")


def _step(algorithm: str, calls: int) -> Batch:
    auth = AuthForHttpx("alice", "s3cret")
    make_request = known(import_module("httpx"), auth, algorithm)
    session: Session[Any, Any] = auth._session  # noqa: SLF001  # the step that the flow takes, without the flow
    signed = sign_preemptively(session, make_request())
    if signed is None:
        raise AssertionError("the server should be known")
    _, context, nonce, _, _, _ = signed
    message = HTTPMessage(b"", b"GET", TARGET)

    def batch() -> None:
        for _ in range(calls):
            context.make_signature(message, nonce)

    return batch


def _flows(library: Any, kind: Any, algorithm: str, calls: int) -> Batch:  # noqa: ANN401  # two libraries, one face
    auth = kind("alice", "s3cret")
    make_request = known(library, auth, algorithm)
    return run(library, auth.sync_auth_flow, make_request, calls)


def _bare_flows(library: Any, algorithm: str, calls: int) -> Batch:  # noqa: ANN401  # two libraries, one face
    """What no flow that is safe can do without: origin, target, one field set, one field looked for."""
    text = "Digest " + "x" * 300

    def flow(request: Any) -> Flow:  # noqa: ANN401  # as above
        url = request.url
        _ = (url.scheme, url.raw_host, url.port, url.raw_path)
        request.headers["Authorization"] = text
        response = yield request
        _ = "authentication-info" in response.headers

    make_request = known(library, library.DigestAuth("alice", "s3cret"), algorithm)
    return run(library, flow, make_request, calls)


def run(
    library: Any,  # noqa: ANN401  # two libraries, one face
    start: Callable[[Any], Flow],
    make_request: Callable[[], Any],
    calls: int,
    infos: Sequence[str] = (),
) -> Batch:
    """That many calls to a server that is known. `infos` is Authentication-Info of each answer, if they have it."""
    # A new request and response for each call, made outside of the timed part; the response's header fields have been
    # looked at by the client before a flow sees them.
    requests = [make_request() for _ in range(calls)]
    headers = {"Content-Type": "text/html", "Content-Length": "3", "Date": "now", "Server": "x"}
    sections = [headers | ({"Authentication-Info": info} if info else {}) for info in infos or [""] * calls]
    pairs = [
        (request, library.Response(200, headers=section, request=request))
        for request, section in zip(requests, sections, strict=True)
    ]
    for _, response in pairs:
        response.headers.get("set-cookie")

    def batch() -> None:
        for request, response in pairs:
            flow = start(request)
            next(flow)
            try:
                flow.send(response)
            except StopIteration:
                continue

    return batch


if __name__ == "__main__":
    from .__main__ import main

    raise SystemExit(main(["sign"]))
