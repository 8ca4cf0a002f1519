"""The registry: every metric says what it is and keeps to one form."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics.metrics.metric import Metric
from analytics.metrics.period import Period
from analytics.metrics.registry import METRICS, UnknownMetric, metric_named
from analytics.metrics.settings import SettingsByCourse

DOCS = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
MONDAY = datetime(2025, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_is_described(metric: Metric) -> None:
    assert METRICS[metric.key] is metric
    assert re.fullmatch(r"[a-z_]+", metric.key)
    assert metric.label
    assert metric.source
    assert metric.high is None or metric.low < metric.high


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_query_takes_nothing_but_its_parameters(metric: Metric) -> None:
    taken = set(re.findall(r"\{(\w+):", metric.sql))
    assert {"start", "end", "course"} <= taken
    bound = metric.statement(Period(MONDAY, MONDAY + timedelta(days=7)), None, SettingsByCourse()).parameters
    assert taken <= bound.keys()
    assert "FINAL" in metric.sql


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownMetric, match=r"Known: .*completion.* Did you mean completion\?"):
        metric_named("compltion")


def test_every_metric_is_in_the_docs() -> None:
    rows = re.findall(r"^\| `(\w+)` \(", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == list(METRICS)
