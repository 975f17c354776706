"""Python libraries on visits to the site, each as its documentation says.

usage: python python_clients.py LIBRARY VISITS: a name of LIBRARIES, and a JSON list of visits (tests.programs.visits).

It runs in an environment of its own, where this project is not installed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 20


@contextmanager
def attempt():
    """What goes wrong with one request is told, and the next one is tried all the same."""
    try:
        yield
    except Exception:  # noqa: BLE001  # the site's record says what came of it
        traceback.print_exc()


def by_session(session: Any, visit: dict[str, Any], **options: Any) -> None:
    """What all libraries in the manner of requests have in common."""
    for name in visit["gets"]:
        with attempt():
            session.get(visit["url"] + name, **options)
    if visit["put"]:
        with attempt():
            session.put(visit["url"] + visit["put"], **options, **{BODY[type(session).__module__[:5]]: body(visit)})


#: What a library calls the body.
BODY = {"httpx": "content", "reque": "data", "nique": "data"}


def body(visit: dict[str, Any]) -> bytes:
    """What is to be put."""
    return Path(visit["body"]).read_bytes()


def requests(visit: dict[str, Any]) -> None:
    """The commonest client of all."""
    import requests
    from requests.auth import HTTPDigestAuth

    with requests.Session() as session:
        session.auth = HTTPDigestAuth(visit["user"], visit["password"])
        by_session(session, visit, timeout=SECONDS)


def guess(visit: dict[str, Any]) -> None:
    """What finds out by itself whether a server wants Basic or Digest."""
    import requests
    from requests_toolbelt.auth.guess import GuessAuth

    with requests.Session() as session:
        session.auth = GuessAuth(visit["user"], visit["password"])
        by_session(session, visit, timeout=SECONDS)


def niquests(visit: dict[str, Any]) -> None:
    """requests, carried on."""
    import niquests
    from niquests.auth import HTTPDigestAuth

    with niquests.Session() as session:
        session.auth = HTTPDigestAuth(visit["user"], visit["password"])
        by_session(session, visit, timeout=SECONDS)


def httpx(visit: dict[str, Any]) -> None:
    """httpx with its own DigestAuth."""
    import httpx

    with httpx.Client(auth=httpx.DigestAuth(visit["user"], visit["password"]), timeout=SECONDS) as client:
        by_session(client, visit)


def httpx2(visit: dict[str, Any]) -> None:
    """httpx2 with its own DigestAuth."""
    import httpx2

    with httpx2.Client(auth=httpx2.DigestAuth(visit["user"], visit["password"]), timeout=SECONDS) as client:
        by_session(client, visit)


def aiohttp(visit: dict[str, Any]) -> None:
    """aiohttp with its middleware for Digest."""
    import aiohttp

    async def run() -> None:
        login = aiohttp.DigestAuthMiddleware(visit["user"], visit["password"])
        async with aiohttp.ClientSession(middlewares=(login,)) as session:
            for name in visit["gets"]:
                with attempt():
                    async with session.get(visit["url"] + name) as answer:
                        await answer.read()
            if visit["put"]:
                with attempt():
                    async with session.put(visit["url"] + visit["put"], data=body(visit)) as answer:
                        await answer.read()

    asyncio.run(run())


def urllib_request(visit: dict[str, Any]) -> None:
    """The standard library's."""
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, visit["site"], visit["user"], visit["password"])
    opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
    for name in visit["gets"]:
        with attempt():
            opener.open(visit["url"] + name, timeout=SECONDS).read()
    if visit["put"]:
        with attempt():
            asked = urllib.request.Request(visit["url"] + visit["put"], data=body(visit), method="PUT")
            opener.open(asked, timeout=SECONDS).read()


def pycurl(visit: dict[str, Any]) -> None:
    """libcurl, one handle for all."""
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.HTTPAUTH, pycurl.HTTPAUTH_DIGEST)
    curl.setopt(pycurl.USERNAME, visit["user"])
    curl.setopt(pycurl.PASSWORD, visit["password"])
    curl.setopt(pycurl.TIMEOUT, SECONDS)
    curl.setopt(pycurl.WRITEFUNCTION, len)
    for name in visit["gets"]:
        with attempt():
            curl.setopt(pycurl.URL, visit["url"] + name)
            curl.perform()
    if visit["put"]:
        with attempt(), Path(visit["body"]).open("rb") as file:
            curl.setopt(pycurl.URL, visit["url"] + visit["put"])
            curl.setopt(pycurl.UPLOAD, 1)
            curl.setopt(pycurl.READDATA, file)
            curl.setopt(pycurl.SEEKFUNCTION, lambda offset, origin: file.seek(offset, origin) and 0)
            curl.setopt(pycurl.INFILESIZE, Path(visit["body"]).stat().st_size)
            curl.perform()
    curl.close()


