"""Dashboards over HTTP: parse, ask one service or selector, answer."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.refusal import refused
from accounts.views.caller import account_now
from accounts.views.validation import validated
from dashboards.models import Dashboard, Widget
from dashboards.problems import WidgetProblem
from dashboards.selectors import dashboard_list
from dashboards.serializers import (
    DashboardAnswer,
    DashboardChange,
    DashboardRequest,
    LayoutAnswer,
    LayoutRequest,
    WidgetAnswer,
    WidgetRequest,
)
from dashboards.services import (
    dashboard_create,
    dashboard_delete,
    dashboard_update,
    layout_set,
    widget_create,
    widget_delete,
    widget_update,
)

TAGS = ["Dashboards"]
CONFLICT = OpenApiResponse(description="It was changed meanwhile, and the version is an older one.")
PAGE = [OpenApiParameter("limit", int, description="1 to 1,000"), OpenApiParameter("offset", int)]


class DashboardView(APIView):
    """Whoever is signed in; what a widget asks in vain is a 400 that names its part."""

    permission_classes = (IsAuthenticated,)

    def handle_exception(self, exc: Exception) -> Response:
        """DRF's, after that."""
        if isinstance(exc, WidgetProblem):
            exc = refused(exc.attr, exc.detail, exc.code)
        return super().handle_exception(exc)


def visible_dashboard(viewer: User, dashboard_id: UUID) -> Dashboard:
    """One that this user sees, or a 404."""
    return get_object_or_404(dashboard_list(viewer=viewer), pk=dashboard_id)


def visible_widget(dashboard: Dashboard, widget_id: UUID) -> Widget:
    """One of the dashboard's, or a 404."""
    return get_object_or_404(dashboard.widgets.select_related("dashboard"), pk=widget_id)


def _editable(editor: User, dashboard_id: UUID) -> Dashboard:
    dashboard = visible_dashboard(editor, dashboard_id)
    if not dashboard.is_editable_by(editor):
        raise PermissionDenied("Only its owner and admins change a dashboard.")
    return dashboard


def _shown(dashboard: Dashboard, viewer: User) -> dict[str, Any]:
    return DashboardAnswer(dashboard, context={"viewer": viewer}).data


class Dashboards(DashboardView, GenericAPIView[Dashboard]):
    """All of them."""

    @extend_schema(tags=TAGS, parameters=PAGE, responses=DashboardAnswer(many=True))
    def get(self, request: Request) -> Response:
        """One's own dashboards and those that are shared, the latest changed first; an admin sees everybody's."""
        viewer = account_now(request)
        page: Any = self.paginate_queryset(dashboard_list(viewer=viewer))
        return self.get_paginated_response(DashboardAnswer(page, many=True, context={"viewer": viewer}).data)

    @extend_schema(tags=TAGS, request=DashboardRequest, responses={201: DashboardAnswer})
    def post(self, request: Request) -> Response:
        """A new dashboard, which is the caller's."""
        owner = account_now(request)
        dashboard = dashboard_create(owner=owner, fields=validated(DashboardRequest(data=request.data)))
        return Response(_shown(dashboard, owner), status=status.HTTP_201_CREATED)


