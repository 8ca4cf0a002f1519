"""What widgets show, over HTTP. Answers of the store are JSON already, and are passed on as they are."""

from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.views.caller import account_now
from accounts.views.validation import validated
from analytics.serializers.asking import ASKING_HEADERS, asked_how
from dashboards.data_serializers import DashboardDataAnswer, DataQuery, WidgetDataAnswer
from dashboards.models import Dashboard, Widget
from dashboards.problems import WidgetProblem
from dashboards.scope import Scope, WidgetData
from dashboards.selectors import dashboard_data, dashboard_scope
from dashboards.views import TAGS, DashboardView, visible_dashboard, visible_widget
from dashboards.widget_types import widget_ask

PARAMETERS: list[Any] = [DataQuery, *ASKING_HEADERS]
REFUSED = OpenApiResponse(description="What the widget asks does not fit any more, or went over a limit.")


class Unfit(ValidationError):
    """A widget that fitted when it was saved, and does not now, or not for whoever looks."""

    status_code = 422


class DataView(DashboardView):
    """What widgets show."""

    def handle_exception(self, exc: Exception) -> Response:
        """A widget's problem is nothing that the request could have done better."""
        return super().handle_exception(_as_answered(exc))

    def scope(self, request: Request, viewer: User, dashboard: Dashboard) -> Scope:
        """What the request and the dashboard say to widgets."""
        asked = validated(DataQuery(data=request.query_params.dict()))
        return dashboard_scope(viewer=viewer, dashboard=dashboard, **asked_how(request), **asked)

    def entry(self, widget: Widget, found: WidgetData | Exception) -> dict[str, Any]:
        """What is told of a widget."""
        shown = {"id": widget.pk, "type": widget.type, "title": widget.title}
        if isinstance(found, Exception):
            return shown | {
                "period": None, "data": None, "cached": False, "age_seconds": 0, "error": self._error(found)
            }  # fmt: skip
        return shown | {
            "period": found.span,
            "data": msgspec.Raw(found.body),
            "cached": found.age_seconds is not None,
            "age_seconds": found.age_seconds or 0,
            "error": None,
        }

    def _error(self, failure: Exception) -> dict[str, Any]:
        """As the widget alone would be answered."""
        answer = self.get_exception_handler()(_as_answered(failure), self.get_exception_handler_context())
        if answer is None or answer.data is None:
            raise failure
        error: dict[str, Any] = answer.data["errors"][0]
        return {"status": answer.status_code, **{name: error[name] for name in ("code", "detail", "attr")}}


def _as_answered(failure: Exception) -> Exception:
    if isinstance(failure, WidgetProblem):
        return Unfit({failure.attr: [ErrorDetail(failure.detail, code=failure.code)]})
    return failure


def _json(body: dict[str, Any]) -> HttpResponse:
    answer = HttpResponse(msgspec.json.encode(body), content_type="application/json")
    answer["Cache-Control"] = "private, no-store"
    return answer


class DashboardData(DataView):
    """All widgets of a dashboard."""

    @extend_schema(tags=TAGS, parameters=PARAMETERS, responses=DashboardDataAnswer)
    def get(self, request: Request, dashboard_id: UUID) -> HttpResponse:
        """What each widget shows, with the caller's own rows; one that fails has an error and fails alone."""
        viewer = account_now(request)
        dashboard = visible_dashboard(viewer, dashboard_id)
        scope = self.scope(request, viewer, dashboard)
        found = dashboard_data(dashboard=dashboard, scope=scope)
        body = {"id": dashboard.pk, "version": dashboard.version, "start": scope.span.start, "end": scope.span.end}
        widgets = [self.entry(widget, data) for widget, data in found]
        return _json(body | {"timezone": scope.zone, "widgets": widgets})


class WidgetDataView(DataView):
    """One widget."""

    @extend_schema(tags=TAGS, parameters=PARAMETERS, responses={200: WidgetDataAnswer, 422: REFUSED})
    def get(self, request: Request, dashboard_id: UUID, widget_id: UUID) -> HttpResponse:
        """What a widget shows, with the caller's own rows."""
        viewer = account_now(request)
        dashboard = visible_dashboard(viewer, dashboard_id)
        widget = visible_widget(dashboard, widget_id)
        scope = self.scope(request, viewer, dashboard)
        return _json(self.entry(widget, widget_ask(widget=widget, scope=scope)))
