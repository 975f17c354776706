"""A program's visits to the site: what it is asked to do in each area, and what came of it by the site's record."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.live.peers import HOST, running
from tests.live.serving import Exchange, announced_port, parameter
from tests.programs.areas import AREAS, USER

__all__ = ["BODY", "GETS", "Site", "Visit", "after_the_end", "algorithm", "came_of", "served"]

#: What is put: more than fits into one packet, one read, or the memory of an area with a small limit.
BODY = b"BEGIN and END of a line that is put\r\n" * 2700
#: Pages that are asked for one after the other.
GETS = ("one", "two", "three")


@dataclass(frozen=True, slots=True)
class Visit:
    """What a program is to do in one area, in one session: ask for the pages in order, then put the body."""

    area: str
    user: str
    password: str
    site: str
    folder: str
    gets: tuple[str, ...]
    put: str
    body: str

    @property
    def url(self) -> str:
        """The folder of this program in this area."""
        return self.site + self.folder

    @property
    def ageing(self) -> bool:
        """Whether nonces end with each answer there."""
        return AREAS[self.area].ageing

    @property
    def with_password(self) -> str:
        """The same with user and password in front of the host."""
        return self.url.replace("://", f"://{self.user}:{self.password.replace(' ', '%20')}@")

    def as_json(self) -> str:
        """For scripts in other languages."""
        return json.dumps({**asdict(self), "url": self.url})


@dataclass(frozen=True, slots=True)
class Site:
    """The site while it runs."""

    port: int
    record: Path
    folder: Path

    def visit(self, area: str, program: str, gets: tuple[str, ...] = GETS, put: str = "put") -> Visit:
        """All pages and the body; the first page only, with a wrong password."""
        password = AREAS[area].password
        wrong = area.startswith("wrong")
        return Visit(
            area=area,
            user=USER,
            password=password,
            site=f"http://{HOST}:{self.port}",
            folder=f"/{area}/{program}/",
            gets=gets[:1] if wrong else gets,
            put="" if wrong else put,
            body=str(self.folder / "body"),
        )

    def exchanges(self, folder: str) -> list[Exchange]:
        """What was asked below a folder, in the order of the answers."""
        lines = self.record.read_text(encoding="utf-8").split("\n")[1:-1]
        found = (Exchange(**json.loads(line)) for line in lines)
        return [each for each in found if each.target.startswith(folder)]


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """The site in a child process; `fixed` has put there what else it serves."""
    (folder / "body").write_bytes(BODY)
    record, log = folder / "record.jsonl", folder / "site.log"
    record.touch()
    command = [sys.executable, "-P", "-W", "error", "-m", "tests.programs.site", str(record), str(folder)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with running(command, log, env) as process:
        yield Site(announced_port(process, record, log), record, folder)
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


def came_of(visit: Visit, exchanges: list[Exchange]) -> str:
    """Say "works", or what failed: "401", "401 unsigned", "400 once, then works", "GET works; upload 413"."""
    pages = [tried(visit.folder + name, exchanges) for name in visit.gets]
    reading = pages[0] if len(set(pages)) == 1 else f"{pages[0]} once, then {pages[-1]}"
    upload = tried(visit.folder + visit.put, exchanges) if visit.put else reading
    return reading if upload == reading else f"GET {reading}; upload {upload}"


def tried(target: str, exchanges: list[Exchange]) -> str:
    """What one page was last answered. Some programs ask with HEAD as well, which says nothing of what they get."""
    tries = [each for each in exchanges if each.target == target and each.method != "HEAD"]
    if not tries:
        return "nothing asked"
    last = tries[-1]
    if last.status < 300:
        return "works"
    return str(last.status) if last.authorization else f"{last.status} unsigned"


def algorithm(exchanges: list[Exchange]) -> str:
    """The algorithm of the first answer that was let in, or nothing."""
    for each in exchanges:
        if each.status < 300 and each.authorization:
            return parameter(each.credentials, "algorithm") if "algorithm=" in each.credentials else "MD5"
    return ""


def after_the_end(visit: Visit, exchanges: list[Exchange]) -> str:
    """What a program did when its nonce had ended: each answer of the area ends it."""
    outcome = came_of(visit, exchanges)
    if outcome != "works":
        return outcome
    late = any(each.authorization and each.status == 401 for each in exchanges)
    return "signs again" if late else "keeps no nonce"
