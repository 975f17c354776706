"""The parts of a digest-uri as settings: service "/" host [ "/" serv-name ] (RFC 2831 §2.1.2)."""

from __future__ import annotations

from digest_http.settings import refusal, text

__all__ = ["part_of_uri"]

_EXAMPLES = {"service": "ldap", "host": "dc1.example.com", "serv_name": "example.com"}


def part_of_uri(setting: str, value: object) -> str:
    """One part. Raises ConfigurationError for what could not be told from the next part, or not be written.

    It may be empty: Hadoop has services without a name.
    """
    example = _EXAMPLES[setting]
    part = text(setting, value, example=example)
    if "/" in part or not part.isprintable():
        raise refusal(setting, value, f"a name without slash and control character, for instance {example!r}")
    return part
