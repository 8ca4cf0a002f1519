"""Accounts seen a moment ago: deactivation and a change of role take effect when the entry has aged out."""

from accounts.aging_cache import AgingCache
from accounts.selectors import user_find_active

MAX_ACCOUNTS = 10_000

accounts = AgingCache(lambda user_id: user_find_active(user_id=user_id), max_entries=MAX_ACCOUNTS)
"""Active accounts by id."""
