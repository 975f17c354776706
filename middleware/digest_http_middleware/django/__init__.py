"""HTTP Digest for Django, under WSGI and ASGI: an app with a table of H(A1), a backend, a middleware, a decorator.

A plug of the guard. The settings stand in `DIGEST_HTTP`; see site.py. Django's own password hashes cannot be used:
Digest needs H(name ":" realm ":" password), and no other hash of the password leads to it. So H(A1) stands in a table
of its own, and is made whenever the password is at hand: at a login, when it is changed, or by `manage.py
digest_password`.
"""

from __future__ import annotations

from .decorators import digest_required
from .hashes import delete_digest_password, set_digest_password
from .logout import alog_out, log_out, log_out_user
from .middleware import DigestAuthMiddleware

__all__ = [
    "DigestAuthMiddleware",
    "alog_out",
    "delete_digest_password",
    "digest_required",
    "log_out",
    "log_out_user",
    "set_digest_password",
]