def tornado(visit: dict[str, Any]) -> None:
    """Tornado's client on libcurl."""
    from tornado.httpclient import AsyncHTTPClient

    async def run() -> None:
        AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient")
        client = AsyncHTTPClient(force_instance=True)
        login = {"auth_username": visit["user"], "auth_password": visit["password"], "auth_mode": "digest"}
        for name in visit["gets"]:
            with attempt():
                await client.fetch(visit["url"] + name, request_timeout=SECONDS, **login)
        if visit["put"]:
            with attempt():
                await client.fetch(
                    visit["url"] + visit["put"], method="PUT", body=body(visit), request_timeout=SECONDS, **login
                )
        client.close()

    asyncio.run(run())


def caldav(visit: dict[str, Any]) -> None:
    """A client for calendars: it asks with PROPFIND and puts events."""
    import caldav

    with caldav.DAVClient(
        url=visit["url"], username=visit["user"], password=visit["password"], auth_type="digest"
    ) as client:
        for name in visit["gets"]:
            with attempt():
                client.propfind(visit["url"] + name)
        if visit["put"]:
            with attempt():
                client.put(visit["url"] + visit["put"], body(visit), {"Content-Type": "text/calendar"})


def webdav4(visit: dict[str, Any]) -> None:
    """A client for files on httpx, with httpx's own DigestAuth."""
    import httpx
    from webdav4.client import Client

    client = Client(visit["site"], auth=httpx.DigestAuth(visit["user"], visit["password"]), retry=False)
    for name in visit["gets"]:
        with attempt():
            client.ls(visit["folder"] + name, detail=False)
    if visit["put"]:
        with attempt():
            client.upload_file(visit["body"], visit["folder"] + visit["put"], overwrite=True)


def vdirsyncer(visit: dict[str, Any]) -> None:
    """A synchroniser of calendars: what its own sessions do with auth = "digest"."""
    import aiohttp
    from vdirsyncer.http import DigestAuthMethod, prepare_auth, request

    async def run() -> None:
        # It keeps one login for all servers that know a user by the same password, as if they were one.
        DigestAuthMethod._auth_helpers.clear()  # noqa: SLF001  # no other way to begin anew
        async with aiohttp.TCPConnector() as connector, aiohttp.ClientSession(connector=connector) as session:
            login = prepare_auth("digest", visit["user"], visit["password"])
            for name in visit["gets"]:
                with attempt():
                    await request("GET", visit["url"] + name, session=session, auth=login)
            if visit["put"]:
                with attempt():
                    await request("PUT", visit["url"] + visit["put"], session=session, auth=login, data=body(visit))

    asyncio.run(run())


def yt_dlp(visit: dict[str, Any]) -> None:
    """A downloader of films, with a user and a password in the address and as its settings."""
    import yt_dlp

    settings = {
        "username": visit["user"],
        "password": visit["password"],
        "quiet": True,
        "simulate": True,
        "retries": 0,
        "extractor_retries": 0,
        "allowed_extractors": ["generic"],
        "call_home": False,
    }
    address = visit["site"].replace("://", f"://{visit['user']}:{visit['password']}@") + visit["folder"]
    with yt_dlp.YoutubeDL(settings) as downloader:
        for name in visit["gets"]:
            with attempt():
                downloader.extract_info(address + name)


def httpie(visit: dict[str, Any]) -> None:
    """HTTPie, as its command would run it."""
    from httpie.core import main

    command = ["http", "--ignore-stdin", "--quiet", "-A", "digest", "-a", f"{visit['user']}:{visit['password']}"]
    for name in visit["gets"]:
        main([*command, "GET", visit["url"] + name])
    if visit["put"]:
        main([*command, "PUT", visit["url"] + visit["put"], f"@{visit['body']}"])


LIBRARIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "requests": requests,
    "requests-toolbelt": guess,
    "niquests": niquests,
    "httpx": httpx,
    "httpx2": httpx2,
    "aiohttp": aiohttp,
    "urllib": urllib_request,
    "pycurl": pycurl,
    "tornado": tornado,
    "caldav": caldav,
    "webdav4": webdav4,
    "vdirsyncer": vdirsyncer,
    "yt-dlp": yt_dlp,
    "httpie": httpie,
}

if __name__ == "__main__":
    for each in json.loads(sys.argv[2]):
        with attempt():
            LIBRARIES[sys.argv[1]](each)
