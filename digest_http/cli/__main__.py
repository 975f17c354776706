"""`python -m digest_http.cli`: the same command where scripts are not installed."""

from __future__ import annotations

from . import main

main()
