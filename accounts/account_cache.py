"""Accounts seen a moment ago: deactivation and a change of role take effect when the entry has aged out."""

from collections.abc import Collection

from accounts.aging_cache import AgingCache
from accounts.models import User
from accounts.selectors import user_find_active

MAX_ACCOUNTS = 10_000


def _read(user_ids: Collection[str]) -> dict[str, User]:
    return {user_id: user for user_id in user_ids if (user := user_find_active(user_id=user_id))}


accounts = AgingCache(_read, max_entries=MAX_ACCOUNTS)
"""Active accounts by id."""
