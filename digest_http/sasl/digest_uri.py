"""The digest-uri, service "/" host [ "/" serv-name ] (RFC 2831 §2.1.2): its parts as settings, and what it names."""

from __future__ import annotations

from typing import NamedTuple

from digest_http.encoding import octets_to_text
from digest_http.errors import LogonDenied, MalformedField
from digest_http.settings import refusal, text, texts

__all__ = ["Names", "hosts_of", "part_of_uri"]

_EXAMPLES = {"service": "ldap", "host": "dc1.example.com", "serv_name": "example.com"}


def part_of_uri(setting: str, value: object) -> str:
    """One part, as text. Raises ConfigurationError for a slash or a character that cannot be printed.

    The part may be empty: Hadoop has services without a name.
    """
    example = _EXAMPLES[setting]
    part = text(setting, value, example=example)
    if "/" in part or not part.isprintable():
        raise refusal(setting, value, f"a name without slash and control character, for instance {example!r}")
    return part


def hosts_of(setting: object) -> tuple[str, ...]:
    """One host or several. Raises ConfigurationError as part_of_uri."""
    return tuple(part_of_uri("host", host) for host in texts("host", setting, example="mail.example.com"))


class Names(NamedTuple):
    """What a digest-uri must name, in any letter case. None: any service, any host; no third part (serv-name)."""

    service: str | None
    hosts: tuple[str, ...] | None
    serv_name: str | None

    def check(self, digest_uri: bytes) -> None:
        """Raise LogonDenied for another service or host, MalformedField for octets that are not a digest-uri."""
        service, *rest = octets_to_text(digest_uri).split("/")
        if len(rest) not in (1, 2):
            raise MalformedField("digest-uri is not of the form service/host[/name]", reason="digest-uri")
        right = (
            (self.service is None or service.lower() == self.service.lower())
            and (self.hosts is None or rest[0].lower() in [host.lower() for host in self.hosts])
            and (len(rest) == 1 or (self.serv_name is not None and rest[1].lower() == self.serv_name.lower()))
        )
        if not right:
            raise LogonDenied("digest-uri names another service or host", reason="digest-uri")
