"""What is measured: the bare query, the whole calculation, the pandas reference."""

import pandas as pd
from django.db import transaction

from analytics.metrics.by_course import CourseRow
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS, metrics_together
from analytics.metrics.settings import SettingsByCourse
from analytics.models import MetricResult
from analytics.selectors.events import FINAL_SETTINGS
from analytics.services import metric_results
from benchmarks.metrics.events import PERIOD
from storage_app.clickhouse import gateway
from tests.analytics import reference

NAMES = tuple(METRICS)
GROUPS = [tuple(metric.key for metric in group) for group in metrics_together(NAMES)]
"""Those of a group are calculated together."""
_PERIOD = Period(*PERIOD)
_COLUMNS = ("event_id", "user_id", "course_id", "event_type", "occurred_at", "received_at")


def bare_query(name: str) -> int:
    """The metric's query alone, its rows counted by the server and thrown away."""
    statement = METRICS[name].statement(_PERIOD, None, SettingsByCourse())
    # FORMAT Null would be taken out of the driver's hands; the hash of all columns makes the server compute them.
    sql = f"SELECT count(), sum(cityHash64(*)) FROM ({statement.sql})"  # noqa: S608  # of fixed pieces
    return int(gateway.query(sql, statement.parameters, settings=FINAL_SETTINGS, timeout_seconds=1800)[0][0])


def calculation(names: tuple[str, ...]) -> int:
    """Metrics calculated together and stored, as a worker does; rows stored."""
    metrics = [METRICS[name] for name in names]
    counts = metric_results.metric_results_replace(metrics=metrics, period=_PERIOD, course_id=None)
    return sum(rows for scopes in counts.values() for rows in scopes.values())


def calculated(names: tuple[str, ...]) -> list[list[CourseRow]]:
    """What the event store gives, in memory."""
    found = metric_results.calculated([METRICS[name] for name in names], _PERIOD, None, SettingsByCourse())
    return [courses for some in found for courses in some]


def store(names: tuple[str, ...], courses: list[list[CourseRow]]) -> int:
    """The writing alone, as a worker does it; rows stored."""
    with transaction.atomic():
        for name, rows in zip(names, zip(*courses, strict=True), strict=True):
            metric_results.Calculation(METRICS[name], _PERIOD, None, SettingsByCourse()).store(rows)
    return sum(1 + each.people for rows in courses for each in rows)


def forget_digests() -> None:
    """From now on every person's row has changed."""
    MetricResult.objects.update(people_digest="")


def sample(*, fraction: int) -> pd.DataFrame:
    """The events of one person in `fraction`, out of the store."""
    sql = f"SELECT {', '.join(_COLUMNS)} FROM events FINAL WHERE cityHash64(user_id) % {{fraction:UInt32}} = 0"  # noqa: S608
    return pd.DataFrame(gateway.query(sql, {"fraction": fraction}, timeout_seconds=600), columns=list(_COLUMNS))


def pandas_reference(events: pd.DataFrame) -> int:
    """All six metrics; the time of reading the events does not count."""
    events = reference.unique_events(events)
    when = reference.When(*PERIOD)
    reference.completion(events, *PERIOD)
    for each in (reference.retention, reference.engagement, reference.activity_index, reference.times, reference.times):
        each(events, when)
    return len(events)
