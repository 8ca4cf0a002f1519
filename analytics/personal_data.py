"""What analytics holds on people: their results, and analyses of their devices, which go with the devices.

A course's results hold nobody, and stay.
"""

from datetime import datetime

from accounts.personal_data import ExportFile, Found, Person, ndjson, register
from analytics.models import DeviceAnalysis, MetricResult

_FIELDS = ("metric", "scope", "course_id", "start", "end", "timezone", "value", "unit", "parts", "computed_at")

_ANALYSIS_FIELDS = ("device_id", "task__start", "task__end", "task__finished_at", "result")


def _erase(*, person: Person, asked_at: datetime, found: Found) -> None:
    results = MetricResult.objects.filter(user_id=person.user_id)
    found(results=results.count())
    results.delete()


def _export(*, person: Person) -> list[ExportFile]:
    results = MetricResult.objects.filter(user_id=person.user_id).order_by("pk").values(*_FIELDS)
    analyses = DeviceAnalysis.objects.filter(device__owner=person.account).order_by("pk").values(*_ANALYSIS_FIELDS)
    return [
        ExportFile("results.ndjson", ndjson(results.iterator())),
        ExportFile("device-analyses.ndjson", ndjson(analyses.iterator() if person.account else ())),
    ]


register("results", erase=_erase, export=_export)
