"""Programs of the command line: each function makes one visit the way a person at a terminal would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.live.peers import program
from tests.programs.processes import run
from tests.programs.scripted import Speak
from tests.programs.visits import Visit

__all__ = [
    "aria2",
    "cadaver",
    "curl",
    "each",
    "elinks",
    "ffmpeg",
    "git",
    "gstreamer",
    "lftp",
    "links",
    "lynx",
    "w3m",
    "wget",
    "wget2",
]

#: Octets.
LARGER_THAN_THE_PUSH = 8_000_000


def each(visit_once: Callable[[Visit, Path], None]) -> Speak:
    """A program that makes all visits: one process, or a few, for each."""

    def speak(visits: Sequence[Visit], folder: Path) -> None:
        for visit in visits:
            home = folder / visit.area
            home.mkdir()
            visit_once(visit, home)

    return speak


def curl(visit: Visit, folder: Path) -> None:
    """One process for all pages, so that it keeps its nonce."""
    command = [program("curl", package="curl"), "-q", "-s", "--digest", "-u", f"{visit.user}:{visit.password}"]
    put = ["-T", visit.body, visit.url + visit.put] if visit.put else []
    pages = [visit.url + name for name in visit.gets]
    run([*command, *pages], folder)
    if put:
        run([*command, *put], folder)


def wget(visit: Visit, folder: Path) -> None:
    """wget has no word for PUT but --method."""
    login = [f"--user={visit.user}", f"--password={visit.password}"]
    command = [program("wget", package="wget"), "--no-config", "-q", "--tries=1", "-O-", *login]
    run([*command, *(visit.url + name for name in visit.gets)], folder)
    if visit.put:
        run([*command, "--method=PUT", f"--body-file={visit.body}", visit.url + visit.put], folder)


def wget2(visit: Visit, folder: Path) -> None:
    """wget's successor; Debian's has no way to PUT yet."""
    login = [f"--http-user={visit.user}", f"--http-password={visit.password}"]
    command = [program("wget2", package="wget2"), "--no-config", "-q", "--tries=1", "-O-", *login]
    run([*command, "--max-threads=1", *(visit.url + name for name in visit.gets)], folder)
    if visit.put:
        run([*command, f"--post-file={visit.body}", visit.url + visit.put], folder)


def lftp(visit: Visit, folder: Path) -> None:
    """A session of a file client."""
    lines = ["set net:max-retries 3", "set net:reconnect-interval-base 1"]
    lines += [f"open -u {visit.user},'{visit.password}' {visit.site}"]
    lines += [f"cat {visit.folder}{name}" for name in visit.gets]
    run([program("lftp", package="lftp"), "--norc", "-c", "; ".join(lines)], folder)


def w3m(visit: Visit, folder: Path) -> None:
    """A browser for terminals; it takes a login from the address."""
    for name in visit.gets:
        run([program("w3m", package="w3m"), "-dump", visit.with_password + name], folder)


def elinks(visit: Visit, folder: Path) -> None:
    """A browser for terminals; it takes a login from the address."""
    for name in visit.gets:
        run([program("elinks", package="elinks"), "-no-connect", "-dump", visit.with_password + name], folder)


def links(visit: Visit, folder: Path) -> None:
    """A browser for terminals; it takes a login from the address."""
    for name in visit.gets:
        run([program("links", package="links"), "-dump", visit.with_password + name], folder)


def lynx(visit: Visit, folder: Path) -> None:
    """A browser for terminals; it takes a login as an option."""
    login = f"-auth={visit.user}:{visit.password}"
    for name in visit.gets:
        run([program("lynx", package="lynx"), "-cfg=/dev/null", login, "-dump", visit.url + name], folder)


def aria2(visit: Visit, folder: Path) -> None:
    """A downloader."""
    login = [f"--http-user={visit.user}", f"--http-passwd={visit.password}"]
    quick = ["--no-conf", "-q", "--max-tries=1", "--enable-dht=false", "--async-dns=false", "-j1", "-Z"]
    run([program("aria2c", package="aria2"), *quick, *login, *(visit.url + name for name in visit.gets)], folder)


def cadaver(visit: Visit, folder: Path) -> None:
    """A client for files, on neon."""
    netrc = folder / ".netrc"
    netrc.write_text(f'default login {visit.user} password "{visit.password}"\n')
    netrc.chmod(0o600)
    lines = [f"cat {visit.folder}{name}" for name in visit.gets]
    lines += [f"put {visit.body} {visit.folder}{visit.put}"] if visit.put else []
    script = "".join(f"{line}\n" for line in (*lines, "quit"))
    run([program("cadaver", package="cadaver"), visit.url], folder, script)


def ffmpeg(visit: Visit, folder: Path) -> None:
    """A film whose index stands at its end: it is asked for in ranges."""
    command = [program("ffmpeg", package="ffmpeg"), "-nostdin", "-loglevel", "error"]
    for name in visit.gets:
        run([*command, "-i", visit.with_password + name, "-c", "copy", "-f", "null", "-"], folder)
    if visit.put:
        # It sends its body before it has read the answer, and then once more.
        run([*command, "-f", "data", "-i", visit.body, "-map", "0", "-c", "copy", "-f", "data", "-method", "PUT",
             visit.with_password + visit.put], folder)  # fmt: skip


def git(visit: Visit, folder: Path) -> None:
    """A clone, a commit of 3 MB, and a push in chunks; where nonces end, a push that git holds whole.

    git can send a chunk again while it has not read the next one: whether it has when the 401 comes is luck.
    """
    command = [program("git", package="git"), "-c", "user.name=a", "-c", "user.email=a@localhost"]
    if visit.ageing:
        command += ["-c", f"http.postBuffer={LARGER_THAN_THE_PUSH}"]
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
    copy = folder / "copy"
    run(
        [*command, "clone", "-q", visit.with_password + visit.gets[0].partition("/info")[0], str(copy)], folder, **quiet
    )
    if visit.put and copy.exists():
        noise = b"".join(number.to_bytes(4) * 3 for number in range(250_000))
        (copy / "large").write_bytes(noise)
        run([*command, "-C", str(copy), "add", "large"], folder, **quiet)
        run([*command, "-C", str(copy), "commit", "-q", "-m", "large"], folder, **quiet)
        run([*command, "-c", "core.compression=0", "-C", str(copy), "push", "-q"], folder, **quiet)


def gstreamer(visit: Visit, folder: Path) -> None:
    """The source of films in GNOME's programs, a process for each."""
    command = [program("gst-launch-1.0", package="gstreamer1.0-tools"), "-q", "souphttpsrc"]
    login = [f"user-id={visit.user}", f"user-pw={visit.password}"]
    for name in visit.gets:
        rest = ["!", "filesink", f"location={folder}/{name}"]
        run([*command, f"location={visit.url}{name}", *login, *rest], folder)
