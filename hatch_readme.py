"""The build backend's hook for the page on the package index: README.md, with links that lead somewhere from there.

README links to files beside it. On an index page there are none beside it. So a link gets the address of the file in
the project's public home, or, as long as there is none, its words stay and the link goes. See RELEASING.md.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

#: A link or an image, with an address that does not stand by itself.
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)\s]+)\)")
_CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def for_index_page(readme: str, *, files: str, images: str) -> str:
    """The text of README for another place.

    `files` and `images` are addresses that end in a slash, below which the files of the project can be read and its
    images be shown; "" for none. Code is left as it is.
    """

    def link(found: re.Match[str]) -> str:
        image, words, path = found.groups()
        if image:
            return f"![{words}]({images}{path})" if images else ""
        return f"[{words}]({files}{path})" if files else words

    parts = _CODE.split(readme)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in parts)


class ReadmeHook(MetadataHookInterface):
    """See the module."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the readme. The addresses are `files` and `images` of the hook's table in pyproject.toml."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        page = for_index_page(text, files=self.config["files"], images=self.config["images"])
        metadata["readme"] = {"content-type": "text/markdown", "text": page}
