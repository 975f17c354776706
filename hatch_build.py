"""The build backend's hook: with DIGEST_HTTP_COMPILE=1 the hot rooms are compiled by mypyc, from the same files.

Without that variable nothing happens here: the wheel is `py3-none-any`, and no compiler is needed. The sources are
copied aside, so that a build leaves nothing in the tree, and the wheel holds the sources beside what was made of them.

Compiled code insists on the types that it was written with, and its classes take no subclass, no new attribute and no
weak reference. So what takes settings, and what people introspect or derive from, stays interpreted, and so do enums,
dataclasses and coroutines. Such a class may have a compiled base (digest_http/derivable.py) with what each request
calls. A compiled file that reads the objects of others (a scope, an app's messages) has no types for them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: The three packages, side by side in the wheel.
PACKAGES = ("digest_http", "middleware/digest_http_middleware", "client_auth/digest_http_client_auth")

#: What each request goes through, as it lies in the wheel.
COMPILED = (
    "digest_http/algorithms.py",
    "digest_http/authinfo.py",
    "digest_http/buffers.py",
    "digest_http/calculation.py",
    "digest_http/credentials.py",
    "digest_http/encoding.py",
    "digest_http/params.py",
    "digest_http/secret_holder.py",
    "digest_http/guard/challenges.py",
    "digest_http/guard/examination.py",
    "digest_http/guard/offering.py",
    "digest_http/guard/outcomes.py",
    "digest_http/httpauth/client.py",
    "digest_http/httpauth/client_nonce.py",
    "digest_http/httpauth/known_nonce.py",
    "digest_http/httpauth/nonce_kind.py",
    "digest_http/httpauth/nonce_life.py",
    "digest_http/httpauth/nonce_macs.py",
    "digest_http/httpauth/nonce_pool.py",
    "digest_http/httpauth/offer.py",
    "digest_http/httpauth/openings.py",
    "digest_http/httpauth/path_memory.py",
    "digest_http/httpauth/proof.py",
    "digest_http/httpauth/protection_spaces.py",
    "digest_http/httpauth/sequence.py",
    "digest_http/httpauth/server.py",
    "digest_http/httpauth/session_key.py",
    "digest_http/httpauth/signing.py",
    "digest_http/httpauth/sources.py",
    "digest_http/httpauth/terms.py",
    "digest_http/httpauth/token_shapes.py",
    "digest_http/httpauth/usable_hashes.py",
    "digest_http/httpauth/verdict.py",
    "digest_http/stores/nonce_states.py",
    "digest_http/stores/process.py",
    "digest_http/users/hashes_by_name.py",
    "digest_http_client_auth/httpx_glances.py",
    "digest_http_client_auth/preemptive.py",
    "digest_http_client_auth/proof.py",
    "digest_http_client_auth/requests_glances.py",
    "digest_http_client_auth/requests_plain.py",
    "digest_http_middleware/admission.py",
    "digest_http_middleware/connections.py",
    "digest_http_middleware/content_lengths.py",
    "digest_http_middleware/exchanges.py",
    "digest_http_middleware/hashed_pieces.py",
    "digest_http_middleware/header_proof.py",
    "digest_http_middleware/pieces.py",
    "digest_http_middleware/refusal_messages.py",
    "digest_http_middleware/refusing.py",
)

#: What the compiled wheel is made with.
COMPILERS = ["mypy[mypyc]>=2.4,<3", "setuptools>=70"]

_SETUP = """
import sys
from mypyc.build import mypycify
from setuptools import setup

options = ["--strict", "--follow-imports=silent", "--ignore-missing-imports", "--python-version=3.11"]
modules = mypycify([*options, *sys.argv.pop().split()], opt_level="2", debug_level="0", group_name="digest_http")
setup(name="digest_http", packages=[], ext_modules=modules)
"""


class CustomBuildHook(BuildHookInterface[Any]):
    """See the module."""

    def _is_wanted(self) -> bool:
        return self.target_name == "wheel" and os.environ.get("DIGEST_HTTP_COMPILE") == "1"

    def dependencies(self) -> list[str]:
        """What pip installs for the build, besides hatchling."""
        return COMPILERS if self._is_wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and put the libraries into the wheel. An editable install stays as it is in the tree."""
        if not self._is_wanted() or version == "editable":
            return
        self._aside = Path(tempfile.mkdtemp(prefix="digest-http-build-"))
        for package in PACKAGES:
            source = Path(self.root, package)
            shutil.copytree(source, self._aside / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-c", _SETUP, "build_ext", "--inplace", " ".join(COMPILED)]
        subprocess.run(command, cwd=self._aside, check=True)  # noqa: S603  # this interpreter, with the text above
        suffixes = (".so", ".pyd")
        for library in self._aside.rglob("*"):
            place = library.relative_to(self._aside)
            if library.suffix in suffixes and place.parts[0] != "build":
                build_data["force_include"][str(library)] = str(place)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  # hatchling's signature
        """Remove what was made aside."""
        if hasattr(self, "_aside"):
            shutil.rmtree(self._aside)
