"""What OpenAPI says of routes behind the FastAPI dependency."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import Depends, FastAPI, __version__

from digest_http.errors import ConfigurationError
from digest_http_middleware.fastapi import DigestAuth
from tests.fastapi.sites import Site

#: Releases of FastAPI before 0.128, or a little before, list a scheme once for each dependency of a route that has it.
ONCE = tuple(map(int, __version__.split(".")[:2])) >= (0, 128)

USERS = {"alice": "s3cret"}


def document(app: FastAPI) -> dict[str, Any]:
    """The app's own document."""
    return app.openapi()


def test_the_lock_and_the_401() -> None:
    """A route has the scheme `digest`, and the 401 where its `responses` say so."""
    shown = document(Site().app)
    assert shown["components"]["securitySchemes"] == {
        "Digest-wonder": {"type": "http", "scheme": "digest", "description": "HTTP Digest, realm wonder"}
    }
    me = shown["paths"]["/me"]["get"]
    assert me["security"] == [{"Digest-wonder": []}]
    assert set(me["responses"]["401"]["headers"]) == {"WWW-Authenticate"}
    for path in ("/own", "/maybe", "/often"):
        listed = [set(each) for each in shown["paths"][path]["get"]["security"]]
        times = 1 if ONCE or path != "/often" else len(listed)
        assert listed == [{"Digest-wonder"}] * times


def test_for_a_whole_app() -> None:
    """FastAPI's own `dependencies` and `responses` cover all routes."""
    digest = DigestAuth(USERS, "home")
    app = FastAPI(dependencies=[Depends(digest)], responses=digest.responses)

    @app.get("/x")
    def x() -> None:
        """A route."""

    route = document(app)["paths"]["/x"]["get"]
    assert route["security"] == [{"Digest-home": []}]
    assert "401" in route["responses"]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"realm": "home"}, "Digest-home"),
        ({"realm": "Café, the 2nd"}, "Digest-Caf-the-2nd"),
        ({"realm": "home", "scheme_name": "login"}, "login"),
    ],
)
def test_the_name_of_the_scheme(settings: dict[str, Any], name: str) -> None:
    """It is one that OpenAPI allows."""
    digest = DigestAuth(USERS, **settings)
    assert digest.scheme_name == digest.optional.scheme_name == name


@pytest.mark.parametrize("name", ["", "my login", "é", "a/b"])
def test_names_that_openapi_does_not_allow(name: str) -> None:
    """They are refused when made."""
    with pytest.raises(ConfigurationError, match="scheme_name"):
        DigestAuth(USERS, "home", scheme_name=name)


def test_a_description_of_ones_own() -> None:
    """It stands in the document as written."""
    assert DigestAuth(USERS, "home", description="Log in").model.description == "Log in"
