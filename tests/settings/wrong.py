"""Wrong values by kind of setting: what people write by mistake, and what a file or the environment gives."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

__all__ = [
    "FLAG", "FUNCTION",
    "HUGE", "LIST", "MAYBE_FUNCTION", "NAME", "NUMBER", "PATH", "REALM", "SECONDS", "SECRET", "TEXT",
    "WORD", "WORDS",
]  # fmt: skip

#: Stands in secrets: no error may show it.
SECRET = "f4cade5ecret"

HUGE = 10**5000

#: Words are true, whatever they say; so are numbers but 0.
FLAG: list[Any] = ["no", "False", "off", "", 0, 1, None, [], b"yes"]
NUMBER: list[Any] = [
    "128",
    "1M",
    b"5",
    1.5,
    7.0,
    float("nan"),
    float("inf"),
    True,
    False,
    None,
    [],
    -1,
    -HUGE,
    lambda: 5,
]
SECONDS: list[Any] = [
    "5m", "300", 0, -1, 0.0, -0.5, float("nan"), float("inf"), float("-inf"), True, None, HUGE, [300],
    timedelta(seconds=5),
]  # fmt: skip
FUNCTION: list[Any] = [5, 5.0, "os.urandom", b"", None, [], object(), lambda _a, _b, _c, _d, _e, _f, _g: None]
#: Where None means that there is none.
MAYBE_FUNCTION: list[Any] = [value for value in FUNCTION if value is not None]
TEXT: list[Any] = [None, 5, True, b"text", ["text"], {"text": 1}, "\ud800", lambda: "text"]
WORD: list[Any] = ["", "always ", "SLIDING", b"window", None, 5, True, ["window"]]
LIST: list[Any] = [None, 5, True, b"auth", {"auth": 1}, lambda: ["auth"], [], (), [None], [5], [["auth"]], [b"auth"]]
WORDS: list[Any] = ["auth", "auth,auth-int", "", *LIST, ["auth", "x"], ["\ud800"], [""]]
NAME: list[Any] = [
    "", "a:r", f"alice:{SECRET}", "al\nice", "al\tice", "al\x00ice", "al\x7fice", "al\x85ice", "\ud800", None, 5, True,
    ["alice"],
]  # fmt: skip
REALM: list[Any] = ["", "a\nb", "a\tb", "\x00", "\x9f", "\udfff", None, 5, b"x", ["r"], lambda: "r"]
PATH: list[Any] = ["", "a\0b", None, 5, b"file", ["file"], Path]
