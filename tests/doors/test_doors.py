"""Real servers in front of real frameworks: no closed handler runs for a stranger, and every open route answers.

Each server, framework, deployment and list is tried with each target, over HTTP and as a websocket handshake. What ran
is read from what the handlers wrote down, not from the answers. The numbers stand in docs/paths.md.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.attacks.signing import Signer, parameters
from tests.doors.door import LISTS
from tests.doors.frameworks import FRAMEWORKS, SOCKETS
from tests.doors.knocking import HOST, SECONDS, Knock, knock_all
from tests.doors.lists import Lists
from tests.doors.targets import OPEN, fields, targets
from tests.live.peers import free_port, python_peer, running, wait_until_listening

# All servers and frameworks share one run, which takes most of two minutes on two processors.
pytestmark = [pytest.mark.live, pytest.mark.timeout(1200)]

SERVERS = ["uvicorn-h11", "uvicorn-httptools", "hypercorn", "granian", "daphne"]
ROOTS = ["", "/svc"]
#: A handshake costs a connection of its own: each so many targets one.
SOCKETS_EACH = 4
#: The fields and the status of a server and of a proxy.
ROLES = {
    "origin": ("WWW-Authenticate", "Authorization", 401),
    "proxy": ("Proxy-Authenticate", "Proxy-Authorization", 407),
}
#: What is signed, and what the Host field says.
URIS, HOSTS = ["http://h/x", "/x", "http://other/x", "/y"], ["h", "other"]
PAGE = Path(__file__).parents[2] / "docs" / "paths.md"


@dataclass
class Run:
    """What one server was asked, and what came of it."""

    server: str
    knocks: dict[str, Knock] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    #: Route and path of each handler that ran, by door.
    ran: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    #: What signed requests in absolute form were answered.
    signed: dict[tuple[str, str, str], int] = field(default_factory=dict)


def deployments(framework: str, root: str) -> list[str]:
    """A mount below a root path is a longer root path; a root path of FastAPI's own replaces the server's."""
    if root:
        return ["plain"]
    return ["plain", "mount", "own"] if framework == "fastapi" else ["plain", "mount"]


def knocks(server: str, root: str) -> Iterator[Knock]:
    """Everything that is asked of a server under one root path."""
    closed, misleading, number = targets(), list(fields()), count()
    where = f"{server}:{root}"
    for framework in FRAMEWORKS:
        for deployment in deployments(framework, root):
            below = "/api" if deployment == "mount" else ""
            for which in range(len(LISTS)):
                door = f"{framework} {deployment} {which} {where}"
                for each, target in enumerate(closed):
                    asked = below + target if target.startswith("/") else target
                    yield Knock(f"{door}:{next(number)}", asked)
                    if framework in SOCKETS and each % SOCKETS_EACH == which:
                        yield Knock(f"{door}:{next(number)}", asked, websocket=True)
                if deployment == "plain" and (server == "daphne" or framework == "starlette"):
                    for target, name in misleading:
                        yield Knock(f"{door}:{next(number)}", target, field=name)
            for lists, target, before in product(("none", *range(len(LISTS))), OPEN, {below, root or below}):
                yield Knock(f"{framework} {deployment} {lists} {where}:open:{before}:{target}", before + target)
            if deployment == "own":
                for lists, target in product(("none", *range(len(LISTS))), OPEN):
                    yield Knock(f"{framework} {deployment} {lists} {where}:open:/svc:{target}", "/svc" + target)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Run]:
    """All servers, asked side by side; by name and root path."""
    for name in ("uvicorn", "hypercorn", "granian", "daphne"):
        python_peer(name)
    folder = tmp_path_factory.mktemp("doors")
    (folder / "css").mkdir()
    (folder / "css" / "a.css").write_text("open")
    (folder / "secret.txt").write_text("secret")
    found = {(server, root): Run(server) for server in SERVERS for root in ROOTS}
    ports = {key: free_port() for key in found}
    started: list[tuple[subprocess.Popen[bytes], Path, list[int]]] = []
    with ExitStack() as stack:
        for key, command in commands(ports).items():
            record, log = folder / f"{key}.jsonl", folder / f"{key}.log"
            record.touch()
            env = {
                **os.environ,
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                "DOORS_FOLDER": str(folder),
                "DOORS_RECORD": str(record),
            }
            process = stack.enter_context(running([sys.executable, "-m", *command], log, env))
            started.append((process, log, [at for at in ports.values() if str(at) in command]))
        # All import all frameworks, which takes a while; side by side it is less.
        for process, log, listening in started:
            for at in listening:
                wait(process, at, log)
        asyncio.run(ask_everything(found, ports))
        for server in SERVERS:
            run = found[server, ""]
            run.signed = {form: sign_absolute(ports[server, ""], *form) for form in product(ROLES, URIS, HOSTS)}
    for record in folder.glob("*.jsonl"):
        for line in record.read_text(encoding="utf-8").splitlines():
            door, name, path = json.loads(line)
            server, root, _word = door.split(" ", 3)[3].split(":", 2)
            found[server, root].ran.setdefault(door, []).append((name, path))
    return found


async def ask_everything(found: dict[tuple[str, str], Run], ports: dict[tuple[str, str], int]) -> None:
    """Put every question to every server."""

    async def ask_one(server: str, root: str) -> None:
        run = found[server, root]
        run.knocks = {knock.door: knock for knock in knocks(server, root)}
        run.statuses = await knock_all(ports[server, root], run.knocks.values())

    await asyncio.gather(*(ask_one(server, root) for server, root in found))


def wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """As long as a child that imports eight frameworks beside other tests may need."""
    for patience in reversed(range(8)):
        try:
            wait_until_listening(process, port, log)
        except AssertionError:
            if process.poll() is not None or not patience:
                raise
        else:
            return


def commands(ports: dict[tuple[str, str], int]) -> dict[str, list[str]]:
    """The processes: what listens in one event loop shares one."""
    many = [str(ports[server, root]) for root in ROOTS for server in SERVERS[:4]]
    found = {"many": ["tests.doors.many_servers", *many]}
    for root in ROOTS:
        path = ["--root-path", root] if root else []
        port = str(ports["daphne", root])
        found[f"daphne{len(root)}"] = ["daphne", "-v", "0", "-p", port, *path, "tests.doors.door:app"]
    return found


def sign_absolute(port: int, role: str, uri: str, host: str) -> int:
    """The status of a signed request for http://h/x."""
    connection = http.client.HTTPConnection(HOST, port, timeout=SECONDS)
    headers = {"Host": host, "X-Door": f"any {role} none signed"}
    connection.request("GET", "http://h/x", headers=headers)
    answer = connection.getresponse()
    answer.read()
    asked, answered, refused = ROLES[role]
    assert answer.status == refused
    challenge = answer.getheader(asked)
    assert challenge is not None
    # Several challenges come as several fields or as one.
    signer = Signer(parameters(challenge.split(", Digest ")[0].encode()))
    headers[answered] = signer.sign("GET", uri).decode("latin-1")
    connection.request("GET", "http://h/x", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("server", SERVERS)
def test_absolute_forms_are_verified(runs, server):
    """B06: as a proxy's clients and others sign them, on each server; of no other host than the request's own."""
    # uvicorn's httptools and granian hand on the path alone: what is left of the host is the Host field.
    told = server not in ("uvicorn-httptools", "granian")
    for (role, uri, host), status in runs[server, ""].signed.items():
        same = uri in ("/x", f"http://{host}/x") and (host == "h" or not told)
        assert status == (200 if same else 400), (role, uri, host)


def doors(run: Run, framework: str) -> Iterator[tuple[str, Lists, str]]:
    """Each guarded door of a framework, its lists, and the word of the test."""
    for door in run.knocks:
        name, _deployment, lists, word = door.split(" ", 3)
        if name == framework and lists != "none":
            yield door, LISTS[int(lists)], word.split(":", 2)[2]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("server", SERVERS)
def test_nothing_closed_runs_for_a_stranger(runs, server, root, framework):
    """Whatever the target, and whatever fields come with it."""
    run = runs[server, root]
    assert through(run, framework) == []
    # All was asked, and the servers took most of it for a request.
    asked = [run.statuses[door] for door, _, _ in doors(run, framework)]
    assert sum(status in (401, 403) for status in asked) > len(asked) / 3


def through(run: Run, framework: str) -> list[tuple[Knock, str, str]]:
    """What ran and must not."""
    return [
        (run.knocks[door], name, path)
        for door, lists, _ in doors(run, framework)
        for name, path in run.ran.get(door, ())
        if lists.close(path)
    ]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("server", SERVERS)
def test_every_open_route_answers_a_stranger(runs, server, root, framework):
    """In each deployment in which the framework has a page there without the middleware."""
    run = runs[server, root]
    answered = opened(run, framework)
    assert all(answered.values()), [door for door, good in answered.items() if not good]
    reached = {door.split(" ")[1] for door in answered}
    if framework == "falcon":
        # It keeps the root path, so that its pages are elsewhere in a mount, and below what uvicorn puts before a path.
        assert reached == (set() if root and server.startswith("uvicorn") else {"plain"})
    else:
        assert reached == set(deployments(framework, root))


def opened(run: Run, framework: str) -> dict[str, bool]:
    """Each door to an open page, and whether it opened."""
    found = {}
    for door, lists, word in doors(run, framework):
        if word.startswith("open:"):
            _open, _before, target = word.split(":", 2)
            _framework, deployment, _which, where = door.split(" ", 3)
            bare = f"{framework} {deployment} none {where}"
            page = run.ran.get(bare, [])
            if page and page[0][1] == unquote(target) and not lists.close(page[0][1]):
                found[door] = (run.statuses[door], run.ran.get(door)) == (run.statuses[bare], page)
    return found


def test_the_page_tells_what_was_tried(runs):
    """docs/paths.md has the numbers of this very run; DOORS_PAGE=write renews them."""
    rows = [f"| | {' | '.join(SERVERS)} |", "|---" * (len(SERVERS) + 1) + "|"]
    for framework in FRAMEWORKS:
        cells = []
        for server in SERVERS:
            both = [runs[server, root] for root in ROOTS]
            asked = sum(len(list(doors(run, framework))) for run in both)
            ways = sum(sum(opened(run, framework).values()) for run in both)
            cells.append(f"{asked} / {sum(len(through(run, framework)) for run in both)} / {ways}")
        rows.append(f"| {framework} | {' | '.join(cells)} |")
    before, table, after = PAGE.read_text(encoding="utf-8").partition("<!-- table -->\n")
    old, end, rest = after.partition("<!-- end -->\n")
    new = "\n" + "\n".join(rows) + "\n\n"
    if os.environ.get("DOORS_PAGE") == "write":
        PAGE.write_text(before + table + new + end + rest, encoding="utf-8")
    assert old == new
