"""Tests for authors of nonce stores: subclass `StoreContract`, and pytest runs the contract against your store."""

from __future__ import annotations

from .store_contract import BoundedStoreContract, StoreContract

__all__ = ["BoundedStoreContract", "StoreContract"]
