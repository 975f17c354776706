"""The page on the public API lists what the modules themselves call public."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import FunctionType

import pytest

from tests.support.kept_tables import keep

pytestmark = pytest.mark.once

DOCS = Path(__file__).parents[2] / "docs"

#: The modules that users import from. Whoever adds one adds it here, and renews the page: PUBLIC_PAGE=write.
PUBLIC = (
    "digest_http_middleware",
    "digest_http_middleware.wsgi",
    "digest_http_middleware.fastapi",
    "digest_http_middleware.starlette",
    "digest_http_middleware.aiohttp_web",
    "digest_http_middleware.blacksheep",
    "digest_http_middleware.falcon",
    "digest_http_middleware.django",
    "digest_http_middleware.django.beside",
    "digest_http_middleware.beside",
    "digest_http_middleware.limits",
    "digest_http_middleware.presence",
    "digest_http_middleware.shared_presence",
    "digest_http_middleware.prometheus",
    "digest_http_middleware.opentelemetry",
    "digest_http.guard",
    "digest_http_client_auth",
    "digest_http_client_auth.httpx",
    "digest_http_client_auth.httpx2",
    "digest_http_client_auth.aiohttp",
    "digest_http_client_auth.requests",
    "digest_http_client_auth.niquests",
    "digest_http_client_auth.urllib3",
    "digest_http.httpauth",
    "digest_http.httpauth.credential_sources",
    "digest_http.httpauth.protocols",
    "digest_http.stores",
    "digest_http.users",
    "digest_http.users.logouts",
    "digest_http.users.sql",
    "digest_http.users.sql_logouts",
    "digest_http.testing",
    "digest_http.forks",
    "digest_http.algorithms",
    "digest_http.calculation",
    "digest_http.errors",
    "digest_http.sasl",
    "digest_http.sasl.libraries.anyldap",
    "digest_http.sasl.libraries.hadoop_rpc",
    "digest_http.sasl.libraries.hadoop_tokens",
    "digest_http.sasl.libraries.hdfs",
    "digest_http.sasl.libraries.ldap3",
    "digest_http.sasl.libraries.mail",
    "digest_http.sasl.libraries.pure_sasl",
    "digest_http.sasl.libraries.slixmpp",
    "digest_http.sasl.libraries.thrift",
    "digest_http.sspi",
    "digest_http.sspi.dispatch",
    "digest_http.sspi.pywin32",
)


def names_of(module: str) -> list[str]:
    """What a module calls public."""
    return list(importlib.import_module(module).__all__)


def test_the_page_lists_the_public_names() -> None:
    """Each public module has a row with its ``__all__``, no more and no less."""
    rows = [(f"`{module}`", ", ".join(f"`{name}`" for name in names_of(module))) for module in PUBLIC]
    keep(DOCS / "public.md", "public", ["module", "names"], rows)


@pytest.mark.parametrize("module", PUBLIC)
def test_each_public_name_is_there_and_says_what_it_is(module: str) -> None:
    """A name of the table can be imported, and what is made by us has a docstring."""
    room = importlib.import_module(module)
    assert room.__doc__
    for name in names_of(module):
        what = getattr(room, name)
        if isinstance(what, (type, FunctionType)):
            assert what.__doc__, f"{module}.{name}"
