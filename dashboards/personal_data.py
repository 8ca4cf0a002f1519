"""What dashboards hold of people: what they have made, as long as they are there."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.personal_data import ExportFile, Found, Person, ndjson, register
from dashboards.models import Dashboard

_FIELDS = ("id", "name", "description", "visibility", "period", "timezone", "filters", "created_at", "updated_at")
_WIDGET_FIELDS = ("title", "type", "query", "options", "position")


def _erase(*, person: Person, asked_at: datetime, found: Found) -> None:
    if person.account is None:
        return
    dashboards = Dashboard.objects.filter(owner=person.account)
    found(dashboards=dashboards.count())
    dashboards.delete()


def _export(*, person: Person) -> list[ExportFile]:
    return [ExportFile("dashboards.ndjson", ndjson(_made_by(person.account) if person.account else ()))]


def _made_by(owner: User) -> Iterator[dict[str, Any]]:
    for dashboard in Dashboard.objects.filter(owner=owner).prefetch_related("widgets").order_by("created_at"):
        widgets = [{name: getattr(widget, name) for name in _WIDGET_FIELDS} for widget in dashboard.widgets.all()]
        yield {name: getattr(dashboard, name) for name in _FIELDS} | {"widgets": widgets}


register("dashboards", erase=_erase, export=_export)
