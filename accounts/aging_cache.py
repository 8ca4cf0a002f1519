"""What was read a moment ago, so that a request costs no query.

Each process has its own; a change takes effect when the entry has aged out.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

from django.conf import settings

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class AgingCache(Generic[Key, Value]):
    """What `read` gave by id, at most `max_entries`, none older than ACCOUNT_CACHE_SECONDS.

    What is not there is not remembered, nor what `keeps` says no to.
    """

    def __init__(
        self,
        read: Callable[[Collection[Key]], Mapping[Key, Value]],
        *,
        max_entries: int,
        keeps: Callable[[Value], bool] = lambda value: True,
    ) -> None:
        self._read = read
        self._max_entries = max_entries
        self._keeps = keeps
        self._entries: OrderedDict[Key, tuple[float, Value]] = OrderedDict()  # oldest first
        self._lock = Lock()

    def find(self, key: Key) -> Value | None:
        """What is known under this id. It is shared by threads: do not change it."""
        return self.find_all([key]).get(key)

    def find_all(self, keys: Collection[Key]) -> dict[Key, Value]:
        """Those of them that there are; `read` is called once at most, and not for what was seen lately."""
        now = time.monotonic()
        oldest = now - settings.ACCOUNT_CACHE_SECONDS
        with self._lock:
            found = {key: entry[1] for key in keys if (entry := self._entries.get(key)) and entry[0] > oldest}
        if missing := [key for key in keys if key not in found]:
            read = self._read(missing)
            self._keep(read, now)
            found |= read
        return found

    def forget(self, keys: Iterable[Key]) -> None:
        """They were changed here: this process at least need not wait."""
        with self._lock:
            for key in keys:
                self._entries.pop(key, None)

    def clear(self) -> None:
        """Read anew whatever is asked for."""
        with self._lock:
            self._entries.clear()

    def _keep(self, values: Mapping[Key, Value], read_at: float) -> None:
        with self._lock:
            for key, value in values.items():
                self._entries.pop(key, None)
                if self._keeps(value):
                    self._entries[key] = (read_at, value)
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
