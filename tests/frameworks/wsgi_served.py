"""All sites of WSGI behind one server, gunicorn or cheroot: `tests.frameworks.wsgi_served:app`.

The field `X-Site` names the site and more keywords of the middleware, as in `Flask|{"qop": ["auth-int"]}`. The store is
that of the environment, since gunicorn has two workers.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable
from typing import Any

from tests.frameworks.wsgi_sites import MAKERS, POLICY

__all__ = ["app"]


@functools.cache
def site(name: str, policy: str) -> Any:
    """One site, made once a process."""
    return MAKERS[name]({**POLICY, "store": os.environ["SITE_STORE"], **json.loads(policy)})


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Hand a request to the site that it names."""
    pieces: Iterable[bytes] = site(*environ["HTTP_X_SITE"].split("|"))(environ, start_response)
    return pieces


# With --preload the workers are forked from a process that has made them.
for made in MAKERS:
    site(made, "{}")
