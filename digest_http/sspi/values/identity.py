"""Identities, which acquire_credentials_handle takes as auth_data.

No identity shows its password in repr, and no identity can be pickled.
"""

from __future__ import annotations

from typing import ClassVar, NoReturn
from uuid import UUID

from .arguments import checked
from .constants import WinNTAuthFlags

__all__ = ["AuthIdentity", "WinNTAuthCredentialType", "WinNTAuthIdentity", "WinNTAuthIdentityPackedCredential"]


class AuthIdentity:
    """Base class of the identities."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("an identity cannot be pickled: a pickle would contain the password")


class WinNTAuthCredentialType:
    """Kinds of packed credentials. Digest knows none of them; the numbers are here for code that names them."""

    SEC_WINNT_AUTH_DATA_TYPE_PASSWORD: ClassVar = UUID("28bfc32f-10f6-4738-98d1-1ac061df716a")
    SEC_WINNT_AUTH_DATA_TYPE_CERT: ClassVar = UUID("235f69ad-73fb-4dbc-8203-0629e739339b")
    SEC_WINNT_AUTH_DATA_TYPE_CREDMAN_CERT: ClassVar = UUID("7cb72412-1016-491a-8c87-4d2aa1b7dd3a")
    SEC_WINNT_AUTH_DATA_TYPE_NGC: ClassVar = UUID("10a47879-5ebf-4b85-bd8d-c21bb4f49c8a")
    SEC_WINNT_AUTH_DATA_TYPE_FIDO: ClassVar = UUID("32e8f8d7-7871-4bcc-83c5-460f66c6135c")
    SEC_WINNT_AUTH_DATA_TYPE_KEYTAB: ClassVar = UUID("d587aae8-f78f-4455-a112-c934beee7ce1")
    SEC_WINNT_AUTH_DATA_TYPE_DELEGATION_TOKEN: ClassVar = UUID("12e52e0f-6f9b-4f83-9020-9de42b226267")
    SEC_WINNT_AUTH_DATA_TYPE_CSP_DATA: ClassVar = UUID("68fd9879-079c-4dfe-8281-578aadc1c100")
    SEC_WINNT_AUTH_DATA_TYPE_SMARTCARD_CONTEXTS: ClassVar = UUID("b86c4ff3-49d7-4dc4-b560-b1163685b236")


class WinNTAuthIdentity(AuthIdentity):
    """A user name, a domain and a password, as text.

    OUTBOUND it is the user to log in as. INBOUND, an extension, it is the only user who may log in, and the domain is
    the realm. An empty domain counts as none. `package_list` is for Negotiate and is ignored here.
    """

    @checked
    def __init__(
        self,
        username: str | None = None,
        domain: str | None = None,
        password: str | None = None,
        *,
        flags: WinNTAuthFlags | int = 0,
        package_list: str | None = None,
    ) -> None:
        self._username = username
        self._domain = domain
        self._password = password
        # Python's strings are Unicode text, whatever encoding the caller's flags name.
        self._flags = WinNTAuthFlags(flags) | WinNTAuthFlags.SEC_WINNT_AUTH_IDENTITY_UNICODE
        self._package_list = package_list

    @property
    def username(self) -> str | None:
        """The user name."""
        return self._username

    @property
    def domain(self) -> str | None:
        """The domain of the user."""
        return self._domain

    @property
    def password(self) -> str | None:
        """The password: a secret."""
        return self._password

    @property
    def flags(self) -> WinNTAuthFlags:
        """SEC_WINNT_AUTH_IDENTITY_UNICODE and what the caller gave."""
        return self._flags

    @property
    def package_list(self) -> str | None:
        """The value that the caller gave."""
        return self._package_list

    def __str__(self) -> str:
        return _account(self._domain, self._username)

    def __repr__(self) -> str:
        return (
            f"WinNTAuthIdentity(username={self._username!r}, domain={self._domain!r}, flags={int(self._flags)}, "
            f"package_list={self._package_list!r})"
        )


class WinNTAuthIdentityPackedCredential(AuthIdentity):
    """A packed credential of another kind than a password. Digest refuses it with SEC_E_UNKNOWN_CREDENTIALS."""

    @checked
    def __init__(
        self,
        credential_type: UUID,
        credential: bytes | bytearray | memoryview,
        *,
        username: str | None = None,
        domain: str | None = None,
        flags: WinNTAuthFlags | int = 0,
        package_list: str | None = None,
    ) -> None:
        self.credential_type = credential_type
        self.credential = bytes(credential)
        self.username = username
        self.domain = domain
        # As in WinNTAuthIdentity.
        self.flags = WinNTAuthFlags(flags) | WinNTAuthFlags.SEC_WINNT_AUTH_IDENTITY_UNICODE
        self.package_list = package_list

    def __str__(self) -> str:
        account = _account(self.domain, self.username) if self.username else ""
        return f"WinNTAuthIdentityPackedCredential {self.credential_type}" + (f" for {account}" if account else "")

    def __repr__(self) -> str:
        return (
            f"WinNTAuthIdentityPackedCredential(credential_type={self.credential_type!r}, username={self.username!r}, "
            f"domain={self.domain!r}, flags={int(self.flags)}, package_list={self.package_list!r})"
        )


def _account(domain: str | None, username: str | None) -> str:
    """The name after the domain and a backslash, or the name alone."""
    return f"{domain}\\{username or ''}" if domain else username or ""
