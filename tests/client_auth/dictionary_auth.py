"""The DigestAuth of the library that is made of dictionaries."""

from __future__ import annotations

from digest_http_client_auth.base_auth import BaseDigestAuth
from digest_http_client_auth.session import Session

from .dictionary_library import DictionaryLibrary, Message

__all__ = ["Auth", "session_of"]


class Auth(BaseDigestAuth[Message, Message]):
    """The plug of a library made of dictionaries."""

    _library = DictionaryLibrary()


def session_of(auth: Auth) -> Session[Message, Message]:
    """What it keeps."""
    return auth._session  # noqa: SLF001 - it shows what the settings came to
