"""What a programmer writes by mistake is refused when it is written, in words that say what to write."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import flask
import pytest
from aiohttp import web
from fastapi import FastAPI
from starlette.applications import Starlette

from digest_http.errors import ConfigurationError
from digest_http.guard import Guard
from digest_http_middleware import DigestAuthMiddleware
from digest_http_middleware.aiohttp_web import DigestAuth as OfAiohttp
from digest_http_middleware.policies import AROUND, BODIES, GUARDS
from digest_http_middleware.starlette import DigestBackend
from digest_http_middleware.verifier import Verifier
from digest_http_middleware.wsgi import DigestAuthMiddleware as OfWSGI

LOGIN: dict[str, Any] = {"users": {"alice": "s3cret"}, "realm": "home"}


def wsgi(_environ: Any, _start_response: Any) -> list[bytes]:
    """An application."""
    return []


async def asgi(_scope: Any, _receive: Any, _send: Any) -> None:
    """An application."""


@pytest.mark.parametrize("app", [wsgi, flask.Flask("site"), flask.Flask("site").wsgi_app])
def test_wsgi_behind_the_middleware_of_asgi(app: Any) -> None:
    """It is told where its own is."""
    with pytest.raises(ConfigurationError, match=r"'from digest_http_middleware\.wsgi import Digest"):
        DigestAuthMiddleware(app, **LOGIN)


@pytest.mark.parametrize("app", [asgi, Starlette(), FastAPI()])
def test_asgi_behind_the_middleware_of_wsgi(app: Any) -> None:
    """The same the other way round."""
    with pytest.raises(ConfigurationError, match=r"write 'from digest_http_middleware import Digest"):
        OfWSGI(app, **LOGIN)


@pytest.mark.parametrize("app", [None, 5, "app", lambda: None, lambda _one: None])
@pytest.mark.parametrize("middleware", [DigestAuthMiddleware, OfWSGI])
def test_what_is_no_application(middleware: Any, app: Any) -> None:
    """It is neither."""
    with pytest.raises(ConfigurationError, match=r"instance app=app, with (async )?def app\("):
        middleware(app, **LOGIN)


PLUGS: dict[str, Any] = {
    "WSGI": lambda **more: OfWSGI(wsgi, **LOGIN, **more),
    "DigestBackend": lambda **more: DigestBackend(**LOGIN, **more),
    "aiohttp.web": lambda **more: OfAiohttp(**LOGIN, **more),
}


@pytest.mark.parametrize("plug", PLUGS)
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("algorithm", "did you mean 'algorithms'"),
        ("trusted_proxy", "did you mean 'trusted_proxies'"),
        ("observer", "did you mean 'observers'"),
        ("same_target", "it has algorithms, "),
        ("zzz", "it has algorithms, "),
    ],
)
def test_a_name_that_is_no_setting(plug: str, name: str, wanted: str) -> None:
    """The error names the plug, not what stands below it, and the setting that was meant."""
    with pytest.raises(TypeError, match=f"{plug} has no setting '{name}'; .*{wanted}"):
        PLUGS[plug](**{name: 1})
    PLUGS[plug]()


def test_the_names_are_those_of_the_signatures() -> None:
    """A keyword that is new has its place in one of the lists."""

    def keywords(made: Any) -> set[str]:
        found = inspect.signature(made).parameters.values()
        return {each.name for each in found if each.kind is each.KEYWORD_ONLY}

    assert keywords(Guard) == GUARDS | {"store", "keys", "max_body", "throttle", "same_target"}
    assert keywords(Verifier) == AROUND | {"max_body", "source_timeout"}
    assert keywords(OfWSGI) == AROUND | BODIES
    assert keywords(OfAiohttp) == BODIES


def test_aiohttp_without_setup() -> None:
    """An app with the object among its middlewares does not start."""

    async def start() -> None:
        runner = web.AppRunner(web.Application(middlewares=[OfAiohttp(**LOGIN)]))  # type: ignore[list-item]
        try:
            await runner.setup()
        finally:
            await runner.cleanup()

    with pytest.raises(ConfigurationError, match=r"write DigestAuth\(...\).setup\(app\)"):
        asyncio.run(start())
