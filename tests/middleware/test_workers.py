"""What the calls that led here, the command line and the environment say of the number of workers.

tests/fleet asks the servers themselves; here each word they use is tried by itself.
"""

import sys
from types import FunctionType, SimpleNamespace

import pytest

from digest_http_middleware.workers import known_workers


def _by_name(config, cfg, ask):  # noqa: ARG001 - looked for in the frame
    return ask()


def _by_self(self, ask):  # noqa: ARG001 - as above
    return ask()


def middleware_loaded():
    """As deep below the server as an app that makes the middleware is at least."""
    return (lambda: (lambda: known_workers())())()  # noqa: PLC3002, PLW0108 - frames are what this is for


def called_by(module, function, *arguments):
    """What known_workers() says under a function of a server's module."""
    return FunctionType(function.__code__, {"__name__": module})(*arguments, middleware_loaded)


def settings(workers, **others):
    """What a server holds."""
    return SimpleNamespace(workers=workers, **others)


@pytest.fixture
def started(monkeypatch):
    """Sets the command line, and the variables that servers read."""

    def start(command, **environment):
        monkeypatch.setattr(sys, "argv", command.split())
        for name in ("WEB_CONCURRENCY", "GRANIAN_WORKERS"):
            if name in environment:
                monkeypatch.setenv(name, environment[name])
            else:
                monkeypatch.delenv(name, raising=False)

    start("prog")
    return start


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize(
    ("module", "config", "cfg", "number"),
    [
        ("uvicorn", settings(3), None, 3),
        ("uvicorn.config", settings(3), settings(5), 3),
        ("uvicorn.protocols.http", settings(3), None, 3),
        ("hypercorn.asyncio.run", settings(4), None, 4),
        ("gunicorn.arbiter", settings(4), settings(2), 2),
        ("uvicorn", settings(3, should_reload=True), None, 1),
        ("uvicorn", settings(3, should_reload=False), None, 3),
        ("uvicorn", settings(3, should_reload=1), None, 3),
        ("gunicorn", settings(3), None, 1),
        ("uvicornish", settings(3), settings(3), 1),
        ("app.uvicorn", settings(3), settings(3), 1),
        ("uvicorn", settings(None), None, 1),
        ("uvicorn", settings("3"), None, 1),
        ("uvicorn", object(), None, 1),
        ("uvicorn", None, None, 1),
    ],
)
def test_a_server_among_the_callers(module, config, cfg, number):
    """Its setting counts, whether its function or its object holds it; that of another program does not."""
    assert called_by(module, _by_name, config, cfg) == number
    assert called_by(module, _by_self, SimpleNamespace(config=config, cfg=cfg)) == number
    assert called_by(module, _by_self, object()) == 1


@pytest.mark.usefixtures("started")
def test_a_caller_without_a_name():
    """Code that was made by hand has none."""
    assert FunctionType(_by_name.__code__, {})(settings(3), settings(3), middleware_loaded) == 1


@pytest.mark.usefixtures("started")
def test_the_most_that_a_caller_says():
    """gunicorn runs uvicorn's workers, each of which believes to be the only one."""

    def inner():
        return called_by("uvicorn", _by_name, settings(1), None)

    assert FunctionType(_by_name.__code__, {"__name__": "gunicorn.app"})(None, settings(4), inner) == 4


def test_callers_come_before_what_is_written(started):
    """A program may run a server with settings of its own."""
    started("uvicorn app", WEB_CONCURRENCY="7")
    assert called_by("uvicorn", _by_name, settings(1), None) == 1


@pytest.mark.parametrize(
    ("command", "environment", "number"),
    [
        ("uvicorn app", {"WEB_CONCURRENCY": "3"}, 3),
        ("/usr/bin/uvicorn.py app", {"WEB_CONCURRENCY": "3"}, 3),
        ("/site/gunicorn/__main__.py app", {"WEB_CONCURRENCY": "3"}, 3),
        ("", {"WEB_CONCURRENCY": "3"}, 3),
        ("prog", {}, 1),
        ("prog", {"WEB_CONCURRENCY": ""}, 1),
        ("prog", {"WEB_CONCURRENCY": "many"}, 1),
        ("prog", {"WEB_CONCURRENCY": "-3"}, 1),
        ("prog", {"WEB_CONCURRENCY": "\u00b2"}, 1),
        ("prog", {"WEB_CONCURRENCY": "\u0663"}, 1),
        ("prog --workers 3", {}, 1),
        ("prog", {"GRANIAN_WORKERS": "3"}, 1),
        ("daphne app", {"WEB_CONCURRENCY": "3"}, 1),
        ("hypercorn app", {"WEB_CONCURRENCY": "3"}, 1),
        ("/site/hypercorn/__main__.py app", {"WEB_CONCURRENCY": "3"}, 1),
        ("granian app", {"WEB_CONCURRENCY": "3"}, 1),
        ("granian app", {"GRANIAN_WORKERS": "3"}, 3),
        ("granian app", {"GRANIAN_WORKERS": "x"}, 1),
        ("granian --workers 5 app", {}, 5),
        ("granian --workers 5 app", {"GRANIAN_WORKERS": "3"}, 5),
        ("granian --workers=5 app", {"GRANIAN_WORKERS": "3"}, 5),
        ("granian app --workers", {"GRANIAN_WORKERS": "3"}, 3),
        ("granian app --workers=", {}, 1),
        ("granian --workers 5 --workers 6", {}, 6),
        ("granian --workers-lifetime 5", {}, 1),
        ("/site/granian/__main__.py --workers 5", {}, 5),
    ],
)
def test_what_is_written(started, command, environment, number):
    """Where no server is among the callers, the command line and what each server reads of the environment."""
    started(command, **environment)
    assert known_workers() == number
