"""Exports keep their owners when they become kept tasks, and back."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from analytics.exports.models import Export
from tests.analytics.stored import moment

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = ("analytics", "0007_sources"), ("analytics", "0008_exports")


@pytest.fixture(autouse=True)
def _newest_afterwards() -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


def exports_as_of(target: tuple[str, str]) -> Any:
    """The model as it is after a migration."""
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return executor.loader.project_state([target]).apps.get_model("analytics", "Export")


def test_it_works(owner: User) -> None:
    kept = {"question": {"table_name": "events"}, "format": "csv", "is_async": True, "run_after": moment("2025-03-10")}
    earlier = exports_as_of(BEFORE).objects.create(owner_id=owner.pk, rows=7, attempts=3, error="x", **kept)
    exports_as_of(AFTER)
    call_command("migrate", verbosity=0)

    [export] = Export.objects.all()
    assert (export.pk, export.requested_by, export.by_key) == (earlier.pk, owner, False)
    assert (export.rows, export.attempts, export.error, export.created_at) == (7, 3, "x", earlier.created_at)

    [back] = exports_as_of(BEFORE).objects.all()
    assert (back.pk, back.owner_id) == (earlier.pk, owner.pk)
