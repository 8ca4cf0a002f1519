"""Reads of dashboards, and of what their widgets show."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.exceptions import APIException

from accounts.models import User
from analytics.selectors.figures import Span
from dashboards.models import Dashboard, Widget
from dashboards.periods import period_span
from dashboards.problems import WidgetProblem
from dashboards.scope import Scope, WidgetData
from dashboards.widget_types import widget_ask
from storage_app.clickhouse.errors import QueryCancelled, StoreError

DATA_SECONDS = 30.0
"""After which no more widgets of a dashboard are asked in one request; each has its own limits besides."""
FAILURES = (WidgetProblem, APIException, StoreError)
"""What fails a widget, and not those beside it."""


def dashboard_list(*, viewer: User) -> QuerySet[Dashboard]:
    """The dashboards this user sees, the latest changed first."""
    return Dashboard.objects.visible_to(viewer).select_related("owner")


def dashboard_scope(
    *, viewer: User, dashboard: Dashboard, start: datetime | None, end: datetime | None, **asking: Any
) -> Scope:
    """What a dashboard says to its widgets; `start` or `end` take the place of its period."""
    of_dashboard = period_span(dashboard.period, zone=dashboard.timezone, now=timezone.now())
    span = Span(start, end) if start or end else of_dashboard
    return Scope(viewer=viewer, span=span, zone=dashboard.timezone, filters=dashboard.filters, **asking)


def dashboard_data(*, dashboard: Dashboard, scope: Scope) -> Iterator[tuple[Widget, WidgetData | Exception]]:
    """What each widget shows, or why it cannot. Once one is cancelled, so are those after it."""
    until = time.monotonic() + DATA_SECONDS
    cancelled: QueryCancelled | None = None
    for widget in dashboard.widgets.all():
        found = cancelled or _data_or_failure(widget, scope, until)
        cancelled = found if isinstance(found, QueryCancelled) else None
        yield widget, found


def _data_or_failure(widget: Widget, scope: Scope, until: float) -> WidgetData | Exception:
    if time.monotonic() > until:
        return WidgetProblem("not_asked", "The other widgets took too long: ask for this one alone.", "")
    try:
        return widget_ask(widget=widget, scope=scope)
    except FAILURES as error:
        return error
