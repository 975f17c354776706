"""Some forty programs against the middleware as it is and with other settings: what comes of each is known.

Each program makes its visits once; the tests read what the site wrote down. The table in docs/programs.md is theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.serving import Exchange
from tests.programs.fixed import fixed
from tests.programs.listed import PROGRAMS, Program
from tests.programs.visits import Site, Visit, after_the_end, algorithm, came_of, served
from tests.support.kept_tables import keep

# All programs share one run, which takes more than a minute on two processors.
pytestmark = [pytest.mark.live, pytest.mark.timeout(1200)]

PAGE = Path(__file__).parents[2] / "docs" / "programs.md"
#: What each program is tried with; some are also tried with nonces that end and with a wrong password.
SETTINGS = ("default", "old", "sha256", "auth-int")
HEADS = [
    *("program", "default", "`old_clients=True`", "SHA-256 alone", "auth-int on offer"),
    *("nonce ended", "wrong password", "why"),
]
#: Programs that run at a time.
AT_ONCE = 2


@dataclass
class Outcome:
    """All visits of one program."""

    visits: dict[str, Visit]
    exchanges: dict[str, list[Exchange]]

    def with_setting(self, area: str) -> str:
        """What came of an area, and the algorithm that was used."""
        outcome = came_of(self.visits[area], self.exchanges[area])
        return outcome.replace("works", f"works ({algorithm(self.exchanges[area])})", 1)

    def after_the_end(self) -> str:
        """What the program did when its nonce had ended."""
        return after_the_end(self.visits["stale"], self.exchanges["stale"])


def visits(site: Site, program: Program) -> dict[str, Visit]:
    """What one program is to do, by what is tried."""
    suffix = "-old" if program.old_only else ""
    areas = {**dict(zip(SETTINGS, SETTINGS, strict=True)), "stale": f"stale{suffix}", "wrong": f"wrong{suffix}"}
    return {tried: site.visit(area, program.folder, program.gets, program.put) for tried, area in areas.items()}


def outcome(site: Site, program: Program) -> Outcome:
    """Let a program make its visits."""
    home = site.folder / "homes" / program.folder
    home.mkdir(parents=True)
    made = visits(site, program)
    program.speak(list(made.values()), home)
    return Outcome(made, {tried: site.exchanges(visit.folder) for tried, visit in made.items()})


@pytest.fixture(scope="module")
def outcomes(request, tmp_path_factory) -> Iterator[dict[str, Future[Outcome]]]:
    """What came of each program that some test of this run asks for."""
    folder = tmp_path_factory.mktemp("programs")
    fixed(folder)
    wanted = {item.callspec.params["program"].name for item in request.session.items if is_about_a_program(item)}
    with served(folder) as site, ThreadPoolExecutor(AT_ONCE) as pool:
        yield {each.name: pool.submit(outcome, site, each) for each in PROGRAMS if each.name in wanted}


def is_about_a_program(item: pytest.Item) -> bool:
    """Whether it is a test of this file with a program as its parameter."""
    return item.path == Path(__file__) and "program" in getattr(getattr(item, "callspec", None), "params", {})


def each_program(*programs: Program) -> pytest.MarkDecorator:
    """One test for each."""
    return pytest.mark.parametrize("program", programs, ids=lambda each: each.name)


@each_program(*PROGRAMS)
def test_what_comes_of_a_program_is_known(outcomes, program):
    """With the default, the setting for old clients, SHA-256 alone, and auth-int on offer."""
    found = outcomes[program.name].result()
    expected = dict(zip(SETTINGS, (program.default, program.old, program.sha256, program.auth_int), strict=True))
    assert {area: found.with_setting(area) for area in SETTINGS} == expected


@each_program(*PROGRAMS)
def test_a_wrong_password_ends(outcomes, program):
    """Each request is refused, and the program gives up after as many as are known."""
    found = outcomes[program.name].result().exchanges["wrong"]
    # A count of zero is malformed whatever the password.
    assert {each.status for each in found} <= ({400, 401} if "400 once" in program.old else {401})
    assert len(found) == program.wrong


@each_program(*(program for program in PROGRAMS if "works" in program.old))
def test_a_nonce_that_has_ended(outcomes, program):
    """The program signs again by itself, or it is known that it does not."""
    assert outcomes[program.name].result().after_the_end() == program.stale


@each_program(*(program for program in PROGRAMS if "works" in program.old))
def test_what_is_let_in_was_signed(outcomes, program):
    """No area answers a stranger: each answer of an app was to a request with credentials."""
    found = outcomes[program.name].result().exchanges
    assert all(each.authorization for area in found.values() for each in area if each.status != 401)


def test_the_old_setting_serves_every_program_that_has_digest():
    """What the setting is for: who is in the list and has Digest is served by it."""
    assert all("works" in program.old for program in PROGRAMS if program.why != "Basic only")


def test_the_page_tells_what_was_tried(outcomes):
    """docs/programs.md has the table of this very run; PROGRAMS_PAGE=write renews it."""
    rows = []
    for program in PROGRAMS:
        found = outcomes[program.name].result()
        tries = found.exchanges["wrong"]
        digest = program.why != "Basic only"
        cells = [program.name, *(found.with_setting(area) for area in SETTINGS)]
        cells += [found.after_the_end() if digest else "-", str(len(tries)), program.why]
        rows.append(cells)
    keep(PAGE, "programs", HEADS, rows)
