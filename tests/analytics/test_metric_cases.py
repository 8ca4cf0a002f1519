"""The shared cases of every metric: events → exact values."""

import json
from pathlib import Path
from typing import Any

import pytest

from analytics.metrics.metric import Scope
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS
from tests.analytics.calculated import ResultRow, result_rows
from tests.analytics.stored import event, moment, store

pytestmark = [pytest.mark.clickhouse, pytest.mark.shared_data]

SHORT = {"tot": "time_on_task", "focus": "focus_ratio", "activity": "activity_index"}


@pytest.fixture
def cases(shared_data: Path) -> list[dict[str, Any]]:
    """All of them, each under prefixes of its own, so that one store holds them together."""
    found: list[dict[str, Any]] = json.loads((shared_data / "design" / "metric_cases.json").read_text())["cases"]
    for case in found:
        store(
            event(_own(case, e["user_id"]), e["event_type"], e["occurred_at"], _own(case, e["course_id"]))
            for e in case["events"]
        )
    return found


def _own(case: dict[str, Any], name: object) -> str:
    return f"{case['id']}:{name}"


def _values(rows: list[ResultRow], scope: Scope, case: dict[str, Any]) -> dict[str, float | None]:
    names = {row.course_id or row.user_id or "": row.value for row in rows if row.scope == scope}
    prefix = _own(case, "")
    return {name.removeprefix(prefix): value for name, value in names.items() if name.startswith(prefix)}


def test_the_shared_cases(cases: list[dict[str, Any]]) -> None:
    assert {SHORT.get(case["metric"], case["metric"]) for case in cases} == set(METRICS)
    for case in cases:
        start, end = map(moment, case["period"])
        rows = result_rows(METRICS[SHORT.get(case["metric"], case["metric"])], Period(start, end, case["tz"]))
        assert _values(rows, Scope.USER, case) == case["expect_user"], case["id"]
        assert _values(rows, Scope.COURSE, case) == case["expect_course"], case["id"]
