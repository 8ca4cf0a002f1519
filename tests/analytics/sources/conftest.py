"""What the tests of sources share."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from analytics.sources.models import Source, SourceRun
from analytics.sources.services import running
from analytics.sources.tables import BESIDE_PREFIX, STORED_PREFIX, table_drop
from storage_app.clickhouse import gateway
from tests.analytics.http import AsUser

SOURCES = "/api/v1/tables/sources"
Sync = Callable[..., SourceRun]


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is woken: the test runs the run itself."""
    monkeypatch.setattr("analytics.sources.tasks.source_run.delay", lambda task_id: None)


@pytest.fixture(autouse=True)
def _no_tables_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """ClickHouse has no transactions to roll back."""
    yield
    if request.node.get_closest_marker("clickhouse"):
        sql = "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String})"
        for prefix in (STORED_PREFIX, BESIDE_PREFIX):
            for (name,) in gateway.query(sql, {"prefix": prefix}):
                table_drop(table=name)


@pytest.fixture
def sync(as_user: AsUser, owner: User) -> Sync:
    """Ask for a run of a source and do it, as a worker would; gives the finished run."""

    def _sync(source: int | Source, *, user: User = owner) -> SourceRun:
        source_id = source.pk if isinstance(source, Source) else source
        answer = as_user(user).post(f"{SOURCES}/{source_id}/sync")
        assert answer.status_code == 202, answer.content
        assert answer.json()["result_url"].endswith(answer.json()["run_id"])
        run_id = UUID(answer.json()["run_id"])
        assert running.source_run(task_id=run_id) is None
        return SourceRun.objects.get(pk=run_id)

    return _sync


@pytest.fixture
def make(as_user: AsUser, owner: User) -> Callable[..., dict[str, Any]]:
    """Make a source of the owner's; gives the answer."""

    def _make(*, user: User = owner, status: int = 201, **fields: Any) -> dict[str, Any]:
        answer = as_user(user).post(SOURCES, fields)
        assert answer.status_code == status, answer.content
        result: dict[str, Any] = answer.json()
        return result

    return _make
