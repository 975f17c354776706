"""What the site serves beside short texts: a film, and a repository for each area."""

from __future__ import annotations

from pathlib import Path

from tests.live.peers import found_program
from tests.programs.areas import AREAS
from tests.programs.processes import run

__all__ = ["fixed"]

#: Seconds of silence: more octets than a program reads ahead, so that it must ask for a range to get past them.
SECONDS = 60


def fixed(folder: Path) -> None:
    """Put them there. The programs that ask for them make them, so who has none needs none."""
    ffmpeg, git = found_program("ffmpeg"), found_program("git")
    if ffmpeg is not None:
        silence = ["-f", "lavfi", "-i", f"anullsrc=d={SECONDS}"]
        run([ffmpeg, "-nostdin", "-loglevel", "error", *silence, "-c:a", "pcm_s16le", str(folder / "film.mov")], folder)
    if git is not None:
        for area in AREAS:
            place = str(folder / "git" / area / "some.git")
            run([git, "init", "-q", "--bare", place], folder)
            run([git, "-C", place, "config", "http.receivepack", "true"], folder)
