"""Writes of dashboards and widgets. Each change locks the dashboard, and makes a new version of it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from rest_framework.exceptions import APIException, NotFound, ValidationError

from accounts.models import User
from accounts.refusal import refused
from dashboards.models import WIDGETS_MAX, Dashboard, Widget
from dashboards.widget_types import widget_check

DASHBOARDS_MAX = 1000
"""Of one owner."""


class VersionConflict(APIException):
    """The change is one of an older version."""

    status_code = 409
    default_code = "version_conflict"

    def __init__(self, newest: int) -> None:
        super().__init__(f"The dashboard was changed meanwhile: version {newest} is the newest. Read it again.")


def dashboard_create(*, owner: User, fields: Mapping[str, Any]) -> Dashboard:
    """A new dashboard, without widgets.

    Raises:
        ValidationError: its owner has as many as anybody may have.
    """
    if Dashboard.objects.filter(owner=owner).count() >= DASHBOARDS_MAX:
        raise ValidationError(f"Nobody may have more than {DASHBOARDS_MAX:,} dashboards.", code="too_many")
    return Dashboard.objects.create(owner=owner, **fields)


def dashboard_update(*, dashboard_id: UUID, version: int | None, fields: Mapping[str, Any]) -> Dashboard:
    """Change a dashboard.

    Raises:
        NotFound: it was deleted meanwhile; all functions here do.
        VersionConflict: it was changed meanwhile; all with a `version` do.
    """
    with transaction.atomic():
        dashboard = _locked(dashboard_id, version)
        for name, value in fields.items():
            setattr(dashboard, name, value)
        return _changed(dashboard)


def dashboard_delete(*, dashboard: Dashboard) -> None:
    """Delete a dashboard with its widgets."""
    dashboard.delete()


def widget_create(*, dashboard_id: UUID, editor: User, version: int | None, fields: Mapping[str, Any]) -> Widget:
    """A new widget, below the others unless it has a place.

    Raises:
        ValidationError: the dashboard has as many as it may have.
        WidgetProblem: what it asks does not fit, by what the editor may ask.
    """
    with transaction.atomic():
        dashboard = _locked(dashboard_id, version)
        if dashboard.widgets.count() >= WIDGETS_MAX:
            raise ValidationError(f"A dashboard has at most {WIDGETS_MAX} widgets.", code="too_many")
        below = dashboard.widgets.aggregate(y=Max(F("y") + F("h")))["y"] or 0
        widget = Widget(dashboard=dashboard, y=below)
        _set(widget, fields)
        widget_check(user=editor, widget=widget)
        widget.save()
        _changed(dashboard)
    return widget


def widget_update(*, widget: Widget, editor: User, version: int | None, fields: Mapping[str, Any]) -> Widget:
    """Change a widget. What it asks is checked only if that changes: one whose table is gone can still be moved.

    Raises:
        WidgetProblem: what it asks does not fit, by what the editor may ask.
    """
    with transaction.atomic():
        dashboard = _locked(widget.dashboard_id, version)
        widget = _present(dashboard, widget.pk)
        before = (widget.type, widget.query, widget.options)
        _set(widget, fields)
        if (widget.type, widget.query, widget.options) != before:
            widget_check(user=editor, widget=widget)
        widget.save()
        widget.dashboard = _changed(dashboard)
    return widget


def widget_delete(*, widget: Widget) -> None:
    """Delete a widget."""
    with transaction.atomic():
        dashboard = _locked(widget.dashboard_id, None)
        _present(dashboard, widget.pk).delete()
        _changed(dashboard)


def layout_set(*, dashboard_id: UUID, version: int | None, positions: Sequence[Mapping[str, Any]]) -> Dashboard:
    """Put every widget in its place, all at once.

    Raises:
        ValidationError: a widget that is not there, is missing, or is named twice.
    """
    with transaction.atomic():
        dashboard = _locked(dashboard_id, version)
        widgets = {widget.pk: widget for widget in dashboard.widgets.all()}
        named: set[UUID] = set()
        for index, each in enumerate(positions):
            if each["id"] not in widgets or each["id"] in named:
                code = "duplicate" if each["id"] in named else "does_not_exist"
                raise refused(f"widgets.{index}.id", "Each of the dashboard's widgets, once.", code)
            named.add(each["id"])
            _set(widgets[each["id"]], {"position": each["position"]})
        if missing := widgets.keys() - named:
            raise refused("widgets", f"{len(missing)} widgets of the dashboard are missing.", "incomplete")
        Widget.objects.bulk_update(widgets.values(), ["x", "y", "w", "h"])
        return _changed(dashboard)


def _locked(dashboard_id: UUID, version: int | None) -> Dashboard:
    dashboard = Dashboard.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=dashboard_id)
    found = dashboard.first()
    if found is None:
        raise NotFound
    if version not in {None, found.version}:
        raise VersionConflict(found.version)
    return found


def _changed(dashboard: Dashboard) -> Dashboard:
    dashboard.version += 1
    dashboard.save()
    return dashboard


def _present(dashboard: Dashboard, widget_id: UUID) -> Widget:
    widget = dashboard.widgets.filter(pk=widget_id).first()
    if widget is None:
        raise NotFound
    return widget


def _set(widget: Widget, fields: Mapping[str, Any]) -> None:
    position = fields.get("position") or {}
    for name, value in {**fields, **position}.items():
        if name != "position":
            setattr(widget, name, value)
