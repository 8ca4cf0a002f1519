"""What analytics holds on people: their results. A course's results hold nobody, and stay."""

from datetime import datetime

from accounts.personal_data import ExportFile, Found, Person, ndjson, register
from analytics.models import MetricResult

_FIELDS = ("metric", "scope", "course_id", "start", "end", "timezone", "value", "unit", "parts", "computed_at")


def _erase(*, person: Person, asked_at: datetime, found: Found) -> None:
    results = MetricResult.objects.filter(user_id=person.user_id)
    found(results=results.count())
    results.delete()


def _export(*, person: Person) -> list[ExportFile]:
    results = MetricResult.objects.filter(user_id=person.user_id).order_by("pk").values(*_FIELDS)
    return [ExportFile("results.ndjson", ndjson(results.iterator()))]


register("results", erase=_erase, export=_export)
