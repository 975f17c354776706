"""The secret keys of nonces as a setting: given, from the environment, or from a file that may change while we run.

A key in text is a word of 32 characters at least, taken as it stands; words are separated by white space or commas,
the newest first. `file:///path` instead names a file of such words ("#" begins a comment). To rotate without a
single stale nonce, put the new key second, wait until every worker has seen the file, and then put it first.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from digest_http.errors import ConfigurationError
from digest_http.file_modes import warn_if_open
from digest_http.file_versions import FileVersion
from digest_http.httpauth.keys import checked_keys
from digest_http.secrecy import HoldsSecrets
from digest_http.setting_urls import no_fragment, parts_of
from digest_http.settings import file_path, function

__all__ = ["ENVIRONMENT", "LOOK_EVERY", "KeyFile", "configured_keys"]

#: Asked for when no keys are given: the same syntax as the setting.
ENVIRONMENT: Final = "DIGEST_HTTP_KEYS"

#: Hex digits spend two characters on an octet: this is 128 bits at least (nonce_macs.MIN_KEY_OCTETS), 256 with key new.
MIN_CHARACTERS: Final = 32

#: Seconds between two looks at a file of keys.
LOOK_EVERY: Final = 1.0

logger: Final = logging.getLogger("digest_http.keys")

_FORM: Final = "write keys='file:///etc/app/keys'"

_comment = re.compile(r"(?m)#.*$")
_separator = re.compile(r"[\s,]+")


def configured_keys(setting: Sequence[bytes] | KeyFile | str | None) -> Sequence[bytes] | KeyFile | None:
    """The keys of a setting, or of the environment if it is None; None if there are none either.

    Raises ConfigurationError for text that holds no key or a short one, a file that cannot be read, and what is
    neither text nor a list of keys.
    """
    if setting is None:
        setting = os.environ.get(ENVIRONMENT) or None
    if isinstance(setting, KeyFile):
        return setting
    if not isinstance(setting, str):
        return None if setting is None else checked_keys(setting)
    if setting.strip().lower().startswith("file:"):
        return KeyFile(_path_in(setting.strip()))
    return _words(setting)


def _path_in(url: str) -> str:
    parts = parts_of("keys", url, _FORM)
    no_fragment("keys", url)
    if parts.netloc not in {"", "localhost"} or parts.query or not parts.path.startswith("/"):
        # "file://run/keys" would be /keys of a host.
        raise ConfigurationError(f"keys is a URL that does not name a file on this machine; {_FORM}")
    return unquote(parts.path)


class KeyFile(HoldsSecrets):
    """Keys in a file. Calling it gives those of now; a broken edit keeps the old ones and logs.

    Raises ConfigurationError if the file is unusable at the start.
    """

    def __init__(self, path: str | os.PathLike[str], *, seconds: Callable[[], float] = time.monotonic) -> None:
        self.path: Final = Path(file_path("path", path, example="/etc/app/keys")).absolute()
        self._seconds: Final = function("seconds", seconds, 0, example="time.monotonic")
        self._next_look = seconds() + LOOK_EVERY
        self._version: Final = FileVersion(self.path)
        self._trouble = ""  # the last that the log was told of
        try:
            self._version.has_changed()
            self._keys: Sequence[bytes] = self._read()
        except OSError as error:
            raise ConfigurationError(f"the nonce keys in {self.path} cannot be read: {error}") from error
        except ConfigurationError as error:
            raise ConfigurationError(f"the nonce keys in {self.path} cannot be used: {error}") from None

    def __call__(self) -> Sequence[bytes]:
        """The keys, newest first."""
        present = self._seconds()
        if present >= self._next_look:
            self._next_look = present + LOOK_EVERY
            self._look()
        return self._keys

    def _look(self) -> None:
        try:
            if self._version.has_changed():
                self._keys = self._read()
                self._trouble = ""
        except (OSError, ConfigurationError) as error:
            if isinstance(error, OSError):
                # Whoever takes a key out counts on it: what nobody could read now is read as soon as one can.
                self._version.forget()
            if str(error) != self._trouble:
                self._trouble = str(error)
                logger.error("%s is not usable, keeping the previous keys: %s", self.path, error)  # noqa: TRY400 - the reason says all

    def _read(self) -> Sequence[bytes]:
        warn_if_open(self.path, logger)
        try:
            text = self.path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            # `from None`: the cause would show octets of a key.
            raise ConfigurationError("it is not text in UTF-8: make a key with 'digest-http key new'") from None
        return _words(_comment.sub("", text))

    def __repr__(self) -> str:
        return f"<KeyFile {str(self.path)!r}>"


def _words(text: str) -> tuple[bytes, ...]:
    words = tuple(word for word in _separator.split(text) if word)
    if not words:
        raise ConfigurationError("there is no nonce key: make one with 'digest-http key new'")
    if any(len(word) < MIN_CHARACTERS for word in words):
        raise ConfigurationError(
            f"a nonce key has fewer than {MIN_CHARACTERS} characters: make one with 'digest-http key new'"
        )
    return tuple(word.encode() for word in words)
