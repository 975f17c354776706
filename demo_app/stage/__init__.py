"""The stage: what passes between a browser and the middleware, shown to the person in front of the browser.

It is a part of the demo, not of the package. It protects nothing, and it shows no H(A1).
"""

from __future__ import annotations

from .stage import Stage
from .watching import Watching

__all__ = ["Stage", "Watching"]
