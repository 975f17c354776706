"""Tests for authors of nonce stores, sources of users and tables of logouts.

Subclass a contract, and pytest runs it against what you have written.
"""

from __future__ import annotations

from .logouts_contract import LogoutsContract
from .shared_store_contract import SharedStoreContract
from .store_contract import BoundedStoreContract, StoreContract
from .users_contract import UsersContract

__all__ = ["BoundedStoreContract", "LogoutsContract", "SharedStoreContract", "StoreContract", "UsersContract"]
