"""A store that breaks in the middle of an answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from storage_app.clickhouse import gateway


@contextmanager
def failing(error: Exception, *, after_rows: int = 0) -> Iterator[None]:
    """A store that breaks in the middle of an answer."""
    real = gateway.stream

    @contextmanager
    def stream(*args: Any, **kwargs: Any) -> Iterator[Iterator[Any]]:
        with real(*args, **kwargs) as rows:
            yield broken(rows)

    def broken(rows: Iterator[Any]) -> Iterator[Any]:
        for _ in range(after_rows):
            yield next(rows)
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analytics.services.metric_results.gateway.stream", stream)
        yield
