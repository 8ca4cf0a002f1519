"""What is measured: the bare query, the whole calculation, the pandas reference."""

import pandas as pd

from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS
from analytics.metrics.settings import SettingsByCourse
from analytics.selectors.events import FINAL_SETTINGS
from analytics.services.metric_results import metric_results_replace
from benchmarks.metrics.events import PERIOD
from storage_app.clickhouse import gateway
from tests.analytics import reference

NAMES = tuple(METRICS)
_PERIOD = Period(*PERIOD)
_COLUMNS = ("event_id", "user_id", "course_id", "event_type", "occurred_at", "received_at")


def bare_query(name: str) -> int:
    """The metric's query alone, its rows counted by the server and thrown away."""
    statement = METRICS[name].statement(_PERIOD, None, SettingsByCourse())
    # FORMAT Null would be taken out of the driver's hands; the hash of all columns makes the server compute them.
    sql = f"SELECT count(), sum(cityHash64(*)) FROM ({statement.sql})"  # noqa: S608  # of fixed pieces
    return int(gateway.query(sql, statement.parameters, settings=FINAL_SETTINGS, timeout_seconds=1800)[0][0])


def calculation(name: str) -> int:
    """The metric calculated and stored, as a worker does; rows stored."""
    return sum(metric_results_replace(metric=METRICS[name], period=_PERIOD, course_id=None).values())


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
