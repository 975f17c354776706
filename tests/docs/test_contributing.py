"""CONTRIBUTING.md: what it tells to add can be added so, and what it names is there."""

import os
import re
import subprocess
import sys
import threading
from email.message import Message
from pathlib import Path
from shutil import copytree, ignore_patterns
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from digest_http.errors import WrongPrincipal
from digest_http.guard import Guard
from digest_http.testing import StoreContract

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["CONTRIBUTING.md", "SECURITY.md", "RELEASING.md"]

# Whoever changes the package has a checkout, so it is enough to try this with one.
pytestmark = pytest.mark.once

#: A page that the docs site brings.
GLOSSARY = "docs/glossary.md"


def page():
    """The text of CONTRIBUTING.md."""
    return (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def block(heading, language="python"):
    """The code block under a heading."""
    section = page().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(found)


def names_of(heading):
    """The names that a block of Python makes."""
    names: dict[str, Any] = {}
    exec(compile(block(heading), heading, "exec"), names)  # noqa: S102 - the page's own code
    return names


@pytest.mark.parametrize(
    ("heading", "language"),
    [
        ("Add an algorithm", "diff"),
        ("Add a store", "python"),
        ("Add a client plug", "python"),
        ("Add a server plug", "python"),
    ],
)
def test_a_recipe_is_short(heading, language):
    """Under 30 lines each, imports and blank lines left out."""
    lines = [line for line in block(heading, language).splitlines() if line and not re.match("from |import ", line)]
    assert 0 < len(lines) < 30


def test_an_algorithm_is_one_row(tmp_path):
    """With the row of the page, a server offers it and a client answers it; nothing else was changed."""
    copytree(ROOT / "digest_http", tmp_path / "digest_http", ignore=ignore_patterns("__pycache__"))
    file = tmp_path / "digest_http" / "algorithms.py"
    before, after = ("".join(f"{line[1:]}\n" for line in block("Add an algorithm", "diff").splitlines()
                             if line[0] in {" ", sign}) for sign in "-+")  # fmt: skip
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, after), encoding="utf-8")
    code = """
from digest_http.guard import Guard
from digest_http.httpauth import DigestClient
guard = Guard(users={"alice": "s3cret"}, realm="R", algorithms=["SHA3-256"])
client = DigestClient("alice", "s3cret", algorithms=["SHA3-256"])
refused = guard.check("GET", "/", {})
client.challenged([value for _, value in refused.fields], None)
signed = client.authorization("GET", "/")
accepted = guard.check("GET", "/", {"Authorization": signed})
print(accepted.algorithm, client.verify(signed, accepted.prove()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout == "SHA3-256 True\n"


class TestToyStore(StoreContract):
    """The store of the page keeps to the contract."""

    def open_store(self, capacity):
        return names_of("Add a store")["TestToyStore"]().open_store(capacity)


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, format, *args):  # noqa: A002 - its own name for it
        del format, args


@pytest.fixture
def served():
    """An app behind the server plug of the page."""

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"Hello {environ['REMOTE_USER']}\n".encode()]

    guard = Guard(users={"alice": "s3cret"}, realm="R")
    with make_server(
        "127.0.0.1", 0, names_of("Add a server plug")["protected"](app, guard), handler_class=Quiet
    ) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/page?x=1"
        finally:
            server.shutdown()
            thread.join()


def opener(password):
    """urllib.request with the client plug of the page."""
    return build_opener(ProxyHandler({}), names_of("Add a client plug")["DigestHandler"]("alice", password))


def test_the_two_plugs_meet(served):
    """The client of the page is let in by the server of the page, again and again, and not with a wrong password."""
    right = opener("s3cret")
    for _ in range(3):
        with right.open(served) as response:
            assert response.read() == b"Hello alice\n"
    with pytest.raises(HTTPError) as refused:
        opener("wrong").open(served)
    assert refused.value.code == 401
    refused.value.close()


def test_the_client_of_the_page_checks_the_proof(served):
    """A server that does not know the password is found out."""
    handler = names_of("Add a client plug")["DigestHandler"]("alice", "s3cret")
    with build_opener(ProxyHandler({}), handler).open(served) as response:
        sent = response.headers["Authentication-Info"]
    forged = Message()
    forged["Authentication-Info"] = re.sub('rspauth="..', 'rspauth="00', sent)
    request = handler.http_request(Request(served))
    answer = SimpleNamespace(status=200, headers=forged)
    with pytest.raises(WrongPrincipal):
        handler.http_response(request, answer)


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_names_is_there(name):
    """Files, folders and targets of make."""
    text = (ROOT / name).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / link).exists() or link == GLOSSARY, link
    for file in re.findall(r"`((?:digest_http|middleware|docs|tests)/[\w/.-]+|[A-Z]+\.md)`", text):
        assert (ROOT / file).exists(), file
    for words in re.findall(r"(?:`|\$ )make ([a-z ]+)", text):
        for target in words.split():
            assert re.search(rf"^{target}:|^[a-z ]*\b{target}\b[a-z ]*:", makefile, re.MULTILINE), target


def test_the_tour_has_the_rooms():
    """Each package of the core is on it."""
    tour = page().partition("## A tour of the house")[2].partition("## Where a thing goes")[0]
    rooms = {path.name for path in (ROOT / "digest_http").iterdir() if (path / "__init__.py").exists()}
    assert {room for room in rooms - {"testing"} if f"digest_http.{room}" not in tour} == set()
