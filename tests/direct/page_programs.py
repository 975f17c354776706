"""The programs of docs/client-without-io.md and docs/guard.md, as a reader would copy them."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"

#: Page -> what it imports, and makes, before its programs.
PAGES = {
    "client-without-io.md": "from digest_http.httpauth import DigestClient\n",
    "guard.md": (
        "from digest_http.guard import Accepted, Guard\nguard = Guard(users={'alice': 's3cret'}, realm='home')\n"
    ),
}

_block = re.compile(r"^```python\n# (\S+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page_program(name: str, page: str = "client-without-io.md") -> Any:
    """The names that a program of a page defines, after what the page imports first."""
    programs = dict(_block.findall((DOCS / page).read_text(encoding="utf-8")))
    namespace: dict[str, Any] = {"__name__": name.removesuffix(".py")}
    exec(compile(PAGES[page] + programs[name], f"{page}: {name}", "exec"), namespace)  # noqa: S102 - running the page is the test
    return SimpleNamespace(**namespace)
