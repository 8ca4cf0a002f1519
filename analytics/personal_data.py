"""What analytics holds on people: their results, and analyses of their devices, which go with the devices.

A course's results hold nobody, and stay.
"""

from datetime import datetime
from typing import Any

from accounts.personal_data import ExportFile, Found, Person, ndjson, register
from analytics.models import DeviceAnalysis, Export, PersonResult
from analytics.services.person_results import person_results_delete

_EXPORT_FIELDS = ("question", "format", "status", "rows", "path", "created_at")
_ANALYSIS_FIELDS = ("device_id", "task__start", "task__end", "task__finished_at", "result")


def _erase(*, person: Person, asked_at: datetime, found: Found) -> None:
    found(results=PersonResult.objects.filter(user_id=person.user_id).count())
    person_results_delete(user_id=person.user_id)


def _export(*, person: Person) -> list[ExportFile]:
    results = PersonResult.objects.filter(user_id=person.user_id).select_related("result").order_by("result_id")
    analyses = DeviceAnalysis.objects.filter(device__owner=person.account).order_by("pk").values(*_ANALYSIS_FIELDS)
    exports = Export.objects.filter(requested_by=person.account).order_by("pk").values(*_EXPORT_FIELDS)
    return [
        ExportFile("results.ndjson", ndjson(map(_shown, results.iterator()))),
        ExportFile("exports.ndjson", ndjson(exports.iterator() if person.account else ())),
        ExportFile("device-analyses.ndjson", ndjson(analyses.iterator() if person.account else ())),
    ]


def _shown(result: PersonResult) -> dict[str, Any]:
    of_course = result.result
    period = {"start": of_course.start, "end": of_course.end, "timezone": of_course.timezone}
    computed = {"unit": of_course.unit, "computed_at": of_course.computed_at}
    return {
        "metric": of_course.metric, "course_id": of_course.course_id, **period, "value": result.value,
        "parts": result.parts, **computed,
    }  # fmt: skip


register("results", erase=_erase, export=_export)
