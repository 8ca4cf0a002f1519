"""Which dashboards ask a table: told before it is deleted."""

from itertools import groupby

from accounts.models import User
from analytics.selectors.table_uses import register
from dashboards.models import Dashboard, Widget

NAMED_MAX = 20
TITLES_MAX = 5


def _find(*, viewer: User, table_name: str) -> list[str]:
    asking = Widget.objects.filter(query__table_name=table_name)
    dashboards = Dashboard.objects.filter(widgets__in=asking).distinct()
    seen = dashboards.visible_to(viewer)
    named = asking.filter(dashboard__in=seen.order_by("pk")[:NAMED_MAX]).select_related("dashboard")
    ordered = named.order_by("dashboard__name", "dashboard_id", "y", "x", "pk")
    told = [_told(dashboard, list(widgets)) for dashboard, widgets in groupby(ordered, lambda each: each.dashboard)]
    unnamed = dashboards.count() - len(told)
    return told + [f"Dashboards that show the table and are not named here: {unnamed}."] * bool(unnamed)


def _told(dashboard: Dashboard, widgets: list[Widget]) -> str:
    titles = ", ".join(f'"{widget}"' for widget in widgets[:TITLES_MAX])
    more = f" and {len(widgets) - TITLES_MAX} more" if len(widgets) > TITLES_MAX else ""
    return f'The dashboard "{dashboard.name}" shows the table: {titles}{more}.'


register("dashboards", find=_find)
