"""A server for files or calendars behind the WSGI plug, run by the Python of .venv-programs.

usage: python -m tests.dav.scripts.served KIND PORT FOLDER

KIND is wsgidav, radicale or xandikos. With `open` behind them there is no login at all, to see what comes of the server
itself. The path of a user's calendars is /alice/.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from digest_http_middleware.wsgi import DigestAuthMiddleware

HOST = "127.0.0.1"
USER, PASSWORD = "alice", "s3cret"


def wsgidav(folder: Path, *, login: bool) -> Any:
    """Files. Its own login is off."""
    from wsgidav.wsgidav_app import WsgiDAVApp

    trusted = {"trusted_auth_header": "REMOTE_USER", "accept_basic": False, "accept_digest": False}
    config = {
        "provider_mapping": {"/": str(folder)},
        "simple_dc": {"user_mapping": {"*": True}},
        "http_authenticator": trusted if login else {},
        "logging": {"enable": False},
        "verbose": 0,
    }
    return WsgiDAVApp(config)


def radicale(folder: Path, *, login: bool) -> Any:
    """Calendars."""
    from radicale.app import Application
    from radicale.config import load

    config = load()
    auth = {"type": "remote_user" if login else "none"}
    config.update({"auth": auth, "storage": {"filesystem_folder": str(folder)}}, "tests")
    return Application(config)


def xandikos(folder: Path, **_login: bool) -> Any:
    """Calendars. It takes REMOTE_USER from whoever says it."""
    from xandikos.web import SingleUserFilesystemBackend, XandikosApp

    backend = SingleUserFilesystemBackend(str(folder))
    backend._mark_as_principal("/alice/")  # noqa: SLF001 - what its own program calls
    backend.create_principal("/alice/", create_defaults=True)
    app = XandikosApp(backend, current_user_principal="/alice/")
    return app.handle_wsgi_request


def main(kind: str, port: int, folder: Path, *, login: bool) -> None:
    """Serve until the process is ended."""
    logging.disable(logging.WARNING)
    app = globals()[kind](folder, login=login)
    if login:
        app = DigestAuthMiddleware(app, users={USER: PASSWORD}, realm="dav")
    from cheroot.wsgi import Server

    Server((HOST, port), app).safe_start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), login="open" not in sys.argv)
