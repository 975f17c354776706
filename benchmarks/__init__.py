"""Speed and size, in ratios within one run: `python -m benchmarks [GROUP ...]` (docs/performance.md).

Each group is a file with `rows() -> list[tuple[str, str, str]]`: what was measured, the figure, the target. A figure
begins with its number; a target is "at most N ..." or "at least N ...", or empty where a row is for information.
"""
