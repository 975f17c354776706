"""The programs of docs/client-without-io.md, as a reader would copy them."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "client-without-io.md"

_block = re.compile(r"^```python\n# (\S+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page_program(name: str) -> Any:
    """The names that a program of the page defines, after what the page imports first."""
    programs = dict(_block.findall(PAGE.read_text(encoding="utf-8")))
    namespace: dict[str, Any] = {"__name__": name.removesuffix(".py")}
    source = "from digest_http.httpauth import DigestClient\n" + programs[name]
    exec(compile(source, f"{PAGE.name}: {name}", "exec"), namespace)  # noqa: S102 - running the page is the test
    return SimpleNamespace(**namespace)
