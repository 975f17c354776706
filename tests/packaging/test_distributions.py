"""What the wheel and the sdist contain, and what they promise."""

import email
import os
import re
import runpy
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import digest_http
from tests.live.peers import found_program

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "digest_http": ROOT / "digest_http",
    "digest_http_middleware": ROOT / "middleware" / "digest_http_middleware",
    "digest_http_client_auth": ROOT / "client_auth" / "digest_http_client_auth",
}
CLIENTS = {"client", "client2", "aiohttp", "requests", "niquests", "urllib3", "keyring"}
SERVERS = {"django", "fastapi", "limits", "opentelemetry", "prometheus", "starlette"}
EXTRAS = {*CLIENTS, *SERVERS, "sasl", "redis", "sql", "sqlite", "postgres", "cli", "demo"}


#: The folders of the sdist: the three packages, and all that belongs to them.
FOLDERS = {
    "digest_http",
    "middleware",
    "client_auth",
    "docs",
    "examples",
    "tests",
    "typing_tests",
    "benchmarks",
    "demo_app",
    ".ci",
}


def modules_of(folder: Path) -> Iterator[str]:
    """Name the files of a package that must be shipped, relative to it."""
    for path in folder.rglob("*"):
        if path.suffix in {".py", ".typed"}:
            yield path.relative_to(folder).as_posix()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build both distributions with the installed hatchling; nothing is downloaded."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def wheel_names(built):
    """List the wheel's files."""
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        return set(wheel.namelist())


@pytest.fixture(scope="module")
def sdist_names(built):
    """List the sdist's entries without the folder they all stand in."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        return {name.partition("/")[2] for name in sdist.getnames()}


@pytest.fixture(scope="module")
def metadata(built):
    """Read the wheel's METADATA."""
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(wheel.read(name))


@pytest.mark.parametrize("package", PACKAGES)
def test_wheel_holds_every_module_of_each_package(wheel_names, package):
    """The wheel ships each module and py.typed under the name it is imported by."""
    expected = {f"{package}/{name}" for name in modules_of(PACKAGES[package])}
    assert f"{package}/__init__.py" in expected
    assert f"{package}/py.typed" in expected
    assert expected <= wheel_names


def test_wheel_holds_nothing_else(wheel_names):
    """No test, benchmark or stray top-level name reaches a user's site-packages."""
    top_level = {name.partition("/")[0] for name in wheel_names}
    (dist_info,) = top_level - PACKAGES.keys()
    assert dist_info.startswith("digest_http-")
    assert dist_info.endswith(".dist-info")
    assert {Path(name).suffix for name in wheel_names if not name.startswith(dist_info)} == {".py", ".typed"}


@pytest.mark.parametrize("package", PACKAGES)
def test_sdist_holds_every_module_of_each_package(sdist_names, package):
    """The sdist keeps the folders of the checkout, so that a wheel can be built from it."""
    folder = PACKAGES[package]
    expected = {f"{folder.relative_to(ROOT).as_posix()}/{name}" for name in modules_of(folder)}
    assert expected <= sdist_names


def test_sdist_holds_what_is_in_the_checkout(sdist_names):
    """Whoever has the sdist can run the tests, read the pages and change something."""
    git = found_program("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout, or git is not here")
    tracked = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    here = {name for name in tracked.stdout.split("\0") if name and (ROOT / name).exists()}
    assert here - sdist_names == set()


def test_sdist_holds_nothing_else(sdist_names):
    """No environment, cache or file that somebody left lying about."""
    top_level = {name.partition("/")[0] for name in sdist_names}
    described = {".gitignore", ".pre-commit-config.yaml", "LICENSE", "Makefile", "PKG-INFO"}
    described |= {"hatch_build.py", "hatch_readme.py", "pyproject.toml"}
    assert {name for name in top_level - described if not name.endswith(".md")} == FOLDERS
    assert [name for name in sdist_names if "__pycache__" in name or name.endswith(".pyc")] == []
    assert {"LICENSE", "PKG-INFO", "pyproject.toml"} <= top_level


@pytest.mark.once
def test_two_builds_give_the_same_octets(built, tmp_path, monkeypatch):
    """From the checkout, and from the sdist in another folder, at another time, under another umask and locale."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        packed.extractall(tmp_path, filter="data")
    (again,) = tmp_path.iterdir()
    for path in again.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    umask = os.umask(0o077)
    try:
        line = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path / "built")]
        subprocess.run(line, cwd=again, check=True, capture_output=True)
    finally:
        os.umask(umask)
    first, second = ({path.name: path.read_bytes() for path in made.iterdir()} for made in (built, tmp_path / "built"))
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


@pytest.mark.once
def test_the_sdist_runs_its_tests(built, tmp_path):
    """What the tests read beside the packages is in it."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        packed.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/kernel/test_params.py"]
    done = subprocess.run(
        [*line, "tests/docs/test_cli_page.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_index_shows_frameworks_and_interpreters(metadata):
    """Each interpreter that the suite was run on, each framework that has a plug, and links."""
    shown = metadata.get_all("Classifier")
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13, 14)} <= set(shown)
    assert {f"Framework :: {name}" for name in ("AsyncIO", "Django", "FastAPI", "Flask", "aiohttp")} <= set(shown)
    assert "Typing :: Typed" in shown
    assert {line.partition(",")[0] for line in metadata.get_all("Project-URL")} == {"Homepage", "Changelog", "Download"}


def test_the_index_page_is_readme_without_dead_links(metadata):
    """The index has no files beside its page: a link leads to another site, or it is plain words."""
    assert metadata["Description-Content-Type"] == "text/markdown"
    page = metadata.get_payload()
    assert "# digest-http" in page
    assert "$ env/bin/pip install" in page
    assert [link for link in re.findall(r"\]\(([^)]*)\)", page) if not link.startswith("https://")] == []


@pytest.mark.parametrize(
    ("files", "images", "page"),
    [
        ("", "", "See the page. "),
        ("https://h/blob/", "", "See [the page](https://h/blob/docs/a.md#b). "),
        (
            "https://h/blob/",
            "https://h/raw/",
            "See [the page](https://h/blob/docs/a.md#b). ![Seen](https://h/raw/a.png)",
        ),
    ],
)
def test_links_of_readme_as_the_index_shows_them(files, images, page):
    """They become absolute if there is a public home. Code, and links that stand by themselves, are left alone."""
    for_index_page = runpy.run_path(str(ROOT / "hatch_readme.py"))["for_index_page"]
    alone = "\n[x](https://h/) [y](#z)\n```py\na[0](b)\n```\n"
    shown = for_index_page("See [the page](docs/a.md#b). ![Seen](a.png)" + alone, files=files, images=images)
    assert shown == page + alone


def test_the_version_is_that_of_the_package(metadata):
    """One line says it: `digest_http.__version__`."""
    assert metadata["Version"] == digest_http.__version__


def test_installing_brings_nothing_along(metadata):
    """Without an extra the distribution requires no other."""
    required = metadata.get_all("Requires-Dist", [])
    assert required
    assert [line for line in required if "extra ==" not in line] == []


def test_extras_are_the_documented_ones(metadata):
    """The extras in the metadata are those that the documents name."""
    assert set(metadata.get_all("Provides-Extra")) == EXTRAS


def test_license_travels_with_the_wheel(wheel_names):
    """The licence text is part of the wheel."""
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel_names)
