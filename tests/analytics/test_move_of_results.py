"""Results stored in the earlier form are kept when the tables change, and come back the other way."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from analytics.models import MetricResult, PersonResult
from tests.analytics.stored import moment

pytestmark = pytest.mark.django_db(transaction=True)

WIDE, NARROW = ("analytics", "0005_data_questions"), ("analytics", "0006_narrow_people_results")
SHARED = {
    "start": moment("2025-03-10"), "end": moment("2025-03-17"), "timezone": "UTC", "parameters": {},
    "computed_at": moment("2025-04-01"), "computed_through": moment("2025-03-20"),
}  # fmt: skip
COUNTS = [
    ("course", "c", None, 0.5, 1, 2),
    ("course_user", "c", "1", 1, 1, 1),
    ("course_user", "c", "ü\t2", None, 0, 0),
    ("all", None, None, 0.25, 1, 4),
    ("user", None, "1", 1, 1, 1),
]
NAMES = {"completion": ("numerator", "denominator"), "time_on_task": ("seconds", "n")}


@pytest.fixture(autouse=True)
def _newest_afterwards() -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


def migrate(target: tuple[str, str]) -> Any:
    """The models as they are after it."""
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return executor.loader.project_state([target]).apps


def rows() -> list[dict[str, Any]]:
    """In the earlier form."""
    return [
        {"metric": metric, "unit": "ratio", "scope": scope, "course_id": course_id, "user_id": user_id, "value": value,
         "parts": dict(zip(names, parts, strict=True)), **SHARED}
        for metric, names in NAMES.items()
        for scope, course_id, user_id, value, *parts in COUNTS
    ]  # fmt: skip


def test_it_works() -> None:
    earlier = migrate(WIDE).get_model("analytics", "MetricResult")
    earlier.objects.bulk_create(earlier(**row) for row in rows())
    migrate(NARROW)
    call_command("migrate", verbosity=0)

    people = PersonResult.objects.select_related("result")
    results = MetricResult.objects.all()
    found: dict[Any, Any] = {(each.metric, each.course_id, None): (each.value, each.parts) for each in results}
    found |= {(each.result.metric, each.result.course_id, each.user_id): (each.value, each.parts) for each in people}
    assert found == {(row["metric"], row["course_id"], row["user_id"]): (row["value"], row["parts"]) for row in rows()}
    assert {each.seen_through for each in results} == {SHARED["computed_through"]}

    earlier = migrate(WIDE).get_model("analytics", "MetricResult")
    back = earlier.objects.values(*rows()[0])

    def place(row: dict[str, Any]) -> tuple[str, ...]:
        return row["metric"], row["scope"], row["user_id"] or ""

    assert sorted(back, key=place) == sorted(rows(), key=place)
