"""GET /metrics: the state of the pipeline for Prometheus, read when it is asked for."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from ingestion.selectors.pipeline import PipelineStatus, pipeline_status

_GAUGES = {
    "buffered_batches": "Batches that wait to be stored",
    "buffered_events": "Events that wait to be stored",
    "buffered_readings": "Readings that wait to be stored",
    "buffered_bytes": "Compressed bytes that wait to be stored",
    "in_flight_events": "Events being written",
    "in_flight_readings": "Readings being written",
    "lag_seconds": "Age of the oldest batch that waits",
    "stored_per_second": "Events and readings stored a second, over this minute and the one before",
    "dead_letters": "Events and readings that could not be stored",
    "is_stuck": "1 when anything waits and nothing has moved for PIPELINE_STUCK_SECONDS",
}


class PipelineCollector(Collector):
    """The pipeline's numbers; without Redis only that it is away."""

    def collect(self) -> Iterable[Metric]:
        """What Prometheus keeps."""
        try:
            status = pipeline_status()
        except RedisError:
            yield GaugeMetricFamily("tidewatch_buffer_up", "1 when the buffer answers", 0)
            return
        yield GaugeMetricFamily("tidewatch_buffer_up", "1 when the buffer answers", 1)
        for name, text in _GAUGES.items():
            yield GaugeMetricFamily(f"tidewatch_{name}", text, getattr(status, name))
        yield from _labelled(status)


def _labelled(status: PipelineStatus) -> Iterable[Metric]:
    for kind, totals, refusals in (
        ("events", status.totals, status.refused),
        ("readings", status.readings_totals, status.readings_refused),
    ):
        outcomes = CounterMetricFamily(f"tidewatch_{kind}", f"{kind} by what became of them", labels=["outcome"])
        for outcome, number in totals.items():
            outcomes.add_metric([outcome], number)
        refused = CounterMetricFamily(f"tidewatch_{kind}_refused", f"{kind} refused, by reason", labels=["reason"])
        for reason, number in refusals.items():
            refused.add_metric([reason], number)
        yield from (outcomes, refused)
    writers = GaugeMetricFamily("tidewatch_writer_last_word_seconds", "Seconds since a writer spoke", labels=["writer"])
    for writer in status.writers:
        writers.add_metric([writer.name], writer.seconds_ago)
    yield writers


_REGISTRY = CollectorRegistry()
_REGISTRY.register(PipelineCollector())


def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, in Prometheus's text format."""
    return HttpResponse(generate_latest(_REGISTRY), content_type=CONTENT_TYPE_LATEST)
