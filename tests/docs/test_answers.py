"""The questions that newcomers asked: docs/answers.md leads from each to the words that answer it."""

from __future__ import annotations

import re

import pytest

from tests.docs.test_pages import DOCS, anchors

ANSWERS = DOCS / "answers.md"

#: As many lines of a page's source as a screen shows before anybody scrolls.
SCREEN = 40

#: The question, and the words without which a screen does not answer it.
WORDS = {
    "How do I install it?": ["pip install"],
    "How do I write a first server and a first client?": ["In ten minutes", "pip install"],
    "I use `httpx.DigestAuth`, `requests` or Flask-HTTPAuth. What do I change?": [
        "httpx.DigestAuth",
        "requests.auth.HTTPDigestAuth",
        "Flask-HTTPAuth",
    ],
    "How do I test an app that asks for a login?": ["TestClient", "DigestAuth("],
    "How do I protect some paths and leave others open?": ["protect=[", "public=["],
    "Does `/admin` close `/admin/x` too, and how do mounts count?": ["whole segments", "Mount("],
    "How do I protect one route?": ["optional=True", "@requires"],
    "Is there a FastAPI dependency?": ["Depends(digest)", "pip install"],
    "How do I get the lock in FastAPI's `/docs`?": ["lock", "digest.responses", "Execute"],
    "How do I get Django's `request.user`?": ["MIDDLEWARE", "`request.user`"],
    "May one app have two realms?": ["one middleware for each", 'realm="office"'],
    "How do users get roles or groups?": ["roles=", '"admin"'],
    "How does somebody log out?": ["log_out(request)"],
    "How do I log everybody out?": ["everybody", "`keys`"],
    "Which setting do wget and old curls need?": ["wget", "curl", "old_clients=True"],
    "Why does a script on another page see no 401 (CORS)?": ["outside", "network error", "CORSMiddleware"],
    "What do I set behind nginx, and where may TLS end?": ["nginx", "stripped_prefix=", "TLS"],
    "Can I use a file of Apache's `htdigest`?": ["It works as it is", "htdigest://"],
    "Why can I not use bcrypt hashes, or LDAP?": ["Nobody can make it from a bcrypt hash"],
    "How do users change their password on a page?": ["set(name, password)"],
    "What do several workers need?": ["keys", "store", "--workers 4"],
    "How do I use Redis?": ["redis://", "pip install"],
    "How do I change the keys?": ["old new", "DIGEST_HTTP_KEYS"],
    "Are accounts locked after wrong passwords?": ["429", "throttle=", "pip install"],
    "What does the log look like, and what do its codes mean?": ["client=192.0.2.7", "wrong-digest", "reasons.md"],
    "How do I get metrics?": ["Prometheus", "observers="],
    "Does it work with requests and aiohttp?": ["digest_http_client_auth.requests", "digest_http_client_auth.aiohttp"],
    "Can the password come from `.netrc` or a keyring?": ["from_netrc", "from_keyring"],
    "Can a program keep what it learnt until its next start?": ["export_learnt()", "learn("],
    "How do I talk to a camera?": ["ONVIF", "RTSP", "DigestAuth("],
}

_row = re.compile(r"^\| (.*\?.*) \| \[[^\]]*\]\(([^)#]*)(#[^)]*)?\) \|$", re.MULTILINE)
LINKS = {question: (page, anchor) for question, page, anchor in _row.findall(ANSWERS.read_text(encoding="utf-8"))}


def slug(heading: str) -> str:
    """The name by which a heading is linked to."""
    return "#" + re.sub(r"[^\w\- ]", "", heading.lstrip("# ").lower()).strip().replace(" ", "-")


def test_every_question_stands_on_the_page() -> None:
    """A row without words to look for would be held by nothing, and words without a row by nobody."""
    assert list(LINKS) == list(WORDS)


@pytest.mark.parametrize("question", WORDS)
def test_the_first_screen_answers(question: str) -> None:
    """Whoever follows the link reads the answer without scrolling, and so does who comes to the page by itself."""
    name, anchor = LINKS[question]
    page = DOCS / name
    lines = page.read_text(encoding="utf-8").splitlines()
    start = 0
    if anchor:
        assert anchor[1:] in anchors(page)
        start = next(at for at, line in enumerate(lines) if line.startswith("#") and slug(line) == anchor)
        first = "\n".join(lines[:SCREEN])
        assert start < SCREEN or f"]({anchor})" in first, "the page's first screen does not lead to its answer"
    screen = "\n".join(lines[start : start + SCREEN])
    assert [words for words in WORDS[question] if words not in screen] == []
