"""The hash that stands for the password of the user whom pairs log in."""

from __future__ import annotations

from digest_http import calculation
from digest_http.algorithms import by_name

HA1 = calculation.user_hash(by_name("MD5"), b"chris", b"example.com", b"secret")
