"""What was read a moment ago, so that a request costs no query.

Each process has its own; a change takes effect when the entry has aged out.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from django.conf import settings

Value = TypeVar("Value")


class AgingCache(Generic[Value]):
    """What `read` gave by account's id, at most `max_entries`, none older than ACCOUNT_CACHE_SECONDS."""

    def __init__(self, read: Callable[[str], Value | None], *, max_entries: int) -> None:
        self._read = read
        self._max_entries = max_entries
        self._entries: OrderedDict[str, tuple[float, Value]] = OrderedDict()  # oldest first
        self._lock = Lock()

    def find(self, user_id: str) -> Value | None:
        """What is known of this account; None is not remembered. It is shared by threads: do not change it."""
        now = time.monotonic()
        with self._lock:
            entry = self._entries.get(user_id)
        if entry is not None and now - entry[0] < settings.ACCOUNT_CACHE_SECONDS:
            return entry[1]
        value = self._read(user_id)
        self._keep(user_id, value, now)
        return value

    def forget(self, user_id: str) -> None:
        """It was changed here: this process at least need not wait."""
        with self._lock:
            self._entries.pop(user_id, None)

    def _keep(self, user_id: str, value: Value | None, read_at: float) -> None:
        with self._lock:
            self._entries.pop(user_id, None)
            if value is not None:
                self._entries[user_id] = (read_at, value)
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
