"""What tests of reported inputs start from."""

from tests.stores_shared.conftest import kind, server

__all__ = ["kind", "server"]
