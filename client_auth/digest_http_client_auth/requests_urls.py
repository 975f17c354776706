"""The origins that URLs of requests and niquests name, and what stands for one at little cost."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from digest_http.httpauth.origins import Origin

from .wire_targets import MAX_URLS, plain_target

__all__ = ["key_and_target", "origin_key", "proxy_origin", "url_origin"]


def url_origin(url: str) -> Origin:
    """The origin of a URL."""
    split = urlsplit(url)
    return Origin.of(split.scheme, split.hostname or "", split.port)


def origin_key(url: str) -> str:
    """Scheme and authority of a URL, without a user's name: equal keys mean equal origins."""
    return key_and_target(url)[0]


@lru_cache(maxsize=MAX_URLS)
def key_and_target(url: str) -> tuple[str, bytes | None]:
    """The `origin_key` of a URL, and its `plain_target`."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}", plain_target(url)


def proxy_origin(proxy: str) -> Origin | None:
    """The proxy that a URL names; None if it is no HTTP proxy (socks)."""
    url = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if url.scheme not in {"http", "https"}:
        return None
    return Origin.of(url.scheme, url.hostname or "", url.port)
