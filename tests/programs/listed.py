"""The programs, and what is known to come of each: the rows of docs/programs.md."""

from __future__ import annotations

from dataclasses import dataclass

from tests.programs import command_line as by_hand
from tests.programs.command_line import each
from tests.programs.scripted import Speak, java, node, perl, php, python, ruby, toolkit
from tests.programs.visits import GETS

__all__ = ["PROGRAMS", "Program"]

SHA, MD5 = "works (SHA-256)", "works (MD5)"
#: No credentials were sent; credentials were sent, and refused.
UNSIGNED, REFUSED = "401 unsigned", "401"
AGAIN, NONE_KEPT = "signs again", "keeps no nonce"


@dataclass(frozen=True, slots=True)
class Program:
    """A program, how it is run, and what must come of it.

    ``default`` to ``auth_int`` say what came of the areas of that name. ``stale`` and ``wrong`` are of the default, or
    of the setting for old clients if the default does not work; ``wrong`` counts the requests, all of them refused,
    that one page costs with a wrong password.
    """

    name: str
    speak: Speak
    default: str
    old: str
    sha256: str
    auth_int: str
    stale: str
    wrong: int
    why: str = ""
    gets: tuple[str, ...] = GETS
    put: str = "put"

    @property
    def folder(self) -> str:
        """Its name in a path."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.name)

    @property
    def old_only(self) -> bool:
        """It has Digest, but not with the default."""
        return not self.default.startswith("works") and "works" in self.old


def cannot(name: str, speak: Speak, why: str, default: str = REFUSED) -> Program:
    """A program without Digest."""
    return Program(name, speak, default, default, default, default, default, 1, why, put="")


SOUP = "/usr/lib/*/girepository-1.0/Soup-{}.typelib"
RUBY = "/usr/share/rubygems-integration/*/gems/httpclient-*"
NHDA = "/usr/lib/ruby/vendor_ruby/net/http/digest_auth.rb"
QT = "/usr/lib/python3/dist-packages/PyQt6/QtNetwork.abi3.so"
APACHE_4 = ("httpclient", "httpcore", "commons-logging", "commons-codec")
APACHE_5 = ("httpclient5", "httpcore5", "httpcore5-h2", "slf4j-api")

GIT_GETS = ("repositories/some.git/info/refs?service=git-upload-pack",)
GIT_PUT = "repositories/some.git/git-receive-pack"

# One row is one program: default, old clients, SHA-256, auth-int, nonce ended, requests with a wrong password; and why.
# fmt: off
PROGRAMS = [
    Program("curl", each(by_hand.curl),
            SHA, MD5, SHA, SHA, NONE_KEPT, 2,
            ""),
    Program("wget", each(by_hand.wget),
            MD5, MD5, REFUSED, "GET 401; upload works (MD5)", NONE_KEPT, 2,
            "the last challenge, MD5; it knows no list of qop"),
    Program("wget2", each(by_hand.wget2),
            SHA, MD5, SHA, "GET 401 unsigned; upload works (SHA-256)", NONE_KEPT, 2,
            "it knows no list of qop"),
    Program("git", each(by_hand.git),
            SHA, MD5, SHA, SHA, AGAIN, 2,
            "it signs a push again if `http.postBuffer` is larger than the push; else it fails once git has sent 1 MiB",
            gets=GIT_GETS, put=GIT_PUT),
    Program("cadaver (neon)", each(by_hand.cadaver),
            SHA, MD5, SHA, SHA, AGAIN, 3,
            ""),
    Program("lftp", each(by_hand.lftp),
            REFUSED, MD5, REFUSED, REFUSED, NONE_KEPT, 2,
            "it calls an MD5 hash by the algorithm of the first challenge", put=""),
    Program("w3m", each(by_hand.w3m),
            UNSIGNED, MD5, UNSIGNED, UNSIGNED, NONE_KEPT, 3,
            "the first challenge only, and MD5 only", put=""),
    Program("ffmpeg", each(by_hand.ffmpeg),
            MD5, MD5, UNSIGNED, MD5, "GET 401; upload works", 2,
            "the last challenge, MD5; a nonce that ends ends the film: let `nonce_lifetime` be longer than a film",
            gets=("film.mov",)),
    Program("GStreamer souphttpsrc", each(by_hand.gstreamer),
            MD5, MD5, UNSIGNED, MD5, NONE_KEPT, 2,
            "MD5 only; it stands on libsoup", put=""),
    Program("libsoup 3", toolkit("soup3", SOUP.format("3.0"), "gir1.2-soup-3.0"),
            MD5, MD5, UNSIGNED, MD5, "GET works; upload 422", 2,
            "MD5 only; it signs again with an empty body, unless its user sets the body anew"),
    Program("libsoup 2", toolkit("soup2", SOUP.format("2.4"), "gir1.2-soup-2.4"),
            UNSIGNED, MD5, UNSIGNED, UNSIGNED, AGAIN, 2,
            "the first challenge only, and MD5 only"),
    Program("Qt 6", toolkit("qt", QT, "python3-pyqt6"),
            MD5, MD5, UNSIGNED, MD5, AGAIN, 2,
            "MD5 only"),
    Program("requests", python("requests"),
            MD5, MD5, SHA, MD5, AGAIN, 2,
            "the last challenge"),
    Program("requests-toolbelt GuessAuth", python("requests-toolbelt"),
            MD5, MD5, SHA, MD5, AGAIN, 2,
            "as requests"),
    Program("niquests", python("niquests"),
            MD5, MD5, SHA, MD5, AGAIN, 2,
            "the last challenge"),
    Program("httpx", python("httpx"),
            SHA, MD5, SHA, SHA, AGAIN, 2,
            ""),
    Program("httpx2", python("httpx2"),
            SHA, MD5, SHA, SHA, AGAIN, 2,
            ""),
    Program("aiohttp", python("aiohttp"),
            SHA, MD5, SHA, SHA, AGAIN, 2,
            "it prefers auth-int; over `max_body` it is offered auth, and takes it"),
    Program("Python urllib", python("urllib"),
            UNSIGNED, MD5, UNSIGNED, UNSIGNED, NONE_KEPT, 7,
            "the first challenge only, and no SHA-256"),
    Program("pycurl", python("pycurl"),
            SHA, MD5, SHA, SHA, AGAIN, 2,
            ""),
    Program("Tornado (curl)", python("tornado"),
            SHA, MD5, SHA, SHA, NONE_KEPT, 2,
            ""),
    Program("caldav", python("caldav"),
            MD5, MD5, SHA, MD5, AGAIN, 2,
            "it stands on niquests"),
    Program("webdav4", python("webdav4"),
            SHA, MD5, SHA, SHA, "GET works; upload 400", 2,
            "with the DigestAuth of httpx, which does not send a file twice"),
    Program("vdirsyncer", python("vdirsyncer"),
            SHA, MD5, SHA, SHA, AGAIN, 2,
            ""),
    Program("HTTPie", python("httpie"),
            SHA, MD5, SHA, SHA, NONE_KEPT, 2,
            ""),
    Program("Perl LWP", perl,
            MD5, MD5, REFUSED, MD5, AGAIN, 3,
            "MD5 only; it answers the SHA-256 challenge seven times before it takes the other"),
    Program("PHP curl", php("curl"),
            SHA, MD5, SHA, SHA, AGAIN, 2,
            ""),
    Program("Ruby httpclient", ruby("httpclient", RUBY, "ruby-httpclient"),
            MD5, MD5, REFUSED, "GET 400; upload works (MD5)", NONE_KEPT, 5,
            "MD5 only; it writes a list of qop with one quote"),
    Program("Ruby net-http-digest_auth", ruby("net-http-digest_auth", NHDA, "ruby-net-http-digest-auth"),
            UNSIGNED, "GET 400 once, then works (MD5); upload works", UNSIGNED, UNSIGNED,
            "GET 400 once, then works; upload works", 2,
            "the first challenge only, and MD5 only; it counts from 0, which is malformed"),
    Program("Java HttpURLConnection", java("Clients", "HttpURLConnection"),
            MD5, MD5, SHA, MD5, NONE_KEPT, 20,
            "the last challenge; it tries a wrong password 20 times"),
    Program("Apache HttpClient 4", java("Apache4", "apache", *APACHE_4, package="libhttpclient-java"),
            MD5, MD5, SHA, MD5, AGAIN, 2,
            "auth-int for every body; over `max_body` it is offered auth, and takes it"),
    Program("Apache HttpClient 5", java("Apache5", "apache", *APACHE_5, package="libhttpclient5-java"),
            SHA, MD5, SHA, SHA, AGAIN, 2,
            "auth-int for every body; over `max_body` it is offered auth, and takes it"),
    Program("node urllib", node("urllib"),
            MD5, MD5, REFUSED, MD5, NONE_KEPT, 2,
            "MD5 only, with the nonce of the first challenge"),
    Program("node axios-digest-auth", node("axios-digest-auth"),
            MD5, MD5, REFUSED, MD5, NONE_KEPT, 2,
            "MD5 only, with the nonce of the first challenge"),
    Program("node digest-fetch", node("digest-fetch"),
            MD5, MD5, REFUSED, MD5, AGAIN, 2,
            "MD5 only, with the nonce of the first challenge"),
    cannot("Java HttpClient", java("Clients", "HttpClient"), "Basic only", default=UNSIGNED),
    cannot("aria2", each(by_hand.aria2), "Basic only"),
    cannot("ELinks", each(by_hand.elinks), "Basic only"),
    cannot("Links", each(by_hand.links), "Basic only"),
    cannot("Lynx", each(by_hand.lynx), "Basic only", default=UNSIGNED),
    cannot("yt-dlp", python("yt-dlp"), "Basic only"),
    cannot("PHP streams", php("streams"), "Basic only"),
]
# fmt: on