class DashboardItem(DashboardView):
    """One of them."""

    @extend_schema(tags=TAGS, responses=DashboardAnswer)
    def get(self, request: Request, dashboard_id: UUID) -> Response:
        """A dashboard."""
        viewer = account_now(request)
        return Response(_shown(visible_dashboard(viewer, dashboard_id), viewer))

    @extend_schema(tags=TAGS, request=DashboardChange, responses={200: DashboardAnswer, 409: CONFLICT})
    def put(self, request: Request, dashboard_id: UUID) -> Response:
        """The dashboard anew; what is left out is as in a new one. Its widgets stay."""
        return self._changed(request, dashboard_id, partial=False)

    @extend_schema(tags=TAGS, request=DashboardChange, responses={200: DashboardAnswer, 409: CONFLICT})
    def patch(self, request: Request, dashboard_id: UUID) -> Response:
        """Some of it."""
        return self._changed(request, dashboard_id, partial=True)

    @extend_schema(tags=TAGS, responses={204: None})
    def delete(self, request: Request, dashboard_id: UUID) -> Response:
        """A dashboard with its widgets."""
        dashboard_delete(dashboard=_editable(account_now(request), dashboard_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _changed(self, request: Request, dashboard_id: UUID, *, partial: bool) -> Response:
        editor = account_now(request)
        dashboard = _editable(editor, dashboard_id)
        fields = validated(DashboardChange(data=request.data, partial=partial))
        version = fields.pop("version", None)
        changed = dashboard_update(dashboard_id=dashboard.pk, version=version, fields=fields)
        return Response(_shown(changed, editor))


class Widgets(DashboardView, GenericAPIView[Widget]):
    """A dashboard's widgets."""

    @extend_schema(tags=TAGS, parameters=PAGE, responses=WidgetAnswer(many=True))
    def get(self, request: Request, dashboard_id: UUID) -> Response:
        """A dashboard's widgets, from above."""
        dashboard = visible_dashboard(account_now(request), dashboard_id)
        page: Any = self.paginate_queryset(dashboard.widgets.select_related("dashboard"))
        return self.get_paginated_response(WidgetAnswer(page, many=True).data)

    @extend_schema(tags=TAGS, request=WidgetRequest, responses={201: WidgetAnswer, 409: CONFLICT})
    def post(self, request: Request, dashboard_id: UUID) -> Response:
        """A new widget; a question that does not fit its table is refused."""
        editor = account_now(request)
        dashboard = _editable(editor, dashboard_id)
        fields = validated(WidgetRequest(data=request.data))
        version = fields.pop("version", None)
        widget = widget_create(dashboard_id=dashboard.pk, editor=editor, version=version, fields=fields)
        return Response(WidgetAnswer(widget).data, status=status.HTTP_201_CREATED)


class WidgetItem(DashboardView):
    """One of them."""

    @extend_schema(tags=TAGS, responses=WidgetAnswer)
    def get(self, request: Request, dashboard_id: UUID, widget_id: UUID) -> Response:
        """A widget."""
        dashboard = visible_dashboard(account_now(request), dashboard_id)
        return Response(WidgetAnswer(visible_widget(dashboard, widget_id)).data)

    @extend_schema(tags=TAGS, request=WidgetRequest, responses={200: WidgetAnswer, 409: CONFLICT})
    def put(self, request: Request, dashboard_id: UUID, widget_id: UUID) -> Response:
        """The widget anew; without a position it stays where it is."""
        return self._changed(request, dashboard_id, widget_id, partial=False)

    @extend_schema(tags=TAGS, request=WidgetRequest, responses={200: WidgetAnswer, 409: CONFLICT})
    def patch(self, request: Request, dashboard_id: UUID, widget_id: UUID) -> Response:
        """Some of it; query, options and position are given as a whole."""
        return self._changed(request, dashboard_id, widget_id, partial=True)

    @extend_schema(tags=TAGS, responses={204: None})
    def delete(self, request: Request, dashboard_id: UUID, widget_id: UUID) -> Response:
        """A widget."""
        dashboard = _editable(account_now(request), dashboard_id)
        widget_delete(widget=visible_widget(dashboard, widget_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _changed(self, request: Request, dashboard_id: UUID, widget_id: UUID, *, partial: bool) -> Response:
        editor = account_now(request)
        widget = visible_widget(_editable(editor, dashboard_id), widget_id)
        fields = validated(WidgetRequest(data=request.data, partial=partial))
        version = fields.pop("version", None)
        return Response(WidgetAnswer(widget_update(widget=widget, editor=editor, version=version, fields=fields)).data)


class Layout(DashboardView):
    """Where widgets are."""

    @extend_schema(tags=TAGS, request=LayoutRequest, responses={200: LayoutAnswer, 409: CONFLICT})
    def put(self, request: Request, dashboard_id: UUID) -> Response:
        """The places of all of a dashboard's widgets, all at once or none of them."""
        dashboard = _editable(account_now(request), dashboard_id)
        asked = validated(LayoutRequest(data=request.data))
        changed = layout_set(dashboard_id=dashboard.pk, version=asked.get("version"), positions=asked["widgets"])
        return Response(LayoutAnswer(changed).data)
