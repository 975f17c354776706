"""The names that the files of this app share."""

from __future__ import annotations

from typing import Final

__all__ = ["LABEL", "SETTING"]

#: The app's label in Django; "django" would be the one of its package.
LABEL: Final = "digest_http"

#: The setting that holds all of ours.
SETTING: Final = "DIGEST_HTTP"
