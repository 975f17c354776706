"""How Sphinx builds the pages of this folder: `make docs`.

The pages are Markdown and stay readable without a build. Everything that a page links to must be there (`-W` in the
Makefile makes each warning an error).
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
# The reference is made of the checkout's own docstrings, whatever is installed.
sys.path[:0] = [str(ROOT / folder) for folder in (".", "middleware", "client_auth")]

project = "digest-http"
author = "digest-http authors"
copyright = "digest-http authors"  # noqa: A001 - Sphinx's name for it
release = version_of("digest-http")
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns: list[str] = []

# Headings down to this level can be linked to, by the names that Git forges give them.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
# A default is shown as it stands in the source: `os.urandom`, not what repr() makes of it.
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80
autodoc_default_options = {"members": True, "show-inheritance": False}
python_use_unqualified_type_names = True

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
# The theme's own choice underlines the modules of an import, as if they were links.
pygments_dark_style = "monokai"
html_title = f"digest-http {release}"
html_copy_source = False
html_show_sourcelink = False

# Docstrings are written to be read as they stand. A single backtick is code there, as in Markdown; in Sphinx's own
# language it takes two, a star begins emphasis, and a list within a list stands between blank lines.
_code = re.compile(r"(?<!`)`(?!`)([^`\n]+)(?<!`)`(?!`)_?")
_item = re.compile(r"( *)[*+-] ")
_star = re.compile(r"(?<=\S)\*|\*(?=\S)")


def as_it_was_written(_app: Sphinx, _what: str, _name: str, _of: object, _options: object, lines: list[str]) -> None:
    """Turn a docstring's few signs into those of Sphinx."""
    done: list[str] = []
    indent = -1
    for line in lines:
        item = _item.match(line)
        if item and len(item[1]) != indent:
            done.append("")
        indent = len(item[1]) if item else -1
        done.append(_code.sub(r"``\1``", _star.sub(r"\*", line)))
    lines[:] = done


def setup(app: Sphinx) -> None:
    """Sphinx calls this once, at the start."""
    app.connect("autodoc-process-docstring", as_it_was_written)
