"""Accounts seen a moment ago, so that a request costs no query.

Each process has its own; deactivation and a change of role take effect when the entry has aged out.
"""

import time
from collections import OrderedDict
from threading import Lock

from django.conf import settings

from accounts.models import User
from accounts.selectors import user_find_active

MAX_ACCOUNTS = 10_000


class AccountCache:
    """Active accounts by id, at most `max_accounts`, none older than ACCOUNT_CACHE_SECONDS."""

    def __init__(self, *, max_accounts: int) -> None:
        self._max_accounts = max_accounts
        self._entries: OrderedDict[str, tuple[float, User]] = OrderedDict()  # oldest first
        self._lock = Lock()

    def find_active(self, *, user_id: str) -> User | None:
        """The active account of this id. It is shared by threads: do not change it."""
        now = time.monotonic()
        with self._lock:
            read_at, user = self._entries.get(user_id, (None, None))
        if read_at is not None and now - read_at < settings.ACCOUNT_CACHE_SECONDS:
            return user
        user = user_find_active(user_id=user_id)
        self._keep(user_id, user, now)
        return user

    def _keep(self, user_id: str, user: User | None, read_at: float) -> None:
        with self._lock:
            self._entries.pop(user_id, None)
            if user is not None:
                self._entries[user_id] = (read_at, user)
            while len(self._entries) > self._max_accounts:
                self._entries.popitem(last=False)


accounts = AccountCache(max_accounts=MAX_ACCOUNTS)
