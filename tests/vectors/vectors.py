"""Reads the published vectors: JSON beside this file, each with its source, errata and inputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HTTP_FILES = ("rfc2069", "rfc2617", "rfc7616", "rfc7616_userhash")


def load(name: str) -> Any:
    """One file of vectors, by its name without ending."""
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8"))


def http_rows(key: str) -> list[tuple[dict[str, str], dict[str, str]]]:
    """(inputs, row) of every HTTP vector under `results` or `refused`; a row's own inputs override the file's."""
    rows = []
    for name in HTTP_FILES:
        document = load(name)
        rows += [(document["inputs"] | row, row) for row in document[key]]
    return rows


def title(row: dict[str, str]) -> str:
    """A readable test id."""
    return " ".join(row[part] for part in ("value", "algorithm", "qop", "nc") if row.get(part))
