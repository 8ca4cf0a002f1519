"""Whoever asks may go away before the answer; what is being read for them is stopped then.

The web server says whom a request's thread works for (`on_behalf_of`); the gateway stops what it reads for them as the
reader. Elsewhere, as in a worker, nobody can go away.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

from storage_app.clickhouse.errors import QueryCancelled, StoreError

OnDisconnect = Callable[[Callable[[], None]], None]
"""Takes what is to be called, in another thread, when the client goes away."""

logger = structlog.get_logger(__name__)
_requester: ContextVar["Requester | None"] = ContextVar("requester", default=None)
_PAUSE_SECONDS = 0.05
_GONE = "The client went away."


class Requester:
    """One who waits for the answer to a request."""

    def __init__(self, on_disconnect: OnDisconnect) -> None:
        self._is_gone = False
        self._on_disconnect: OnDisconnect | None = on_disconnect
        self._running: dict[str, Callable[[str], bool]] = {}

    @property
    def is_gone(self) -> bool:
        """They have gone; noticed from the first look on."""
        if self._on_disconnect:
            register, self._on_disconnect = self._on_disconnect, None
            register(self.leave)
        return self._is_gone

    @contextmanager
    def waiting(self, query_id: str, cancel: Callable[[str], bool]) -> Iterator[None]:
        """Around a query; `cancel(query_id)` stops it, and says whether there was anything to stop.

        Raises:
            QueryCancelled: nobody waits any more.
        """
        self._running[query_id] = cancel
        try:
            if self.is_gone:
                raise QueryCancelled(_GONE)
            yield
        finally:
            del self._running[query_id]

    def leave(self) -> None:
        """Stop what runs for them; nothing begins any more."""
        self._is_gone = True
        for query_id, cancel in dict(self._running).items():
            self._stop(query_id, cancel)

    def _stop(self, query_id: str, cancel: Callable[[str], bool]) -> None:
        try:
            # It may be on its way to the server still.
            while query_id in self._running and not cancel(query_id):
                time.sleep(_PAUSE_SECONDS)
        except StoreError as error:
            logger.warning("abandoned_query_runs_on", query_id=query_id, reason=str(error))  # to its time limit
        else:
            logger.info("abandoned_query_stopped", query_id=query_id)


@contextmanager
def on_behalf_of(on_disconnect: OnDisconnect) -> Iterator[None]:
    """What this thread does in the block is for one who may go away."""
    token = _requester.set(Requester(on_disconnect))
    try:
        yield
    finally:
        _requester.reset(token)


@contextmanager
def stopped_with_requester(query_id: str, cancel: Callable[[str], bool]) -> Iterator[None]:
    """Around a query: as `Requester.waiting`, where there is one who asks."""
    if requester := _requester.get():
        with requester.waiting(query_id, cancel):
            yield
    else:
        yield


def is_gone() -> bool:
    """Nobody waits any more for what this thread does."""
    requester = _requester.get()
    return requester is not None and requester.is_gone


def raise_if_gone() -> None:
    """Go no further in vain.

    Raises:
        QueryCancelled: nobody waits any more.
    """
    if is_gone():
        raise QueryCancelled(_GONE)
