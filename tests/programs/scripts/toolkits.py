"""Libraries of desktop programs on visits to the site, by Debian's own Python: libsoup 2 and 3, Qt.

usage: python3 toolkits.py LIBRARY VISITS: "soup2", "soup3" or "qt", and a JSON list of visits.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SECONDS = 20


def soup2(visits: list[dict[str, Any]]) -> None:
    """libsoup 2.4, of older GNOME programs."""
    import gi

    gi.require_version("Soup", "2.4")
    from gi.repository import Soup

    for visit in visits:
        session = Soup.Session(timeout=SECONDS)

        def log_in(_session, _message, auth, again, visit=visit):
            if not again:
                auth.authenticate(visit["user"], visit["password"])

        session.connect("authenticate", log_in)
        for name in visit["gets"]:
            session.send_message(Soup.Message.new("GET", visit["url"] + name))
        if visit["put"]:
            message = Soup.Message.new("PUT", visit["url"] + visit["put"])
            message.set_request("text/plain", Soup.MemoryUse.COPY, Path(visit["body"]).read_bytes())
            session.send_message(message)


def soup3(visits: list[dict[str, Any]]) -> None:
    """libsoup 3, of GNOME, gvfs and GStreamer."""
    import gi

    gi.require_version("Soup", "3.0")
    from gi.repository import GLib, Soup

    for visit in visits:
        session = Soup.Session(timeout=SECONDS)

        def log_in(_message, auth, again, visit=visit):
            if again:
                return False
            auth.authenticate(visit["user"], visit["password"])
            return True

        messages = [Soup.Message.new("GET", visit["url"] + name) for name in visit["gets"]]
        if visit["put"]:
            message = Soup.Message.new("PUT", visit["url"] + visit["put"])
            message.set_request_body_from_bytes("text/plain", GLib.Bytes.new(Path(visit["body"]).read_bytes()))
            messages.append(message)
        for message in messages:
            message.connect("authenticate", log_in)
            session.send_and_read(message, None)


def qt(visits: list[dict[str, Any]]) -> None:
    """Qt's network classes."""
    from PyQt6.QtCore import QByteArray, QCoreApplication, QEventLoop, QTimer, QUrl
    from PyQt6.QtNetwork import QNetworkAccessManager, QNetworkProxy, QNetworkRequest

    application = QCoreApplication([])
    for visit in visits:
        manager = QNetworkAccessManager()
        manager.setProxy(QNetworkProxy(QNetworkProxy.ProxyType.NoProxy))
        asked: list[str] = []

        def log_in(reply, auth, visit=visit, asked=asked):
            # Qt goes on asking for as long as it gets an answer.
            if asked.count(reply.url().toString()) == 0:
                auth.setUser(visit["user"])
                auth.setPassword(visit["password"])
            asked.append(reply.url().toString())

        manager.authenticationRequired.connect(log_in)
        for name in (*visit["gets"], *filter(None, [visit["put"]])):
            request = QNetworkRequest(QUrl(visit["url"] + name))
            if name == "put":
                request.setHeader(QNetworkRequest.KnownHeaders.ContentTypeHeader, "text/plain")
                reply = manager.put(request, QByteArray(Path(visit["body"]).read_bytes()))
            else:
                reply = manager.get(request)
            loop = QEventLoop()
            reply.finished.connect(loop.quit)
            QTimer.singleShot(SECONDS * 1000, loop.quit)
            loop.exec()
    del application


if __name__ == "__main__":
    {"soup2": soup2, "soup3": soup3, "qt": qt}[sys.argv[1]](json.loads(sys.argv[2]))
